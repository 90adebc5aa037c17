//! What callbacks are told.

use std::fmt;

use laravel_ai_core::{ChatResponse, Error, StreamEvent};

/// How far an answer is, for [`Conversation::on_event`](crate::Conversation::on_event).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// More text.
    Text {
        /// What is new.
        delta: &'a str,
        /// All text up to and with it.
        so_far: &'a str,
    },
    /// Any other event.
    Event(&'a StreamEvent),
    /// The whole answer; the last call.
    Finished(&'a ChatResponse),
}

type OnEvent = Box<dyn FnMut(Progress<'_>) + Send>;
type OnSuccess = Box<dyn FnMut(&ChatResponse) + Send>;
type OnError = Box<dyn FnMut(&Error) + Send>;

#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) event: Option<OnEvent>,
    pub(crate) success: Option<OnSuccess>,
    pub(crate) error: Option<OnError>,
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks")
            .field("event", &self.event.is_some())
            .field("success", &self.success.is_some())
            .field("error", &self.error.is_some())
            .finish()
    }
}
