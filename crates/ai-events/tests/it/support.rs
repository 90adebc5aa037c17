//! A bus, and events to publish.

use std::sync::Arc;

use ai_events::doc::StoppedClock;
use ai_events::{EventBus, EventKind};

pub(crate) fn bus() -> EventBus {
    EventBus::new(Arc::new(StoppedClock))
}

pub(crate) fn numbered(number: usize) -> EventKind {
    EventKind::ConversationCreated { conversation: number.to_string().into() }
}
