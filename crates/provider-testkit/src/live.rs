//! The live tier: laws for any model, which is asked real questions.
//!
//! No fixtures are needed, only a model. Each law costs one to three short answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, Context, Error, FinishReason, FunctionTool, Message, StreamLaw,
    ToolChoice, ToolResult, Usage,
};
use serde_json::{Value, json};

use crate::Violation;
use crate::violation::ensure;

/// What a live law gives.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Violation>> + 'a>>;

/// Few enough to cut any answer, and as many as vendors ask for at least.
const CUT: u32 = 16;
const LONG: &str = "Count from 1 to 300 in words, each on a line of its own.";

fn failed(error: &Error) -> Violation {
    Violation::new("an answer", error)
}

async fn ask(model: &Arc<dyn ChatModel>, request: ChatRequest) -> Result<ChatResponse, Violation> {
    model.chat(&Context::new(), Arc::new(request)).await.map_err(|error| failed(&error))
}

/// A plain question gets a text, a finish of [`FinishReason::Stop`], and usage that is not made up.
///
/// # Errors
/// What came instead.
pub async fn answers(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let answer = ask(model, ChatRequest::user("What is the capital of Peru? Answer in one word.")).await?;
    ensure(answer.text().contains("Lima"), "a text with `Lima`", || answer.text())?;
    ended(&answer, FinishReason::Stop)?;
    plausible(&answer.usage)
}

/// The same question is answered in a stream that keeps the stream law.
///
/// # Errors
/// What came instead.
pub async fn streams(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let request = ChatRequest::user("What is the capital of Peru? Answer in one word.");
    let mut stream =
        model.stream(&Context::new(), Arc::new(request)).await.map_err(|error| failed(&error))?;
    let broken = |violation: laravel_ai_core::LawViolation| {
        Violation::new("events that keep the stream law", violation)
    };
    let mut law = StreamLaw::default();
    while let Some(event) = stream.next().await {
        law.event(&event.map_err(|error| failed(&error))?).map_err(broken)?;
    }
    law.end().map_err(broken)?;
    let answer = stream.into_response().await.map_err(|error| failed(&error))?;
    ensure(answer.text().contains("Lima"), "a text with `Lima`", || answer.text())?;
    ended(&answer, FinishReason::Stop)?;
    plausible(&answer.usage)
}

/// An answer goes back as history, its state included, and the model knows what was said.
///
/// # Errors
/// What came instead.
pub async fn remembers_the_conversation(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let mut request = ChatRequest::user("My lucky number is 4711. Say only `noted`.");
    let first = ask(model, request.clone()).await?;
    request
        .messages
        .extend([first.message(), Message::user("What is my lucky number? Say only the number.")]);
    let second = ask(model, request).await?;
    ensure(second.text().replace([',', '.', ' '], "").contains("4711"), "a text with `4711`", || {
        second.text()
    })
}

/// A tool that must be called is called by its name with arguments that fit, whole and streamed.
///
/// # Errors
/// What came instead.
pub async fn calls_a_tool(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let whole = ask(model, weather()).await?;
    let streamed = async { model.stream(&Context::new(), Arc::new(weather())).await?.into_response().await };
    for answer in [whole, streamed.await.map_err(|error| failed(&error))?] {
        ended(&answer, FinishReason::ToolCalls)?;
        let Some(call) = answer.tool_calls().next() else {
            return Err(Violation::new("a tool call", answer.text()));
        };
        let arguments = call.parse::<Value>().map_err(|error| Violation::new("arguments", error))?;
        let fits = call.name == "weather"
            && arguments.get("city").and_then(Value::as_str).is_some_and(|city| city.contains("Oslo"));
        ensure(fits && !call.id.is_empty(), "a call of `weather` with an id, for Oslo", || {
            format!("{call:?}")
        })?;
    }
    Ok(())
}

/// The result of a tool goes back, and the answer makes use of it.
///
/// # Errors
/// What came instead.
pub async fn reads_a_result(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let mut request = weather();
    let asked = ask(model, request.clone()).await?;
    let results: Vec<_> =
        asked.tool_calls().map(|call| ToolResult::text(call, "-31 degrees Celsius")).collect();
    ensure(!results.is_empty(), "a tool call", || asked.text())?;
    request.messages.extend([asked.message(), Message::tool(results)]);
    request.tool_choice = None;
    let answer = ask(model, request).await?;
    ensure(answer.text().contains("31"), "a text with the temperature, 31 below zero", || answer.text())
}

/// A limit of tokens cuts an answer, which then ends with [`FinishReason::Length`].
///
/// # Errors
/// What came instead.
pub async fn stops_at_the_limit(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let answer = ask(model, ChatRequest::user(LONG).with_max_output_tokens(CUT)).await?;
    ended(&answer, FinishReason::Length)
}

/// A stream that is dropped after its first content leaves a model that answers the next question.
///
/// # Errors
/// What came instead.
pub async fn survives_a_dropped_stream(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let request = Arc::new(ChatRequest::user(LONG));
    let mut stream = model.stream(&Context::new(), request).await.map_err(|error| failed(&error))?;
    while let Some(event) = stream.next().await {
        if event.map_err(|error| failed(&error))?.is_content() {
            break;
        }
    }
    drop(stream);
    answers(model).await
}

fn weather() -> ChatRequest {
    let parameters = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    });
    let tool =
        FunctionTool::new("weather").with_description("The weather of a city").with_parameters(parameters);
    let mut request = ChatRequest::user("What is the weather in Oslo? Use the tool.");
    request.tools.push(tool.into());
    request.tool_choice = Some(ToolChoice::Named("weather".into()));
    request
}

fn ended(answer: &ChatResponse, reason: FinishReason) -> Result<(), Violation> {
    ensure(answer.finish.reason == reason, format_args!("a finish of {reason:?}"), || {
        format!("{:?} after `{}`", answer.finish, answer.text())
    })
}

/// Unknown, or at least a token each way.
fn plausible(usage: &Usage) -> Result<(), Violation> {
    let known = [usage.input, usage.output];
    ensure(!known.contains(&Some(0)), "usage that is unknown or above 0", || format!("{usage:?}"))
}
