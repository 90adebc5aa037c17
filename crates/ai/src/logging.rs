//! Calls in the log, as a connection's settings want them.

use ai_config::{LogLevel, Settings};
use ai_events::{EventBus, Traced};
use ai_layers::{Pipeline, Redact, Spans};
use tracing::Level;

/// The pipeline of a connection whose calls are logged; the listener that logs them is on the bus from now on. What is
/// redacted is not logged either.
pub(crate) fn logged(
    pipeline: Pipeline,
    events: &EventBus,
    connection: &str,
    settings: &Settings,
    redact: Option<&Redact>,
) -> Pipeline {
    let logging = &settings.logging;
    if logging.enabled != Some(true) {
        return pipeline;
    }
    let mut traced = Traced::new().of_connection(connection).at_least(match logging.level {
        Some(LogLevel::Trace) => Level::TRACE,
        Some(LogLevel::Debug) => Level::DEBUG,
        Some(LogLevel::Warn) => Level::WARN,
        Some(LogLevel::Error) => Level::ERROR,
        _ => Level::INFO,
    });
    if let Some(channel) = &logging.channel {
        traced = traced.with_channel(channel);
    }
    if logging.include_content != Some(true) {
        events.listen(traced);
        return pipeline;
    }
    events.listen(match redact.map(|redact| redact.redactor().clone()) {
        Some(redactor) => traced.with_clean_content(move |content| redactor.written(content)),
        None => traced.with_content(),
    });
    pipeline.with_content().spans(Spans::of_attempts().with_content())
}
