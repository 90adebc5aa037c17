//! From a request to the bytes of its body.

mod body;
mod content;
mod input;
mod media;
mod output;
mod tools;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, Error, ErrorKind, Opaque, RawJson, ReasoningOptions, ResponseFormat, Result, Target, Tool,
    Warning, WarningKind, Warnings,
};
use provider_openai_compat::encode_raw;
use provider_schema::{Profile, compile};
use serde_json::{Map, Value, json};

use self::body::Body;
use crate::driver::OpenAi;
use crate::family::Family;
use crate::options::{ONLY_CHAT, OpenAiOptions, refuse};

/// A request's body, and what differs from what was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedResponse {
    /// The JSON to send.
    pub body: Bytes,
    /// What was left out or changed.
    pub warnings: Vec<Warning>,
}

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Answer,
    Stream,
    /// The endpoint that counts takes only what the model reads.
    Count,
}

/// OpenAI refuses less.
const LEAST_OUTPUT_TOKENS: u32 = 16;

/// What OpenAI's tools give besides, as `include` names it.
const RESULTS: [(&str, &str); 3] = [
    ("web_search", "web_search_call.action.sources"),
    ("file_search", "file_search_call.results"),
    ("code_interpreter", "code_interpreter_call.outputs"),
];

/// What the endpoint that counts takes (`TokenCountsBody`).
const COUNTED: [&str; 12] = [
    "model",
    "input",
    "previous_response_id",
    "tools",
    "text",
    "reasoning",
    "truncation",
    "instructions",
    "conversation",
    "tool_choice",
    "parallel_tool_calls",
    "personality",
];

/// Writes the body of a request to the model of `target`.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what OpenAI does not take and for a
/// [`Pinned`](crate::Pinned) id of another target, [`Unsupported`](ErrorKind::Unsupported) for what has no form in
/// Responses; with [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_response(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
    encode(target, request, if stream { Purpose::Stream } else { Purpose::Answer })
}

pub(crate) fn encode(target: &Target, request: &ChatRequest, purpose: Purpose) -> Result<EncodedResponse> {
    request.validate()?;
    let options = request.provider_options.of::<OpenAiOptions>()?.unwrap_or_default();
    let mut warnings = Warnings::new(request.strict);
    warnings.extend(request.provider_options.foreign_to(OpenAi::DRIVER))?;
    if let Some(raw) = &request.raw {
        let counted = match purpose {
            Purpose::Count => Some(counted(raw)?),
            _ => None,
        };
        let raw = counted.as_ref().unwrap_or(raw);
        let padding = (purpose == Purpose::Stream).then(|| ("stream_options", without_padding()));
        let stream = purpose == Purpose::Stream;
        let body = encode_raw(target, raw, request, stream, padding, &mut warnings)?;
        return Ok(EncodedResponse { body, warnings: warnings.into_vec() });
    }
    let family = Family::of(target.model());
    let mut encoder =
        Encoder { target, family, options: &options, warnings, size: 512, store: stored(&options) };
    let body = encoder.body(request, purpose)?;
    Ok(EncodedResponse { body, warnings: encoder.warnings.into_vec() })
}

/// Of a raw body what the endpoint that counts takes.
fn counted(raw: &RawJson) -> Result<RawJson> {
    let mut members: Map<String, Value> =
        raw.decode().map_err(|error| error.with_kind(ErrorKind::InvalidRequest))?;
    members.retain(|name, _| COUNTED.contains(&name.as_str()));
    Ok(RawJson::from(&Value::Object(members)))
}

/// A background answer is only found again when it is stored.
fn stored(options: &OpenAiOptions) -> bool {
    options.store.unwrap_or(options.background == Some(true))
}

fn without_padding() -> Value {
    json!({"include_obfuscation": false})
}

/// What is known while a request is translated.
struct Encoder<'a> {
    target: &'a Target,
    family: Option<Family>,
    options: &'a OpenAiOptions,
    warnings: Warnings,
    /// About how many bytes the body will have.
    size: usize,
    store: bool,
}

