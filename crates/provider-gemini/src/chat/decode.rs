//! From a whole answer to a response.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    AssistantPart, ChatResponse, ErrorKind, FinishReason, RawJson, Reasoning, Result, Target, Text,
};
use provider_http::calls::repeated_id;
use provider_http::wire::{parse, text_of};
use provider_http::words::WEB_PAGE;
use provider_http::{BodyForm, Failure, rate_limits, request_id};

use super::ending::{Notes, blocked, finish, further_candidates, told, with_usage};
use super::grounding::{self, Cited};
use super::part::{Read, Reader, Said, THOUGHT};
use super::usage;
use super::wire::{Answer, Candidate};
use crate::error::{GeminiError, error_of};

/// Reads a whole answer of `target`. `failed` makes a failure of the answer, as
/// [`HttpClient::failure`](provider_http::HttpClient::failure) does.
///
/// # Errors
/// [`ContentFiltered`](ErrorKind::ContentFiltered) with a [`PromptBlocked`](crate::PromptBlocked) as its source when the
/// prompt was blocked, which HTTP says 200 to; [`Server`](ErrorKind::Server) when there is neither an answer nor a reason;
/// what an error object says; [`Decode`](ErrorKind::Decode) when the body is empty, no JSON, or no answer.
pub fn decode_content(
    target: &Target,
    response: &Response<Bytes>,
    failed: impl Fn() -> Failure,
) -> Result<ChatResponse> {
    let text = text_of(response.body());
    let unreadable = |message: String| failed().error(ErrorKind::Decode, message);
    if text.trim().is_empty() {
        return Err(unreadable("the answer is empty".into()));
    }
    let answer: Answer<'_> = parse(&text).map_err(|e| match failed().form() {
        BodyForm::Html => unreadable(WEB_PAGE.into()),
        _ => unreadable(format!("the answer is no JSON: {e}")),
    })?;
    if answer.error.is_some() || (answer.is_none() && GeminiError::read(response.body()).is_some()) {
        return Err(error_of(&failed()));
    }
    if answer.is_none() {
        return Err(unreadable("the answer is none of Gemini's: check `base_url`".into()));
    }
    let mut read = read(target, answer, failed)?;
    if read.service_tier.is_none() {
        let tier = response.headers().get("x-gemini-service-tier");
        read.service_tier = tier.and_then(|tier| tier.to_str().ok()).map(str::to_owned);
    }
    let limits = rate_limits(response.headers());
    read.rate_limits = (!limits.is_empty()).then_some(limits);
    read.request_id = request_id(response.headers()).map(str::to_owned);
    Ok(read)
}

fn read(target: &Target, mut answer: Answer<'_>, failed: impl Fn() -> Failure) -> Result<ChatResponse> {
    let (used, tier) = answer.usage.map(usage::read).unwrap_or_default();
    let mut notes = Notes::default();
    notes.answer(&answer);
    let (candidate, further) = Candidate::first(std::mem::take(&mut answer.candidates));
    let Some(mut candidate) = candidate else {
        return Err(blocked(&answer, &failed(), used.clone()).unwrap_or_else(|| {
            let message = "Google sent neither an answer nor a reason; asking again often helps";
            with_usage(failed().error(ErrorKind::Server, message), used)
        }));
    };
    notes.candidate(&candidate);
    let mut reader = Reader::new(target.clone());
    reader.answer = answer.id.owned();
    let mut content = Vec::new();
    let mut warnings = Vec::new();
    let mut places = Vec::new();
    for part in candidate.take_parts() {
        places.push(content.len());
        match reader.read(part) {
            Read::Said(said) => content.push(whole(&reader, said)),
            Read::Whole(part, warning) => {
                content.push(*part);
                warnings.extend(warning);
            }
            Read::Nothing => {}
        }
    }
    cite(&mut content, &places, grounding::sources(candidate.grounding, candidate.citations));
    content.extend(grounding::calls(&mut reader, candidate.grounding, candidate.urls));
    if further {
        warnings.push(further_candidates());
    }
    warnings.extend(repeated_id(reader.ids.iter().map(String::as_str)));
    warnings.extend(told(candidate.finish.filled()));

    let end = finish(candidate.finish.filled(), !reader.ids.is_empty());
    let mut read = ChatResponse::new(target.clone(), content, end.reason);
    read.finish = end;
    if read.finish.reason == FinishReason::Length {
        read.content.iter_mut().for_each(|part| {
            if let AssistantPart::ToolCall(call) = part {
                call.mark_if_cut();
            }
        });
    }
    read.usage = used;
    read.service_tier = tier;
    read.metadata = notes.into_metadata();
    read.id = reader.answer;
    read.model = answer.model.owned();
    read.warnings = warnings;
    Ok(read)
}

fn whole(reader: &Reader, said: Said<'_>) -> AssistantPart {
    let text = said.text.into_owned();
    if said.thought {
        let mut part = Reasoning::new(text);
        let state = said.state.or_else(|| RawJson::parse(THOUGHT.to_owned()).ok());
        part.opaque = state.map(|state| reader.opaque(state));
        return AssistantPart::Reasoning(part);
    }
    let mut part = Text::new(text);
    part.opaque = said.state.map(|state| reader.opaque(state));
    AssistantPart::Text(part)
}

/// Gives each source to the text that cites it, or to the last text.
fn cite(content: &mut Vec<AssistantPart>, places: &[usize], cited: Vec<Cited>) {
    let is_text = |part: &AssistantPart| part.as_text().is_some_and(|text| !text.is_empty());
    let last = content.iter().rposition(is_text);
    // What was generated may be held back while its sources are told.
    let mut orphans = Text::default();
    for (part, source) in cited {
        let named = part
            .and_then(|part| usize::try_from(part).ok())
            .and_then(|part| places.get(part).copied())
            .filter(|place| content.get(*place).is_some_and(is_text));
        match named.or(last).and_then(|place| content.get_mut(place)) {
            Some(AssistantPart::Text(text)) => text.sources.push(source),
            _ => orphans.sources.push(source),
        }
    }
    if !orphans.sources.is_empty() {
        content.push(AssistantPart::Text(orphans));
    }
}
