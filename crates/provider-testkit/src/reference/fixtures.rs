//! What the vendor that does not exist answers.

use laravel_ai_core::{ErrorKind, Usage};
use serde_json::{Value, json};

use super::{Fault, Reference};
use crate::{Answer, Embedding, Exchange, Role, Subject};

const SIGNATURE: &str = "c2lnbmF0dXJl+/0=";

pub(super) fn subject(fault: Option<Fault>) -> Subject {
    let mut usage = Usage::new(24, 8);
    usage.cached_input = Some(20);
    let used = || json!({"usage": {"in": 4, "cached": 20, "out": 8}});
    let titan = || vec![json!({"open": {"type": "text"}}), json!({"delta": "Ti"}), json!({"delta": "tan."})];
    let close = || json!({"close": {}});
    let end = || json!({"end": "stop"});
    let text = |usage: Value| json!({"parts": [{"type": "text", "text": "Titan."}], "finish": "stop", "usage": usage});
    let call =
        |id: &str, name: &str, text: &str| json!({"type": "call", "id": id, "name": name, "text": text});
    let calls = |calls: &[Value]| Answer::json(json!({"parts": calls, "finish": "calls"}));
    let opening = |id: &str, name: &str| json!({"open": {"type": "call", "id": id, "name": name}});

    Subject::new("small", move |connect| Reference::open(connect, fault))
        .with(
            Role::Text,
            Exchange::new(
                Answer::json(text(used()["usage"].clone())),
                Answer::lines([titan(), vec![close(), used(), end()]].concat()),
            )
            .saying("Titan.")
            .using(usage),
        )
        .with(
            Role::NoUsage,
            Exchange::new(
                Answer::json(text(Value::Null)),
                Answer::lines([titan(), vec![close(), end()]].concat()),
            ),
        )
        .with(
            Role::UnknownEvents,
            Exchange::new(
                Answer::json({
                    let mut answer = text(Value::Null);
                    answer["weather"] = json!("fine");
                    answer
                }),
                Answer::lines(
                    [
                        vec![json!({"weather": {"is": "fine"}})],
                        titan(),
                        vec![close(), json!({"new": 1}), end()],
                    ]
                    .concat(),
                ),
            ),
        )
        .with(
            Role::UnknownContent,
            Exchange::new(
                Answer::json(json!({"parts": [{"type": "hologram", "depth": 3}], "finish": "stop"})),
                Answer::lines([json!({"part": {"type": "hologram", "depth": 3}}), end()]),
            ),
        )
        .with(
            Role::ToolCalls,
            Exchange::new(
                calls(&[
                    call("c1", "weather", r#"{"city":"Oslo"}"#),
                    call("c2", "weather", r#"{"city":"Rome"}"#),
                ]),
                Answer::lines([
                    opening("c1", "weather"),
                    json!({"delta": r#"{"city":"#}),
                    json!({"delta": r#""Oslo"}"#}),
                    close(),
                    opening("c2", "weather"),
                    json!({"delta": r#"{"city":"Rome"}"#}),
                    close(),
                    json!({"end": "calls"}),
                ]),
            )
            .calling("weather", json!({"city": "Oslo"}))
            .calling("weather", json!({"city": "Rome"})),
        )
        .with(
            Role::EmptyArguments,
            Exchange::new(
                calls(&[call("c1", "now", "")]),
                Answer::lines([opening("c1", "now"), close(), json!({"end": "calls"})]),
            ),
        )
        .with(
            Role::State,
            Exchange::new(
                Answer::json(json!({
                    "parts": [
                        {"type": "thought", "text": "A moon.", "signature": SIGNATURE},
                        {"type": "text", "text": "Titan."},
                    ],
                    "finish": "stop",
                })),
                Answer::lines(
                    [
                        vec![
                            json!({"open": {"type": "thought"}}),
                            json!({"delta": "A moon."}),
                            json!({"close": {"signature": SIGNATURE}}),
                        ],
                        titan(),
                        vec![close(), end()],
                    ]
                    .concat(),
                ),
            )
            .keeping(SIGNATURE),
        )
        .with(
            Role::Failing,
            Exchange::streamed(Answer::lines([titan(), vec![json!({"error": "overloaded"})]].concat()))
                .failing(ErrorKind::Overloaded),
        )
        .with_error(
            Answer::json(json!({"error": {"code": "unknown_model"}})).with_status(404),
            ErrorKind::ModelNotFound,
        )
        .with_error(
            Answer::json(json!({"error": {"code": "too_long"}})).with_status(400),
            ErrorKind::ContextTooLong,
        )
        .with_embedding(Embedding::new(
            ["a", "b"],
            Answer::json(
                json!({"vectors": [{"index": 1, "values": [0.0, 1.0]}, {"index": 0, "values": [1.0, 0.0]}]}),
            ),
            vec![vec![1.0, 0.0], vec![0.0, 1.0]],
        ))
        .with_catalog(
            [
                Answer::json(json!({"models": ["large"], "next": "large"})),
                Answer::json(json!({"models": ["small"], "next": null})),
            ],
            ["large", "small"],
        )
}
