//! Events in the log.

use crate::{Event, EventKind, Listener, ListenerError};

/// Writes every event to [`tracing`](https://docs.rs/tracing), under the target `ai::events`: failures as warnings, what
/// belongs to every call as debug, the rest as info. Fields are the name, the ids and the event as JSON, which holds no
/// prompt, no answer and no secret.
///
/// ```
/// # use std::sync::Arc;
/// # use ai_events::{EventBus, doc::StoppedClock};
/// use ai_events::Traced;
///
/// # let clock = Arc::new(StoppedClock);
/// let bus = EventBus::new(clock);
/// bus.listen(Traced::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Traced;

impl Traced {
    /// The adapter.
    pub fn new() -> Self {
        Self
    }
}

impl Listener for Traced {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        macro_rules! write {
            ($level:ident) => {
                if tracing::enabled!(target: "ai::events", tracing::Level::$level) {
                    let json = serde_json::to_string(event)?;
                    tracing::event!(
                        target: "ai::events",
                        tracing::Level::$level,
                        event = event.name(),
                        run = %event.run,
                        step = event.step,
                        attempt = event.attempt.map(tracing::field::display),
                        json,
                    );
                }
            };
        }
        match event.kind {
            EventKind::CallFailed { .. }
            | EventKind::StreamInterrupted { .. }
            | EventKind::CircuitOpened { .. }
            | EventKind::ToolFailed { .. }
            | EventKind::BudgetThresholdReached { .. } => write!(WARN),
            EventKind::MessageSent { .. }
            | EventKind::AttemptStarted { .. }
            | EventKind::AttemptFinished { .. } => write!(DEBUG),
            _ => write!(INFO),
        }
        Ok(())
    }
}
