//! An event and where it belongs.

use std::sync::Arc;
use std::time::SystemTime;

use laravel_ai_core::{AttemptId, Labels, RunId, Target};
use serde::{Deserialize, Serialize};

use crate::{EventKind, written};

/// Something that happened, and in which call.
///
/// Cloning copies no content. Written out it is at most [`Event::LARGEST`] bytes of JSON: long names and labels are cut, and
/// [`Content`](crate::Content) and the vendor's raw usage stay behind.
///
/// ```
/// # use std::sync::Arc;
/// # use ai_events::{EventBus, doc::StoppedClock};
/// use ai_events::{Event, EventKind, Recorder};
/// use laravel_ai_core::Context;
///
/// # let (bus, recorder) = (EventBus::new(Arc::new(StoppedClock)), Recorder::new());
/// # bus.listen(recorder.clone());
/// let ctx = Context::new();
/// bus.publish(&ctx, || EventKind::ConversationCreated { conversation: "c-1".into() });
///
/// let event = &recorder.events()[0];
/// assert_eq!((event.run, event.step, event.name()), (ctx.run, 0, "ConversationCreated"));
/// let json = serde_json::to_string(event).unwrap();
/// assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), *event);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its place among the events of the bus, from 0: rises by one with each. Events of one run come in this order.
    pub sequence: u64,
    /// When it happened, to the millisecond.
    #[serde(with = "written::moment")]
    pub at: SystemTime,
    /// The application's call.
    pub run: RunId,
    /// The step of the run, from 0.
    pub step: u32,
    /// The physical try, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AttemptId>,
    /// Whom the call belongs to.
    #[serde(default, serialize_with = "written::labels")]
    pub labels: Arc<Labels>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The most bytes of an event as JSON.
    pub const LARGEST: usize = 16 * 1024;

    /// What happened, by name, such as `MessageSent`: the `type` in JSON.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }
}

impl EventKind {
    /// Whom it is about, or where it went on from; `None` for what belongs to no call.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::MessageSent { target, .. }
            | Self::ResponseGenerated { target, .. }
            | Self::CallFailed { target, .. }
            | Self::StreamInterrupted { target, .. }
            | Self::Cancelled { target, .. }
            | Self::AttemptStarted { target, .. }
            | Self::AttemptFinished { target, .. }
            | Self::Retrying { target, .. }
            | Self::ProviderSwitched { from: target, .. }
            | Self::CircuitOpened { target, .. }
            | Self::CircuitClosed { target, .. }
            | Self::Throttled { target, .. }
            | Self::CacheHit { target, .. }
            | Self::CostCalculated { target, .. } => Some(target),
            _ => None,
        }
    }
}
