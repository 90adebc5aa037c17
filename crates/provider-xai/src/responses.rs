//! What xAI's options mean in Responses.

use laravel_ai_core::{ChatRequest, Result, Target};
use provider_openai_compat::responses::{EncodedResponse, Settings, encode};
use serde_json::Value;

use crate::family::responses_dialect;
use crate::options::{XaiOptions, check};
use crate::tools;

/// Writes the body of a request to the model of `target`, for Responses.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) for what xAI does not take, `search_parameters` above all,
/// and for a [`Pinned`](crate::Pinned) id of another target; [`Unsupported`](laravel_ai_core::ErrorKind::Unsupported) for
/// what has no form in Responses; with [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_response(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
    check(request)?;
    tools::check(request)?;
    let options = request.provider_options.of::<XaiOptions>()?.unwrap_or_default();
    let settings = if request.raw.is_some() { Settings::default() } else { settings(&options, target)? };
    encode(&responses_dialect(target.model()), target, request, &settings, stream)
}

fn settings<'a>(options: &'a XaiOptions, target: &Target) -> Result<Settings<'a>> {
    let mut settings = Settings::default();
    settings.store = options.store == Some(true);
    settings.include = options.include.as_deref();
    settings.previous_response = options
        .previous_response
        .as_ref()
        .map(|pinned| pinned.for_target("previous_response", target))
        .transpose()?;
    settings.input_items = &options.input_items;
    settings.logprobs = options.logprobs == Some(true);
    settings.top_logprobs = options.top_logprobs.filter(|_| options.logprobs != Some(false));
    let management = &options.context_management;
    let members = [
        ("service_tier", options.service_tier.as_deref().map(Value::from)),
        ("max_turns", options.max_turns.map(Value::from)),
        ("min_p", options.min_p.map(Value::from)),
        ("context_management", (!management.is_empty()).then(|| Value::from(management.as_slice()))),
    ];
    settings.members.extend(members.into_iter().filter_map(|(name, value)| Some((name, value?))));
    Ok(settings)
}
