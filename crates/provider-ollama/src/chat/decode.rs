//! From a whole answer to a response.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{AssistantPart, ChatResponse, ErrorKind, FinishReason, Reasoning, Result, Target};
use provider_http::calls::repeated_id;
use provider_http::wire::{parse, text_of};
use provider_http::words::{WEB_PAGE, interrupted};
use provider_http::{BodyForm, Failure, rate_limits, request_id};

use super::ending::{Extras, ending};
use super::prompt::Prompt;
use super::wire::{Answer, Piece};
use crate::error::error_of;

/// Reads a whole answer of `target` to `prompt`, which Ollama's own service gave if it is `hosted`. `failed` makes a failure of the answer, as
/// [`HttpClient::failure`](provider_http::HttpClient::failure) does.
///
/// # Errors
/// What an error object in the body says, although HTTP said 200; [`Decode`](ErrorKind::Decode) when the body is empty, no
/// JSON, or no answer; [`StreamInterrupted`](ErrorKind::StreamInterrupted) when the server says that it is not done.
pub fn decode_chat(
    target: &Target,
    prompt: Prompt,
    hosted: bool,
    response: &Response<Bytes>,
    failed: impl Fn() -> Failure,
) -> Result<ChatResponse> {
    let text = text_of(response.body());
    let unreadable = |message: String| failed().error(ErrorKind::Decode, message);
    if text.trim().is_empty() {
        return Err(unreadable("the answer is empty".into()));
    }
    let mut answer: Answer<'_> = parse(&text).map_err(|e| match failed().form() {
        BodyForm::Html => unreadable(WEB_PAGE.into()),
        _ => unreadable(format!("the answer is no JSON: {e}")),
    })?;
    if answer.error.is_some() {
        return Err(error_of(hosted, &failed()));
    }
    match answer.done {
        None => return Err(unreadable("the answer is none of a chat: check `base_url`".into())),
        Some(_) if !answer.is_done() => return Err(interrupted("the answer ended before it was done")),
        Some(_) => {}
    }

    let mut content: Vec<AssistantPart> = Vec::new();
    let mut warnings = Vec::new();
    answer.message.take_pieces(|piece| match piece {
        Piece::Thinking(text) => content.push(AssistantPart::Reasoning(Reasoning::new(text))),
        Piece::Text(text) => content.push(AssistantPart::text(text)),
        Piece::Part(part, warning) => {
            content.push(part);
            warnings.extend(warning);
        }
    });
    let calls = std::mem::take(&mut answer.message.tool_calls);
    let born = answer.created_at.filled().unwrap_or_default();
    let calls = calls.into_iter().enumerate();
    content.extend(calls.filter_map(|(at, call)| call.into_tool_call(born, at)).map(AssistantPart::ToolCall));
    let mut extras = Extras::default();
    extras.note(&answer.other);
    extras.note(&answer.message.other);
    if let Some(list) = answer.logprobs {
        extras.likelihoods(list);
    }
    let calls = content.iter().any(|part| part.as_tool_call().is_some());
    let end = ending(&answer, calls, extras);

    let mut read = ChatResponse::new(target.clone(), content, FinishReason::Unknown);
    warnings.extend(repeated_id(read.tool_calls().map(|call| &*call.id)));
    warnings.extend(prompt.cut(&end.usage));
    read.warnings = warnings;
    read.model = answer.model.owned();
    read.finish = end.finish;
    read.usage = end.usage;
    read.metadata = end.metadata;
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}
