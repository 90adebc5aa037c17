//! Calls of tools, and the turn with their results.

use laravel_ai_core::{ChatRequest, FunctionTool, Message, Result, ToolResult};
use serde_json::json;

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::said;

const WEATHER: &str = "get_weather#call_fx_weather{\"city\":\"Warsaw\",\"unit\":\"celsius\"}";
const TIME: &str = "get_time#call_fx_time{\"tz\":\"Europe/Warsaw\"}";

pub(super) async fn run(table: &mut Table, server: &Server) {
    both(table, server, "tool missing", tagged("tool"), "invalid request · 422 · never").await;
    for (tag, first, second) in [
        ("tool", WEATHER.to_owned(), "It is 21 degrees in Warsaw."),
        ("parallel", format!("{WEATHER} {TIME}"), "21 degrees, 12:00."),
        ("text-and-tool", format!("Let me check.  {WEATHER}"), "Done."),
    ] {
        let first = format!("{first} · ToolCalls · 11+7");
        both(table, server, tag, with_tools(tag), &first).await;
        for way in Way::BOTH {
            let answered = async { said(&with_results(server, way, tag).await) };
            let name = way.of(&format!("{tag}, answered"));
            table.case(&name, &format!("{second} · Stop · 11+7"), answered).await;
        }
    }
    // One list of calls beside the text: whole answers keep no order between them.
    let call = "get_weather#call_fx_oslo{\"city\":\"Oslo\"}";
    let (text_first, call_first) = (format!("checking… {call}"), format!("{call} checking…"));
    for (way, expected) in [(Way::Asked, text_first), (Way::Streamed, call_first)] {
        let answer = async { said(&server.answer(way, with_tools("tool-first")).await) };
        table.case(&way.of("tool before text"), &format!("{expected} · ToolCalls · 11+7"), answer).await;
    }
    let none = tagged("tool-noargs").with_tool(FunctionTool::new("ping"));
    both(table, server, "tool without arguments", none, "ping#call_fx_ping{} · ToolCalls · 11+7").await;
}

fn with_tools(tag: &str) -> ChatRequest {
    let object =
        |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]});
    tagged(tag)
        .with_tool(FunctionTool::new("get_weather").with_parameters(object("city")))
        .with_tool(FunctionTool::new("get_time").with_parameters(object("tz")))
}

/// The first answer, then the one to the results of its calls.
async fn with_results(server: &Server, way: Way, tag: &str) -> Result<laravel_ai_core::ChatResponse> {
    let first = server.answer(way, with_tools(tag)).await?;
    let results: Vec<_> =
        first.tool_calls().map(|call| ToolResult::json(call, json!({"value": 21}))).collect();
    let request = with_tools(tag).with_message(first.message()).with_message(Message::Tool(results));
    server.answer(way, request).await
}
