//! From a request to the bytes of its body.

mod body;
mod message;
mod tools;

use std::borrow::Cow;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, Error, ErrorKind, Media, MediaSource, ReasoningEffort, ReasoningOptions, ResponseFormat,
    Result, Target, Warning, WarningKind, Warnings,
};
use provider_http::raw::encode_raw;
use provider_schema::{Profile, Strict, compile};
use serde_json::{Map, Value, json};

use self::body::Body;
use super::prompt::Prompt;
use crate::driver::Ollama;
use crate::options::{OllamaOptions, Think};

/// A request's body, what differs from what was asked, and what is known of the prompt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedChat {
    /// The JSON to send.
    pub body: Bytes,
    /// What was left out or changed.
    pub warnings: Vec<Warning>,
    /// What tells later whether the server cut the prompt.
    pub prompt: Prompt,
}

/// Writes the body of a request to the model of `target`; `defaults` are the options of the connection.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what no server takes, and [`Unsupported`](ErrorKind::Unsupported) for
/// what has no form in Ollama's language; with [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_chat(
    target: &Target,
    defaults: &OllamaOptions,
    request: &ChatRequest,
    stream: bool,
) -> Result<EncodedChat> {
    request.validate()?;
    let mut encoder =
        Encoder { target, warnings: Warnings::new(request.strict), size: 256, prompt: Prompt::default() };
    encoder.warnings.extend(request.provider_options.foreign_to(Ollama::DRIVER))?;
    let body = match &request.raw {
        // Without a word on it the server streams.
        Some(raw) => {
            let whole = (!stream).then_some(("stream", Value::Bool(false)));
            encode_raw(target, raw, request, stream, whole, &mut encoder.warnings)?
        }
        None => encoder.body(defaults, request, stream)?,
    };
    Ok(EncodedChat { body, warnings: encoder.warnings.into_vec(), prompt: encoder.prompt })
}

/// What is known while a request is translated.
struct Encoder<'d> {
    target: &'d Target,
    warnings: Warnings,
    /// About how many bytes the body will have.
    size: usize,
    prompt: Prompt,
}

