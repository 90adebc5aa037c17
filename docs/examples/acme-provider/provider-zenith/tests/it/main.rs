//! The laws that every provider keeps, on Zenith's wire.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use laravel_ai_core::{ChatRequest, Context, Driver as _, ErrorKind, Retry, Usage};
use provider_testkit::{Answer, Exchange, Role, Subject, conformance};
use provider_zenith::{Zenith, ZenithOptions};
use serde_json::{Value, json};

conformance!(subject());

const SEAL: &str = "c2VhbA+/0=";

/// An answer whole and as lines; both end in the same way.
fn both(parts: &Value, lines: &[Value], because: &str, cost: &Value) -> Exchange {
    let whole = json!({"parts": parts, "because": because, "cost": cost});
    let end = json!({"because": because, "cost": cost});
    Exchange::new(Answer::json(whole), Answer::lines(lines.iter().chain([&end])))
}

fn subject() -> Subject {
    let titan = [json!({"n": 0, "say": "Ti"}), json!({"n": 0, "say": "tan."})];
    let said = json!([{"say": "Titan."}]);
    let cost = json!({"read": 4, "reused": 20, "written": 8});
    let call = |id: &str, city: &str| json!({"use": {"ref": id, "tool": "weather", "with": city}});
    let (oslo, rome) = (r#"{"city":"Oslo"}"#, r#"{"city":"Rome"}"#);
    let begun = |n: u8, id: &str, tool: &str| json!({"n": n, "use": {"ref": id, "tool": tool}});
    let with = |n: u8, text: &str| json!({"n": n, "with": text});
    let problem = |code: &str| json!({"problem": {"code": code}});
    let mut usage = Usage::new(24, 8);
    usage.cached_input = Some(20);
    let news = [&[json!({"weather": "fine"})], &titan[..]].concat();

    Subject::new("zenith-1", |connect| {
        let config = json!({"api_key": connect.key.expose(), "base_url": connect.base_url});
        Zenith::connect("work", serde_json::from_value(config).unwrap(), connect.resources)
    })
    .with(Role::Text, both(&said, &titan, "done", &cost).saying("Titan.").using(usage))
    .with(Role::NoUsage, both(&said, &titan, "done", &Value::Null))
    .with(Role::UnknownEvents, both(&json!([{"say": "Titan.", "mood": "fine"}]), &news, "done", &Value::Null))
    .with(
        Role::UnknownContent,
        both(&json!([{"hologram": 3}]), &[json!({"n": 0, "hologram": 3})], "done", &Value::Null),
    )
    .with(
        Role::ToolCalls,
        both(
            &json!([call("c1", oslo), call("c2", rome)]),
            // The pieces of two calls take turns.
            &[
                begun(0, "c1", "weather"),
                begun(1, "c2", "weather"),
                with(0, r#"{"city":"#),
                with(1, rome),
                with(0, r#""Oslo"}"#),
            ],
            "tools",
            &Value::Null,
        )
        .calling("weather", json!({"city": "Oslo"}))
        .calling("weather", json!({"city": "Rome"})),
    )
    .with(
        Role::EmptyArguments,
        both(
            &json!([{"use": {"ref": "c1", "tool": "now"}}]),
            &[begun(0, "c1", "now")],
            "tools",
            &Value::Null,
        ),
    )
    .with(
        Role::State,
        both(
            &json!([{"say": "Titan.", "seal": SEAL}]),
            &[&titan[..], &[json!({"n": 0, "seal": SEAL})]].concat(),
            "done",
            &Value::Null,
        )
        .keeping(SEAL),
    )
    .with(
        Role::Failing,
        Exchange::streamed(Answer::lines(titan.iter().chain([&problem("tired")])))
            .failing(ErrorKind::Overloaded),
    )
    .with_error(Answer::json(problem("engine_unknown")).with_status(404), ErrorKind::ModelNotFound)
    .with_error(Answer::json(problem("too_much")).with_status(400), ErrorKind::ContextTooLong)
    // Zenith refuses inside a 200, too.
    .with_error(Answer::json(problem("tired")), ErrorKind::Overloaded)
    .with_error_retried(
        Answer::json(json!({"problem": {"code": "queue_full", "wait": 9}})).with_status(400),
        ErrorKind::RateLimited,
        Retry::SameTarget { after: Some(Duration::from_secs(9)) },
    )
    .without_embeddings()
    .without_catalog()
}

#[tokio::test]
async fn a_tone_is_asked_for() {
    let mut options = ZenithOptions::default();
    options.tone = Some("dry".into());
    let request = ChatRequest::user("Hello").with_options(&options).unwrap();
    let stage = subject().open([]).await.unwrap();
    let rendered = stage.chat_model().unwrap().render(&Context::new(), &request).unwrap();
    assert_eq!((&rendered.body["tone"], rendered.warnings.len()), (&json!("dry"), 0));
}