impl<'a> Encoder<'a> {
    fn body(&mut self, request: &'a ChatRequest, purpose: Purpose) -> Result<Bytes> {
        let options = self.options;
        self.check(request, purpose)?;
        let effort = self.effort(request.reasoning.as_ref())?;
        let sampling = self.family.is_none_or(|family| family.takes_sampling(effort));
        let (instructions, messages) = self.instructions(&request.messages);
        let logprobs = (options.logprobs == Some(true) || options.top_logprobs.is_some())
            .then_some(())
            .filter(|()| options.logprobs != Some(false));
        let logprobs = self.taken(sampling, "logprobs", logprobs)?;
        let tools = self.tools(request)?;
        let body = Body {
            model: self.target.model(),
            instructions,
            input: self.input(messages)?,
            previous_response: self.pinned("previous_response", options.previous_response.as_ref())?,
            conversation: self.pinned("conversation", options.conversation.as_ref())?,
            max_output_tokens: request.max_output_tokens,
            temperature: self.taken(sampling, "temperature", request.temperature)?,
            top_p: self.taken(sampling, "top_p", request.top_p)?,
            top_logprobs: logprobs.and(options.top_logprobs),
            reasoning: self.reasoning(effort, request.reasoning.as_ref()),
            text: self.text(request.format.as_ref())?,
            include: self.include(request, logprobs.is_some()),
            tools,
            cache_retention: self.cache_retention()?,
            cache_key: request.cache_key.as_deref(),
            end_user: request.end_user.as_deref(),
            store: self.store,
            options,
            extra: &request.extra_body,
            purpose,
        };
        let mut bytes = Vec::with_capacity(self.size);
        serde_json::to_writer(&mut bytes, &body)
            .map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(bytes.into())
    }

    fn check(&mut self, request: &ChatRequest, purpose: Purpose) -> Result<()> {
        let set = serde_json::to_value(self.options)
            .map_err(|e| invalid(format!("the options have no JSON form: {e}")))?;
        refuse(&set, &ONLY_CHAT, "Chat Completions")?;
        if let Some(limit) = request.max_output_tokens.filter(|limit| *limit < LEAST_OUTPUT_TOKENS) {
            return Err(invalid(format!(
                "`max_output_tokens` is {limit}, OpenAI takes {LEAST_OUTPUT_TOKENS} and more"
            )));
        }
        if self.options.background == Some(true) && purpose == Purpose::Answer {
            return Err(invalid(
                "`background` without a stream gives an answer that has not begun: ask for a stream, which tells it to its end",
            ));
        }
        if self.options.previous_response.is_some() && self.options.conversation.is_some() {
            return Err(invalid(
                "`previous_response` and `conversation` are given: OpenAI takes one of them",
            ));
        }
        for (name, asked) in [
            ("top_k", request.top_k.is_some()),
            ("stop", !request.stop.is_empty()),
            ("seed", request.seed.is_some()),
            ("presence_penalty", request.presence_penalty.is_some()),
            ("frequency_penalty", request.frequency_penalty.is_some()),
        ] {
            if asked {
                self.warn(
                    WarningKind::OptionDropped,
                    name,
                    "Responses have no such option, so it was left out",
                )?;
            }
        }
        Ok(())
    }

    /// The value, unless the model's family refuses it.
    fn taken<T>(&mut self, takes: bool, name: &str, value: Option<T>) -> Result<Option<T>> {
        if takes || value.is_none() {
            return Ok(value);
        }
        self.refused(name)?;
        Ok(None)
    }

    fn refused(&mut self, name: &str) -> Result<()> {
        let message = format!("`{}` does not take it, so it was left out", self.target);
        self.warn(WarningKind::OptionDropped, name, message)
    }

