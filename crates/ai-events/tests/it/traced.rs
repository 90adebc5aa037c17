//! Events in the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ai_events::{Content, EventKind, Failure, Traced};
use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Modality, Target};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{bus, numbered};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

fn logged(level: tracing::Level, publish: impl FnOnce(&ai_events::EventBus)) -> String {
    logged_by(Traced::new(), level, publish)
}

fn logged_by(traced: Traced, level: tracing::Level, publish: impl FnOnce(&ai_events::EventBus)) -> String {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(level).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        let bus = bus();
        bus.listen(traced);
        publish(&bus);
    });
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

fn sent() -> EventKind {
    let request = Content::from(ChatRequest::user("PRIVATE"));
    let target = Target::new("driver", "work", "model");
    EventKind::MessageSent { target, modality: Modality::Chat, streamed: false, messages: 1, request }
}

#[test]
fn an_event_is_written_with_its_ids_and_without_content() {
    let ctx = Context::new().with_step(2);
    let log = logged(tracing::Level::DEBUG, |bus| {
        bus.publish(&ctx, sent);
        bus.publish(&ctx, || numbered(1));
        bus.publish(&ctx, || EventKind::CallFailed {
            target: Target::new("driver", "work", "model"),
            modality: Modality::Chat,
            failure: Failure::from(&Error::from(ErrorKind::Overloaded)),
            attempts: 1,
            latency: std::time::Duration::ZERO,
        });
    });
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    for (line, level) in lines.iter().zip(["DEBUG", "INFO", "WARN"]) {
        assert!(line.contains(level) && line.contains(&format!("run={}", ctx.run)), "{line}");
        assert!(line.contains("step=2") && line.contains("ai::events"), "{line}");
    }
    assert!(lines[0].contains("MessageSent") && !log.contains("PRIVATE"), "{log}");
}

#[test]
fn a_level_that_is_off_costs_no_text() {
    assert_eq!(logged(tracing::Level::WARN, |bus| bus.publish(&Context::new(), sent)), "");
}

#[test]
fn one_connection_is_logged_in_its_own_way() {
    let ctx = Context::new();
    let publish = |bus: &ai_events::EventBus| {
        bus.publish(&ctx, sent);
        let target = Target::new("driver", "elsewhere", "model");
        bus.publish(&ctx, || EventKind::CacheHit { target, age: std::time::Duration::ZERO, saved: None });
        bus.publish(&ctx, || EventKind::CacheHit {
            target: Target::new("driver", "work", "model"),
            age: std::time::Duration::ZERO,
            saved: None,
        });
    };
    let traced = || Traced::new().of_connection("work").with_channel("billing");
    let log = logged_by(traced(), tracing::Level::TRACE, publish);
    assert_eq!(
        (log.matches("CacheHit").count(), log.matches("channel=\"billing\"").count()),
        (2, 2),
        "{log}"
    );
    assert!(log.contains("MessageSent") && !log.contains("elsewhere") && !log.contains("PRIVATE"), "{log}");
    let log = logged_by(traced().at_least(tracing::Level::INFO), tracing::Level::TRACE, publish);
    assert!(!log.contains("MessageSent") && log.contains("CacheHit"), "{log}");
    let log = logged_by(traced().with_content(), tracing::Level::TRACE, publish);
    assert!(log.contains("PRIVATE"), "{log}");
}
