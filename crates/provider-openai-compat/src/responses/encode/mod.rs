//! From a request to the bytes of its body.

mod body;
mod content;
mod input;
mod media;
mod options;
mod output;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, ErrorKind, Opaque, RawJson, Result, Target, Warning, WarningKind, Warnings,
};
use provider_http::wire::Verbatim;
use serde_json::{Map, Value, json};

use self::body::Body;
use super::settings::Settings;
use crate::chat::encode_raw;
use crate::dialect::{Dialect, Parameter};
use crate::encode::{Shape, invalid};

/// A request's body, and what differs from what was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedResponse {
    /// The JSON to send.
    pub body: Bytes,
    /// What was left out or changed.
    pub warnings: Vec<Warning>,
}

/// Writes the body of a request to the model of `target`, with what a driver's options say.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what the vendor does not take,
/// [`Unsupported`](ErrorKind::Unsupported) for what has no form in Responses; with
/// [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode(
    dialect: &Dialect,
    target: &Target,
    request: &ChatRequest,
    settings: &Settings<'_>,
    stream: bool,
) -> Result<EncodedResponse> {
    request.validate()?;
    let mut warnings = Warnings::new(request.strict);
    warnings.extend(request.provider_options.foreign_to(dialect.driver))?;
    if let Some(raw) = &request.raw {
        let cut = settings.only.map(|_| only(raw, settings)).transpose()?;
        let raw = cut.as_ref().unwrap_or(raw);
        let padding = (stream && dialect.without_obfuscation).then(|| ("stream_options", without_padding()));
        let body = encode_raw(target, raw, request, stream, padding, &mut warnings)?;
        return Ok(EncodedResponse { body, warnings: warnings.into_vec() });
    }
    let mut encoder = Encoder { dialect, target, settings, warnings, size: 512 };
    let body = encoder.body(request, stream)?;
    Ok(EncodedResponse { body, warnings: encoder.warnings.into_vec() })
}

/// Of a raw body what the call takes.
fn only(raw: &RawJson, settings: &Settings<'_>) -> Result<RawJson> {
    let mut members: Map<String, Value> =
        raw.decode().map_err(|error| error.with_kind(ErrorKind::InvalidRequest))?;
    members.retain(|name, _| settings.writes(name));
    Ok(RawJson::from(&Value::Object(members)))
}

fn without_padding() -> Value {
    json!({"include_obfuscation": false})
}

type Encoder<'a> = crate::encode::Encoder<'a, &'a Settings<'a>>;

impl<'a> Encoder<'a> {
    fn body(&mut self, request: &'a ChatRequest, stream: bool) -> Result<Bytes> {
        let settings = self.settings;
        self.check(request)?;
        let top_k = self.take(Parameter::TopK, request.top_k)?;
        self.without_fields(request)?;
        let effort = self.effort(request.reasoning.as_ref())?;
        let (instructions, messages) = self.instructions(&request.messages);
        let asked = (settings.logprobs || settings.top_logprobs.is_some()).then_some(());
        let logprobs = self.take(Parameter::Logprobs, asked)?.is_some();
        let tools = self.tools(request, Shape::Flat)?;
        let body = Body {
            model: self.target.model(),
            instructions,
            input: self.input(messages)?,
            max_output_tokens: self.take(Parameter::MaxOutputTokens, request.max_output_tokens)?,
            temperature: self.take(Parameter::Temperature, request.temperature)?,
            top_p: self.take(Parameter::TopP, request.top_p)?,
            top_k,
            logprobs: logprobs && self.dialect.responses.likelihoods.is_none(),
            top_logprobs: settings.top_logprobs.filter(|_| logprobs),
            reasoning: self.reasoning(effort, request.reasoning.as_ref()),
            text: self.text(request.format.as_ref())?,
            include: self.include(request, logprobs),
            tools,
            cache_key: self.take(Parameter::CacheKey, request.cache_key.as_deref())?,
            end_user: (
                self.dialect.end_user.name(),
                self.take(Parameter::EndUser, request.end_user.as_deref())?,
            ),
            settings,
            extra: &request.extra_body,
            stream,
            without_padding: self.dialect.without_obfuscation,
        };
        let mut bytes = Vec::with_capacity(self.size);
        serde_json::to_writer(&mut bytes, &body)
            .map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(bytes.into())
    }

    fn check(&self, request: &ChatRequest) -> Result<()> {
        let least = self.dialect.responses.least_output_tokens;
        match request.max_output_tokens.filter(|limit| *limit < least) {
            None => Ok(()),
            Some(limit) => {
                Err(invalid(format!("`max_output_tokens` is {limit}, the provider takes {least} and more")))
            }
        }
    }

    /// The state of a part, if it is for this target; state of another one stays behind.
    fn state<'p>(&mut self, opaque: Option<&'p Opaque>) -> Result<Option<&'p Opaque>> {
        let Some(opaque) = opaque else { return Ok(None) };
        let message = match self.target.accepts_state_of(&opaque.target) {
            true if is_of_responses(opaque) => return Ok(Some(opaque)),
            true => format!("state of Chat Completions was not sent to {} in Responses", self.target),
            false => format!("state made by {} was not sent to {}", opaque.target, self.target),
        };
        self.warn(WarningKind::StateDropped, "assistant", message)?;
        Ok(None)
    }

    fn dropped(&mut self, what: &str) -> Result<()> {
        self.warn(WarningKind::PartDropped, what, "Responses have no form for it, so it was left out")
    }
}

/// One target may speak both languages: what is an item of Responses, or belongs to one, says so.
fn is_of_responses(state: &Opaque) -> bool {
    let members = serde_json::from_str::<Verbatim<'_>>(state.data.as_str()).unwrap_or_default().0;
    members.iter().any(|(key, _)| matches!(key.as_str(), "type" | "item" | "result_of"))
}
