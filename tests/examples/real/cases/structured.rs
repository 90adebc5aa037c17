//! Answers in JSON.

use laravel_ai_core::{ChatRequest, JsonSchemaFormat, ResponseFormat};
use serde::Deserialize;
use serde_json::json;

use super::tagged;
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::failed;

/// The server has no answer for a request that lacks the format.
const NO_FIXTURE: &str = "provider overloaded · 503 · again";

#[derive(Debug, Deserialize)]
struct Person {
    name: String,
    age: u32,
    tags: Vec<String>,
}

pub(super) async fn run(table: &mut Table, server: &Server) {
    let schema = || {
        JsonSchemaFormat::new(
            "person",
            json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "age": {"type": "integer"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["name", "age", "tags"],
                "additionalProperties": false,
            }),
        )
    };
    let strict = schema().with_strict(true).into();
    let ada = "Ada is 36: math, code";
    let cases: [(&str, ChatRequest, &str); 7] = [
        ("json", tagged("json").with_format(schema().into()), ada),
        ("json, strict schema", tagged("json-strict").with_format(strict), ada),
        ("json, schema missing", tagged("json-strict"), NO_FIXTURE),
        ("json mode", tagged("json-mode").with_format(ResponseFormat::Json), ada),
        ("json mode missing", tagged("json-mode"), NO_FIXTURE),
        ("json cut", tagged("json-broken").with_format(schema().into()), "unreadable answer · elsewhere"),
        (
            "json of another shape",
            tagged("json-wrong").with_format(schema().into()),
            "unreadable answer · elsewhere",
        ),
    ];
    for (name, request, expected) in cases {
        for way in Way::BOTH {
            let answer = async {
                let answer = server.answer(way, request.clone()).await;
                match answer.and_then(|answer| answer.parse::<Person>()) {
                    Ok(person) => format!("{} is {}: {}", person.name, person.age, person.tags.join(", ")),
                    Err(error) => failed(&error),
                }
            };
            table.case(&way.of(name), expected, answer).await;
        }
    }
}
