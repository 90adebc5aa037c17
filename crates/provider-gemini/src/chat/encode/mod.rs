//! From a request to the bytes of its body.

mod body;
mod config;
mod contents;
mod media;
mod part;
mod results;
mod said;
mod schema;
mod thinking;
mod tools;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, Error, ErrorKind, Opaque, RawJson, Result, Target, Warning, WarningKind, Warnings,
};
use provider_http::wire::Verbatim;
use serde::ser::{Serialize, SerializeMap, Serializer};

use self::body::Body;
use crate::api::full_name;
use crate::driver::Gemini;
use crate::family::Family;
use crate::options::GeminiOptions;

/// A request's body, and what differs from what was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedContent {
    /// The JSON to send, the same for an answer and for a stream.
    pub body: Bytes,
    /// What was left out or changed.
    pub warnings: Vec<Warning>,
}

/// Writes the body of a request to the model of `target`.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with `extra_body`; the model stands in the URL.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what Gemini does not take and for a [`Pinned`](crate::Pinned) name of
/// another target, [`Unsupported`](ErrorKind::Unsupported) for what has no form in Gemini's language; with
/// [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_content(target: &Target, request: &ChatRequest) -> Result<EncodedContent> {
    encode(target, request, false)
}

/// The body of the question how many tokens the request has.
pub(crate) fn encode_count(target: &Target, request: &ChatRequest) -> Result<EncodedContent> {
    encode(target, request, true)
}

fn encode(target: &Target, request: &ChatRequest, counts: bool) -> Result<EncodedContent> {
    request.validate()?;
    let options = request.provider_options.of::<GeminiOptions>()?.unwrap_or_default();
    let mut warnings = Warnings::new(request.strict);
    warnings.extend(request.provider_options.foreign_to(Gemini::DRIVER))?;
    let model = counts.then(|| full_name(target.model()));
    if let Some(raw) = &request.raw {
        let body = Raw::new(raw, model.as_deref(), request, target, &mut warnings)?;
        return written(&body, counts, raw.as_str().len() + 256, warnings);
    }
    let family = Family::of(target.model());
    let mut encoder = Encoder { target, family, options: &options, warnings, size: 256 };
    let body = encoder.body(request, model.as_deref())?;
    let Encoder { warnings, size, .. } = encoder;
    written(&body, counts, size, warnings)
}

fn written(body: &impl Serialize, counts: bool, size: usize, warnings: Warnings) -> Result<EncodedContent> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Counted<'a, T> {
        generate_content_request: &'a T,
    }
    let mut bytes = Vec::with_capacity(size);
    let done = match counts {
        true => serde_json::to_writer(&mut bytes, &Counted { generate_content_request: body }),
        false => serde_json::to_writer(&mut bytes, body),
    };
    done.map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
    Ok(EncodedContent { body: bytes.into(), warnings: warnings.into_vec() })
}

/// A body in the caller's own words.
struct Raw<'a> {
    members: Verbatim<'a>,
    /// Where it is a part of another body.
    model: Option<&'a str>,
    request: &'a ChatRequest,
}

impl<'a> Raw<'a> {
    fn new(
        raw: &'a RawJson,
        model: Option<&'a str>,
        request: &'a ChatRequest,
        target: &Target,
        warnings: &mut Warnings,
    ) -> Result<Self> {
        if !raw.as_str().trim_start().starts_with('{') {
            return Err(invalid("a raw body is a JSON object"));
        }
        let mut members: Verbatim<'a> = serde_json::from_str(raw.as_str())
            .map_err(|e| invalid(format!("the raw body is no JSON: {e}")))?;
        let ours = serde_json::Value::from(full_name(target.model())).to_string();
        // The model of the handle holds, because layers budget and fail over by it.
        if members.0.iter().any(|(key, value)| key.as_str() == "model" && value.get() != ours) {
            let message = "the raw body says otherwise than the call, which holds";
            warnings.push(Warning::new(WarningKind::OptionChanged, "model", message))?;
        }
        members
            .0
            .retain(|(key, _)| key.as_str() != "model" && !request.extra_body.contains_key(key.as_str()));
        Ok(Self { members, model, request })
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(model) = self.model {
            map.serialize_entry("model", model)?;
        }
        for (key, value) in &self.members.0 {
            map.serialize_entry(key.as_str(), value)?;
        }
        for (key, value) in &self.request.extra_body {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// What is known while a request is translated.
struct Encoder<'a> {
    target: &'a Target,
    family: Family,
    options: &'a GeminiOptions,
    warnings: Warnings,
    /// About how many bytes the body will have.
    size: usize,
}

impl<'a> Encoder<'a> {
    fn body(&mut self, request: &'a ChatRequest, model: Option<&'a str>) -> Result<Body<'a>> {
        let options = self.options;
        self.check(request)?;
        let cached = options.cached_content.as_ref();
        let cached = cached.map(|name| name.for_target("cached_content", self.target)).transpose()?;
        let (mut instructions, contents) = self.contents(&request.messages)?;
        let mut tools = self.tools(request)?;
        if cached.is_some() && (!instructions.is_empty() || !tools.is_empty()) {
            let message =
                "instructions and tools lie in the cached content, so those of the request were left out";
            self.warn(WarningKind::OptionDropped, "cached_content", message)?;
            instructions.clear();
            tools = tools::ToolsSection::default();
        }
        Ok(Body {
            model,
            instructions,
            contents,
            tools,
            cached,
            config: self.config(request)?,
            options,
            extra: &request.extra_body,
        })
    }

    fn check(&mut self, request: &ChatRequest) -> Result<()> {
        if request.parallel_tool_calls == Some(false) {
            let message = "Gemini can't be kept from several calls at once, so it was left out";
            self.warn(WarningKind::OptionDropped, "parallel_tool_calls", message)?;
        }
        for (name, asked) in
            [("cache_key", request.cache_key.is_some()), ("end_user", request.end_user.is_some())]
        {
            if asked {
                self.warn(WarningKind::OptionDropped, name, "Gemini has no such option, so it was left out")?;
            }
        }
        let settings = &self.options.safety_settings;
        let repeated = settings
            .iter()
            .enumerate()
            .find(|(at, setting)| settings.iter().skip(at + 1).any(|it| it.category == setting.category));
        match repeated {
            Some((_, setting)) => {
                Err(invalid(format!("`safety_settings` has two entries for `{}`", setting.category)))
            }
            None => Ok(()),
        }
    }

    /// The state of a part, if it is for this target; state of another one stays behind.
    fn state<'p>(&mut self, opaque: Option<&'p Opaque>) -> Result<Option<&'p Opaque>> {
        let Some(opaque) = opaque else { return Ok(None) };
        if self.target.accepts_state_of(&opaque.target) {
            return Ok(Some(opaque));
        }
        let message = format!("state made by {} was not sent to {}", opaque.target, self.target);
        self.warn(WarningKind::StateDropped, "assistant", message)?;
        Ok(None)
    }

    fn refused(&mut self, name: &str) -> Result<()> {
        let message = format!("`{}` does not take it, so it was left out", self.target);
        self.warn(WarningKind::OptionDropped, name, message)
    }

    fn dropped(&mut self, what: &str) -> Result<()> {
        self.warn(WarningKind::PartDropped, what, "Gemini has no form for it, so it was left out")
    }

    fn warn(&mut self, kind: WarningKind, subject: &str, message: impl Into<String>) -> Result<()> {
        self.warnings.push(Warning::new(kind, subject, message))
    }

    fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Unsupported, format!("`{}` {what}", self.target)).with_possibly_billed(false)
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
