//! Answers without a script: the same for the same question and seed, and plainly those of a mock.

mod schema;

use laravel_ai_core::{
    ChatRequest, FunctionTool, Message, ResponseFormat, Result, Tool, ToolChoice, ToolMode,
};
use serde_json::json;

use crate::Reply;
use crate::recorded::{last_user_text, tool_results};
use crate::seed::Seed;

/// How much of the question an answer repeats, in characters.
const ECHO: usize = 200;

/// A call where one is required and no tool has answered yet; JSON where it is asked for; a text otherwise.
pub(crate) fn reply(request: &ChatRequest, seed: u64) -> Result<Reply> {
    let text = last_user_text(request);
    let seed = Seed::new(seed).with(&text);
    if !matches!(request.messages.last(), Some(Message::Tool(_)))
        && let Some(tool) = required_tool(request)
    {
        return Ok(Reply::tool_call(&tool.name, schema::value(&tool.parameters, seed)?));
    }
    Ok(match &request.format {
        Some(ResponseFormat::JsonSchema(format)) => Reply::json(&schema::value(&format.schema, seed)?),
        Some(ResponseFormat::Json) => Reply::json(&json!({"mock": true, "answer": answer(request, &text)})),
        _ => Reply::text(answer(request, &text)),
    })
}

fn required_tool(request: &ChatRequest) -> Option<&FunctionTool> {
    let mut functions = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(function) => Some(function),
        _ => None,
    });
    match request.tool_choice.as_ref()? {
        ToolChoice::Required => functions.next(),
        ToolChoice::Named(name) => functions.find(|function| function.name == *name),
        ToolChoice::Allowed { mode: ToolMode::Required, names } => {
            functions.find(|function| names.contains(&function.name))
        }
        _ => None,
    }
}

fn answer(request: &ChatRequest, text: &str) -> String {
    let text = text.trim();
    let mut answer = match (text, request.raw.is_some()) {
        (_, true) => "Mock answer to a raw request".to_owned(),
        ("", false) => "Mock answer to a request without a text".to_owned(),
        (text, false) => {
            let echo: String = text.chars().take(ECHO).collect();
            let more = if echo.len() < text.len() { "…" } else { "" };
            format!("Mock answer to: \"{echo}{more}\"")
        }
    };
    let tools: Vec<&str> = tool_results(request).map(|(name, _)| name).collect();
    if !tools.is_empty() {
        answer.push_str(&format!(" (with the result of {})", tools.join(", ")));
    }
    answer
}
