//! Tools and the choice among them.

use serde_json::{Value, json};
use tests::conformance::OPENAI;

use super::{chat, refused};
use crate::specs;

#[test]
fn wrong_tools_are_refused() {
    let Some(definition) = specs::definition(&OPENAI) else { return };
    let function = json!({"name": "f", "parameters": {"type": "object"}});
    let tools = |tool: Value| chat(json!({"tools": [tool]}));
    let choice = |choice: Value| chat(json!({"tool_choice": choice}));
    refused(
        &definition,
        vec![
            (
                "no wrapper",
                tools(json!({"type": "function", "name": "f", "parameters": {}})),
                "/tools/0",
                "\"function\" is a required property",
            ),
            (
                "no name",
                tools(json!({"type": "function", "function": {"parameters": {}}})),
                "/tools/0/function",
                "\"name\" is a required property",
            ),
            ("no type", tools(json!({"function": function})), "/tools/0", "\"type\" is a required property"),
            (
                "strict outside",
                tools(json!({"type": "function", "function": function, "strict": true})),
                "/tools/0",
                "'strict' was unexpected",
            ),
            (
                "schema of another API",
                tools(json!({"type": "function", "function": {"name": "f", "input_schema": {}}})),
                "/tools/0/function",
                "'input_schema' was unexpected",
            ),
            ("unknown word", choice(json!("any")), "/tool_choice", "\"any\" is not one of"),
            (
                "bare name",
                choice(json!({"type": "function", "name": "f"})),
                "/tool_choice",
                "\"function\" is a required property",
            ),
            (
                "empty function",
                choice(json!({"type": "function", "function": {}})),
                "/tool_choice/function",
                "\"name\" is a required property",
            ),
            (
                "allowed beside its object",
                choice(json!({"type": "allowed_tools", "mode": "auto", "tools": []})),
                "/tool_choice",
                "\"allowed_tools\" is a required property",
            ),
            (
                "allowed in no mode",
                choice(json!({"type": "allowed_tools", "allowed_tools": {"tools": []}})),
                "/tool_choice/allowed_tools",
                "\"mode\" is a required property",
            ),
            (
                "allowed in another mode",
                choice(json!({"type": "allowed_tools", "allowed_tools": {"mode": "none", "tools": []}})),
                "/tool_choice/allowed_tools/mode",
                "\"none\" is not one of",
            ),
        ],
    );
}
