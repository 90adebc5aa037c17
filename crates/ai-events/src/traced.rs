//! Events in the log.

use std::fmt;
use std::sync::Arc;

use tracing::Level;

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
///
/// One [of a connection](Self::of_connection) writes the events of its calls alone, so that each can be logged in its own way.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Traced {
    connection: Option<String>,
    channel: Option<String>,
    least: Option<Level>,
    content: bool,
    clean: Option<Clean>,
}

/// What makes content fit to be written.
#[derive(Clone)]
struct Clean(Arc<dyn Fn(String) -> String + Send + Sync>);

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clean")
    }
}

impl Traced {
    /// The adapter.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the events of this connection's calls alone.
    pub fn of_connection(mut self, name: impl Into<String>) -> Self {
        self.connection = Some(name.into());
        self
    }

    /// With a field `channel`, by which a subscriber can tell logs apart.
    pub fn with_channel(mut self, name: impl Into<String>) -> Self {
        self.channel = Some(name.into());
        self
    }

    /// Without what is less urgent than this.
    pub fn at_least(mut self, level: Level) -> Self {
        self.least = Some(level);
        self
    }

    /// With prompts and answers in a field `content`, where events have them: whoever publishes has to be told too.
    pub fn with_content(mut self) -> Self {
        self.content = true;
        self
    }

    /// With content written as `clean` gives it back, which is given JSON for prompts and text for answers: without secrets, for
    /// one.
    pub fn with_clean_content(mut self, clean: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.clean = Some(Clean(Arc::new(clean)));
        self.with_content()
    }

    /// What is written of what was said.
    fn content(&self, kind: &EventKind) -> Option<String> {
        if !self.content {
            return None;
        }
        let content = content(kind)?;
        Some(match &self.clean {
            Some(Clean(clean)) => clean(content),
            None => content,
        })
    }

    fn is_asked(&self, kind: &EventKind, level: Level) -> bool {
        // The more urgent a level is, the less it is.
        self.least.is_none_or(|least| level <= least)
            && self
                .connection
                .as_deref()
                .is_none_or(|name| kind.target().is_some_and(|target| target.connection() == name))
    }
}

/// What was said, as JSON or as text.
fn content(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::MessageSent { request, .. } => serde_json::to_string(&request.get()?.messages).ok(),
        EventKind::ResponseGenerated { response, .. } => Some(response.get()?.text()),
        EventKind::StreamInterrupted { partial, .. } | EventKind::Cancelled { partial, .. } => {
            Some(partial.get()?.text())
        }
        _ => None,
    }
}

impl Listener for Traced {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        macro_rules! write {
            ($level:ident) => {
                if tracing::enabled!(target: "ai::events", Level::$level) && self.is_asked(&event.kind, Level::$level) {
                    let json = serde_json::to_string(event)?;
                    tracing::event!(
                        target: "ai::events",
                        Level::$level,
                        event = event.name(),
                        run = %event.run,
                        step = event.step,
                        attempt = event.attempt.map(tracing::field::display),
                        channel = self.channel.as_deref(),
                        content = self.content(&event.kind),
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