impl Encoder<'_> {
    fn body(&mut self, defaults: &OllamaOptions, request: &ChatRequest, stream: bool) -> Result<Bytes> {
        let mut options = request.provider_options.of::<OllamaOptions>()?.unwrap_or_default();
        // What the request itself asks for comes before what the connection says of all requests.
        let asked = self.think(request.reasoning.as_ref())?;
        options.think = options.think.or(asked);
        let options = options.or(&self.under(request, defaults));
        for (name, present) in [
            ("cache_key", request.cache_key.is_some()),
            ("end_user", request.end_user.is_some()),
            ("parallel_tool_calls", request.parallel_tool_calls == Some(false)),
        ] {
            if present {
                self.dropped_option(name, "Ollama has no such option, so it was left out")?;
            }
        }
        let tools = self.tools(request)?;
        let format = self.format(request.format.as_ref())?;
        let messages = self.messages(&request.messages)?;
        let runner = runner(request, &options);
        let truncate = options.truncate.or(request.strict.then_some(false));
        self.prompt.whole = truncate == Some(false);
        self.prompt.window = runner.get("num_ctx").and_then(Value::as_u64);
        let body = Body {
            model: self.target.model(),
            messages,
            tools,
            format,
            stream,
            truncate,
            runner,
            options: &options,
            extra: &request.extra_body,
        };
        let mut bytes = Vec::with_capacity(self.size);
        serde_json::to_writer(&mut bytes, &body)
            .map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(bytes.into())
    }

    /// The options of the connection, without those that fields of the request speak of.
    fn under<'a>(&self, request: &ChatRequest, defaults: &'a OllamaOptions) -> Cow<'a, OllamaOptions> {
        let mut under = Cow::Borrowed(defaults);
        if request.max_output_tokens.is_some() && defaults.num_predict.is_some() {
            under.to_mut().num_predict = None;
        }
        if request.seed.is_some() && defaults.seed.is_some() {
            under.to_mut().seed = None;
        }
        if request.top_k.is_some() && defaults.top_k.is_some() {
            under.to_mut().top_k = None;
        }
        under
    }

    /// Ollama knows `low` to `max` and a switch; words beyond them become the nearest, as its own compatible endpoint reads
    /// them.
    fn think(&mut self, asked: Option<&ReasoningOptions>) -> Result<Option<Think>> {
        let Some(asked) = asked else { return Ok(None) };
        for (name, present) in [
            ("reasoning.budget_tokens", asked.budget_tokens.is_some()),
            ("reasoning.summary", asked.summary.is_some()),
        ] {
            if present {
                self.dropped_option(name, "only an effort can be sent, so it was left out")?;
            }
        }
        let Some(effort) = &asked.effort else { return Ok(None) };
        let think = match effort {
            ReasoningEffort::None => Think::Off,
            ReasoningEffort::Minimal | ReasoningEffort::Low => Think::Low,
            ReasoningEffort::Medium => Think::Medium,
            ReasoningEffort::High => Think::High,
            ReasoningEffort::XHigh | ReasoningEffort::Max => Think::Max,
            other => Think::Other(other.as_str().to_owned()),
        };
        if matches!(effort, ReasoningEffort::Minimal | ReasoningEffort::XHigh) {
            let sent = if think == Think::Low { "low" } else { "max" };
            let message = format!("Ollama has no effort `{}`, so `{sent}` was sent", effort.as_str());
            self.warn(WarningKind::OptionChanged, "reasoning.effort", message)?;
        }
        Ok(Some(think))
    }

    fn format<'a>(&mut self, format: Option<&'a ResponseFormat>) -> Result<Option<Cow<'a, Value>>> {
        Ok(match format {
            None | Some(ResponseFormat::Text) => None,
            Some(ResponseFormat::Json) => Some(Cow::Owned(json!("json"))),
            Some(ResponseFormat::JsonSchema(schema)) => {
                if schema.description.is_some() {
                    let why = "the schema holds the answer to its form and is not shown to the model, so it was left \
                               out: say it in a message";
                    self.dropped_option("format.description", why)?;
                }
                let strict = if schema.strict == Some(false) { Strict::Off } else { Strict::Auto };
                let compiled = compile(&schema.schema, &Profile::ollama(), strict)?;
                self.warnings.extend(compiled.warnings("format"))?;
                Some(Cow::Owned(compiled.into_schema()))
            }
            // The vocabulary may grow; an answer in another form than asked for would be of no use.
            Some(_) => return Err(self.unsupported("does not know this form of answer")),
        })
    }

    fn image<'a>(&mut self, media: &'a Media) -> Result<&'a [u8]> {
        let bytes = match &media.source {
            MediaSource::Bytes(bytes) => bytes,
            MediaSource::Url(_) => {
                return Err(self.unsupported("fetches no images from a URL: give the bytes"));
            }
            _ => return Err(self.unsupported("can't read a file that was uploaded elsewhere")),
        };
        if image_type(media).is_none() {
            return Err(self.unsupported("reads images as PNG, JPEG, WebP, GIF and BMP, and this is none"));
        }
        self.size += bytes.len() * 4 / 3 + 64;
        Ok(bytes)
    }

    fn dropped_option(&mut self, name: &str, why: &str) -> Result<()> {
        self.warn(WarningKind::OptionDropped, name, why)
    }

    fn warn(&mut self, kind: WarningKind, subject: &str, message: impl Into<String>) -> Result<()> {
        self.warnings.push(Warning::new(kind, subject, message))
    }

    fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Unsupported, format!("`{}` {what}", self.target)).with_possibly_billed(false)
    }
}

/// The object `options`: what the request says, over it Ollama's own options, over them those of `extra_body`.
fn runner(request: &ChatRequest, options: &OllamaOptions) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    };
    put("temperature", request.temperature.map(Value::from));
    put("top_p", request.top_p.map(Value::from));
    put("top_k", request.top_k.map(Value::from));
    put("num_predict", request.max_output_tokens.map(Value::from));
    put("stop", (!request.stop.is_empty()).then(|| json!(request.stop)));
    put("seed", request.seed.map(Value::from));
    put("presence_penalty", request.presence_penalty.map(Value::from));
    put("frequency_penalty", request.frequency_penalty.map(Value::from));
    options.put_runner(&mut members);
    if let Some(Value::Object(extra)) = request.extra_body.get("options") {
        members.extend(extra.clone());
    }
    members
}

/// The type of an image, by its first bytes: what they are called says nothing, and the server looks at them too.
pub(super) fn image_type(media: &Media) -> Option<&'static str> {
    let MediaSource::Bytes(bytes) = &media.source else { return None };
    Some(match bytes.as_ref() {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        _ => return None,
    })
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
