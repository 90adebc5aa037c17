//! From a whole answer to a response.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{AssistantPart, ChatResponse, ErrorKind, FinishReason, Result, Target};
use provider_http::wire::{parse, text_of};
use provider_http::{BodyForm, Failure, rate_limits, request_id};

use super::ending::{Held, ending, failure, transformed, usage, with_partial};
use super::item;
use super::wire::{Answer, Written};
use crate::chat::WEB_PAGE;
use crate::dialect::Dialect;
use crate::error::error_of;

/// Reads a whole answer of `target`. `failed` makes a failure of the answer, as
/// [`HttpClient::failure`](provider_http::HttpClient::failure) does.
///
/// # Errors
/// What a response says that failed or was cancelled, although HTTP said 200, with what it holds as
/// [`partial`](laravel_ai_core::Error::partial); [`Decode`](ErrorKind::Decode) when the body is empty, no JSON, or no
/// response.
pub fn decode(
    dialect: &Dialect,
    target: &Target,
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
    if answer.id.filled().is_none() && answer.output.is_empty() && answer.status.filled().is_none() {
        return Err(match answer.error {
            Some(_) => error_of(dialect, &failed()),
            None => unreadable("the answer is no response: check `base_url`".into()),
        });
    }

    let mut held = Held::default();
    let mut content = Vec::new();
    let mut warnings = Vec::new();
    let written = Written::new(&text);
    for (position, item) in std::mem::take(&mut answer.output).into_iter().enumerate() {
        let read = item::read(dialect, target, position, item, &|| written.item(position));
        read.parts.iter().for_each(|part| held.note(part));
        held.likelihoods(read.logprobs);
        content.extend(read.parts);
        warnings.extend(read.warnings);
    }
    if let Some(error) = failure(dialect, &answer, failed) {
        return Err(with_partial(error, content, usage(dialect, &answer)));
    }
    warnings.extend(held.repeated());
    warnings.extend(transformed(&answer));
    let end = ending(dialect, &answer, held);
    if end.finish.reason == FinishReason::Length {
        content.iter_mut().for_each(|part| {
            if let AssistantPart::ToolCall(call) = part {
                call.mark_if_cut();
            }
        });
    }
    let mut read = ChatResponse::new(target.clone(), content, end.finish.reason);
    read.finish = end.finish;
    read.usage = end.usage;
    read.cost = end.cost;
    read.service_tier = end.service_tier;
    read.metadata = end.metadata;
    read.id = answer.id.owned();
    read.model = answer.model.owned();
    read.warnings = warnings;
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}
