//! What xAI's options and families mean in Chat Completions.

use std::borrow::Cow;

use laravel_ai_core::{ChatRequest, Error, ErrorKind, Result, Target, Tool, Warning, WarningKind, Warnings};
use provider_openai_compat::{EncodedChat, Parameter, encode_chat};

use crate::driver::Xai;
use crate::family::{Family, chat_dialect};
use crate::options::{XaiOptions, check, for_chat};

/// Writes the body of a request to the model of `target`, for Chat Completions.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what xAI does not take, `search_parameters` above all, and for options of
/// Responses; [`Unsupported`](ErrorKind::Unsupported) for xAI's own tools and models that only Responses have; with
/// [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_completion(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedChat> {
    check(request)?;
    write(target, request, stream)
}

pub(crate) fn write(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedChat> {
    let lacks = |what: &str| {
        let message =
            format!("`{target}`: {what} Responses only: set `api = \"responses\"` for the connection");
        Error::new(ErrorKind::Unsupported, message).with_possibly_billed(false)
    };
    let mut options = for_chat(request)?;
    if Family::of(target.model()).is_some_and(Family::only_responses) {
        return Err(lacks("the model is in"));
    }
    let own = |tool: &Tool| matches!(tool, Tool::Provider(tool) if tool.driver == Xai::DRIVER);
    if request.tools.iter().any(own) {
        return Err(lacks("xAI's own tools are in"));
    }
    let dialect = chat_dialect(target.model());
    let mut warnings = Warnings::new(request.strict);
    let mut fitted = Cow::Borrowed(request);
    let likelihoods = options.logprobs == Some(true) || options.top_logprobs.is_some();
    if likelihoods && dialect.unsupported.contains(Parameter::Logprobs) {
        let message = format!("`{target}` does not take it, so it was left out");
        warnings.push(Warning::new(WarningKind::OptionDropped, "logprobs", message))?;
        (options.logprobs, options.top_logprobs) = (None, None);
        fitted.to_mut().provider_options.set(&options)?;
    } else if options.top_logprobs.is_some() && options.logprobs.is_none() {
        // The one is refused without the other.
        options.logprobs = Some(true);
        fitted.to_mut().provider_options.set(&options)?;
    }
    let mut encoded = encode_chat::<XaiOptions>(&dialect, target, &fitted, stream)?;
    encoded.warnings.splice(0..0, warnings.into_vec());
    Ok(encoded)
}
