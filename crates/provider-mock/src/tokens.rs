//! Token counts of the mock: a rule simple enough to do in one's head.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, EmbeddingInput, EmbeddingRequest, Message, RawJson, Result, Target,
    TokenCount, TokenCounter, Tool, ToolResultPart, Usage, UserPart,
};
use serde_json::{Value, json};

/// What vendors charge for the frame around a message, roughly.
const FRAME: u64 = 4;
/// What an image, sound or file counts, whatever its size.
const MEDIA: u64 = 256;

/// One token for four characters, rounded up.
pub(crate) fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4)).unwrap_or(u64::MAX)
}

pub(crate) fn of_request(request: &ChatRequest) -> u64 {
    if let Some(raw) = &request.raw {
        return count(raw.as_str());
    }
    let messages = request.messages.iter().map(|message| FRAME + of_message(message)).sum::<u64>();
    let tools = request.tools.iter().map(|tool| match tool {
        Tool::Function(tool) => {
            count(&tool.name)
                + count(tool.description.as_deref().unwrap_or_default())
                + of_value(&tool.parameters)
        }
        Tool::Provider(tool) => of_value(&tool.value),
        _ => 0,
    });
    messages + tools.sum::<u64>()
}

pub(crate) fn of_embedding(request: &EmbeddingRequest) -> u64 {
    let input = |input: &EmbeddingInput| match input {
        EmbeddingInput::Text(text) => count(text),
        EmbeddingInput::Tokens(tokens) => u64::try_from(tokens.len()).unwrap_or(u64::MAX),
        _ => 0,
    };
    request.inputs.iter().map(input).sum()
}

/// The usage of an answer, marked as the mock's own count in the place of the vendor's object.
pub(crate) fn usage(input: u64, answer: &[AssistantPart]) -> Usage {
    let mut usage = Usage::new(input, answer.iter().map(of_part).sum());
    let reasoning = answer.iter().filter(|part| matches!(part, AssistantPart::Reasoning(_)));
    usage.reasoning = Some(reasoning.map(of_part).sum());
    usage.raw = Some(mark());
    usage
}

pub(crate) fn mark() -> RawJson {
    RawJson::from(&json!({"mock": true, "rule": "one token for four characters"}))
}

fn of_message(message: &Message) -> u64 {
    match message {
        Message::System(parts) => parts.iter().map(|part| count(&part.text)).sum(),
        Message::User(parts) => parts.iter().map(|part| part.as_text().map_or(user_media(part), count)).sum(),
        Message::Assistant(parts) => parts.iter().map(of_part).sum(),
        Message::Tool(results) => results
            .iter()
            .flat_map(|result| &result.content)
            .map(|part| match part {
                ToolResultPart::Text(text) => count(&text.text),
                ToolResultPart::Json { value } | ToolResultPart::Unknown(value) => of_value(value),
                _ => MEDIA,
            })
            .sum(),
    }
}

fn user_media(part: &UserPart) -> u64 {
    match part {
        UserPart::Unknown(value) => of_value(value),
        _ => MEDIA,
    }
}

fn of_part(part: &AssistantPart) -> u64 {
    let json = |json: &Option<RawJson>| json.as_ref().map_or(0, |json| count(json.as_str()));
    match part {
        AssistantPart::Text(part) => count(&part.text),
        AssistantPart::Reasoning(part) => count(&part.text),
        AssistantPart::Refusal(part) => count(&part.text),
        AssistantPart::ToolCall(call) => count(&call.name) + count(&call.arguments),
        AssistantPart::ProviderCall(call) => count(&call.name) + json(&call.input),
        AssistantPart::ProviderResult(result) => json(&result.output),
        AssistantPart::Native(opaque) => count(opaque.data.as_str()),
        AssistantPart::Unknown(value) => of_value(value),
        _ => MEDIA,
    }
}

fn of_value(value: &Value) -> u64 {
    count(&value.to_string())
}

/// Counts as the mock's answers will.
#[derive(Debug)]
pub(crate) struct MockTokenCounter(pub(crate) Target);

#[async_trait]
impl TokenCounter for MockTokenCounter {
    fn target(&self) -> &Target {
        &self.0
    }

    async fn count(&self, _: &Context, request: Arc<ChatRequest>) -> Result<TokenCount> {
        request.validate().map_err(|error| error.with_target(&self.0))?;
        Ok(TokenCount::exact(of_request(&request)))
    }
}
