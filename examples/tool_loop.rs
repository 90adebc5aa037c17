//! Tools by hand: the model asks, the program answers, until the model is done. Bounded, because a model that never
//! stops asking is a bill that never stops growing.
//!
//! ```text
//! OPENAI_API_KEY=… AI_DEFAULT_MODEL=… cargo run -p ai --example tool_loop
//! ```

use ai::{Ai, ChatRequest, FunctionTool, Message, ToolCall, ToolResult};
use serde::Deserialize;
use serde_json::json;

const MOST_STEPS: usize = 5;

#[derive(Deserialize)]
struct Weather {
    city: String,
}

fn run(call: &ToolCall) -> ToolResult {
    match call.name.as_str() {
        // Arguments are whatever the model wrote, so a mistake goes back to the model instead of ending the program.
        "weather" => match call.parse::<Weather>() {
            Ok(Weather { city }) => ToolResult::json(call, json!({"city": city, "celsius": 21})),
            Err(error) => ToolResult::error(call, error.to_string()),
        },
        name => ToolResult::error(call, format!("there is no tool `{name}`")),
    }
}

async fn answer(ai: &Ai, question: &str) -> ai::Result<String> {
    let weather =
        FunctionTool::new("weather").with_description("The weather in a city now").with_parameters(json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }));
    let mut request = ChatRequest::user(question).with_tool(weather);

    for _ in 0..MOST_STEPS {
        let response = ai.send(request.clone()).await?;
        let results: Vec<ToolResult> = response.tool_calls().map(run).collect();
        if results.is_empty() {
            return Ok(response.text());
        }
        request.messages.push(response.message());
        request.messages.push(Message::tool(results));
    }
    Ok(format!("no answer after {MOST_STEPS} steps"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ai::Result<()> {
    let ai = Ai::from_env()?;
    println!("{}", answer(&ai, "What should I wear in Warsaw today?").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ai::mock::Reply;

    #[tokio::test]
    async fn gives_the_result_back_to_the_model() {
        let ai = Ai::fake();
        ai.mock().sequence([
            Reply::tool_call("weather", json!({"city": "Warsaw"})),
            Reply::text("A light jacket will do."),
        ]);

        let text = answer(&ai, "What should I wear in Warsaw today?").await.unwrap();

        assert_eq!(text, "A light jacket will do.");
        ai.mock().assert_sent_count(2);
        ai.mock().assert_sent(|sent| matches!(sent.request.messages.last(), Some(Message::Tool(_))));
    }
}
