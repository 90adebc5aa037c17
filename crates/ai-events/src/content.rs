//! What was said, for listeners in the same program.

use std::fmt;
use std::sync::Arc;

/// A prompt or an answer beside an event: a pointer for listeners in the same program. It is neither printed nor
/// serialised, so that events in logs, queues and webhooks stay small and hold nothing private.
///
/// ```
/// use ai_events::Content;
/// use laravel_ai_core::Partial;
///
/// let content = Content::from(Partial::default());
/// assert!(content.get().is_some_and(|partial| partial.content.is_empty()));
/// assert_eq!(format!("{content:?}"), "Content(..)");
/// ```
pub struct Content<T>(Option<Arc<T>>);

impl<T> Content<T> {
    /// Nothing: it was not asked for, there is none, or the event was read from storage.
    pub const fn none() -> Self {
        Self(None)
    }

    /// What was said.
    pub fn get(&self) -> Option<&Arc<T>> {
        self.0.as_ref()
    }
}

impl<T> Clone for Content<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Content<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T> From<T> for Content<T> {
    fn from(content: T) -> Self {
        Self(Some(Arc::new(content)))
    }
}

impl<T> From<Arc<T>> for Content<T> {
    fn from(content: Arc<T>) -> Self {
        Self(Some(content))
    }
}

impl<T> From<Option<T>> for Content<T> {
    fn from(content: Option<T>) -> Self {
        Self(content.map(Arc::new))
    }
}

/// Content is no part of what an event says.
impl<T> PartialEq for Content<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> fmt::Debug for Content<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Content(..)" } else { "Content(none)" })
    }
}