    fn cache_retention(&mut self) -> Result<Option<&'a str>> {
        let takes = self.family.is_none_or(Family::takes_cache_retention);
        let asked = self.options.prompt_cache_retention.as_deref();
        self.taken(takes, "prompt_cache_retention", asked)
    }

    fn effort(&mut self, asked: Option<&'a ReasoningOptions>) -> Result<Option<&'a str>> {
        let Some(asked) = asked else { return Ok(None) };
        if asked.budget_tokens.is_some() {
            let message = "OpenAI takes an effort and no number of tokens, so it was left out";
            self.warn(WarningKind::OptionDropped, "reasoning.budget_tokens", message)?;
        }
        if asked.summary.is_some() && self.family.is_some_and(|family| !family.may_reason()) {
            self.refused("reasoning.summary")?;
        }
        let effort = asked.effort.as_ref().map(|effort| effort.as_str());
        match (self.family, effort) {
            (Some(family), Some(effort)) if !family.takes_effort(effort) => {
                self.refused("reasoning.effort")?;
                Ok(None)
            }
            _ => Ok(effort),
        }
    }

    fn reasoning(&self, effort: Option<&str>, asked: Option<&ReasoningOptions>) -> Option<Value> {
        let summary = asked
            .and_then(|asked| asked.summary)
            .filter(|_| self.family.is_none_or(|family| family.may_reason()));
        let mut members = Map::new();
        for (name, value) in [
            ("effort", effort.map(Value::from)),
            ("summary", summary.map(|summary| json!(summary))),
            ("mode", self.options.reasoning_mode.as_deref().map(Value::from)),
            ("context", self.options.reasoning_context.as_deref().map(Value::from)),
        ] {
            if let Some(value) = value {
                members.insert(name.into(), value);
            }
        }
        (!members.is_empty()).then_some(Value::Object(members))
    }

    fn text(&mut self, format: Option<&ResponseFormat>) -> Result<Option<Value>> {
        let mut members = Map::new();
        let format = match format {
            None => None,
            Some(ResponseFormat::Text) => Some(json!({"type": "text"})),
            Some(ResponseFormat::Json) => Some(json!({"type": "json_object"})),
            Some(ResponseFormat::JsonSchema(schema)) => {
                self.size += 1024;
                let mut inner = Map::new();
                inner.insert("type".into(), "json_schema".into());
                inner.insert("name".into(), schema.name.as_str().into());
                inner.extend(schema.description.as_deref().map(|text| ("description".into(), text.into())));
                let compiled = compile(&schema.schema, &Profile::openai(), schema.strict.into())?;
                self.warnings.extend(compiled.warnings("format"))?;
                inner.insert("strict".into(), compiled.is_strict().into());
                inner.insert("schema".into(), compiled.into_schema());
                Some(Value::Object(inner))
            }
            // The vocabulary may grow; an answer in another form than asked for would be of no use.
            Some(_) => return Err(self.unsupported("does not know this form of answer")),
        };
        members.extend(format.map(|format| ("format".to_owned(), format)));
        if let Some(verbosity) = &self.options.verbosity {
            match self.family {
                Some(family) if !family.takes_verbosity() => self.refused("verbosity")?,
                _ => _ = members.insert("verbosity".into(), verbosity.as_str().into()),
            }
        }
        Ok((!members.is_empty()).then_some(Value::Object(members)))
    }

    /// What the answer shall contain besides: what the caller says, or what is needed to lose nothing.
    fn include(&self, request: &ChatRequest, logprobs: bool) -> Vec<&'a str> {
        const LIKELIHOODS: &str = "message.output_text.logprobs";
        let mut include: Vec<&str> = match &self.options.include {
            Some(asked) => asked.iter().map(String::as_str).collect(),
            None => {
                let reasons = self.family.is_none_or(|family| family.may_reason());
                let encrypted = (reasons && !self.store).then_some("reasoning.encrypted_content");
                let results = RESULTS.iter().filter(|(kind, _)| {
                    request.tools.iter().any(|tool| match tool {
                        Tool::Provider(tool) => {
                            tool.driver == OpenAi::DRIVER
                                && tool.value.get("type").is_some_and(|has| has == kind)
                        }
                        _ => false,
                    })
                });
                encrypted.into_iter().chain(results.map(|(_, name)| *name)).collect()
            }
        };
        if logprobs && !include.contains(&LIKELIHOODS) {
            include.push(LIKELIHOODS);
        }
        include
    }

    fn pinned(&self, option: &'static str, id: Option<&'a crate::Pinned>) -> Result<Option<&'a str>> {
        id.map(|id| id.for_target(option, self.target)).transpose()
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

    fn dropped(&mut self, what: &str) -> Result<()> {
        self.warn(WarningKind::PartDropped, what, "Responses have no form for it, so it was left out")
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
