//! From a request to the bytes of its body.

mod content;
mod media;
mod message;

use std::borrow::Cow;

use bytes::Bytes;
use laravel_ai_core::{
    ChatRequest, ProviderOptions, ReasoningOptions, ResponseFormat, Result, Target, Warning, WarningKind,
    Warnings,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use self::message::WireMessage;
use crate::dialect::{Dialect, Parameter, ReasoningField};
use crate::encode::{Shape, Subject, ToolsSection, invalid};
pub use provider_http::raw::encode_raw;

/// A request's body, and what differs from what was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedChat {
    /// The JSON to send.
    pub body: Bytes,
    /// What was left out or changed.
    pub warnings: Vec<Warning>,
}

/// Writes the body of a request to the model of `target`. `O` are the options of the driver.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target` (the layers budget and fail over by
/// it, so another one in the body is replaced with a warning), with what streaming needs, and with `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](laravel_ai_core::ErrorKind::InvalidRequest) for what no server takes, and
/// [`Unsupported`](laravel_ai_core::ErrorKind::Unsupported) for what this one doesn't; with
/// [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_chat<O: ProviderOptions>(
    dialect: &Dialect,
    target: &Target,
    request: &ChatRequest,
    stream: bool,
) -> Result<EncodedChat> {
    request.validate()?;
    let mut encoder =
        Encoder { dialect, target, warnings: Warnings::new(request.strict), size: 256, settings: () };
    encoder.warnings.extend(request.provider_options.foreign_to(O::DRIVER))?;
    let body = match &request.raw {
        Some(raw) => {
            let options = stream.then(|| stream_options(dialect)).flatten();
            let members = options.map(|options| ("stream_options", options));
            encode_raw(target, raw, request, stream, members, &mut encoder.warnings)?
        }
        None => encoder.body::<O>(request, stream)?,
    };
    Ok(EncodedChat { body, warnings: encoder.warnings.into_vec() })
}

type Encoder<'d> = crate::encode::Encoder<'d>;

impl Encoder<'_> {
    fn body<O: ProviderOptions>(&mut self, request: &ChatRequest, stream: bool) -> Result<Bytes> {
        let over = over::<O>(request)?;
        if let Some(limit) = self.dialect.max_stop_texts
            && request.stop.len() > limit
        {
            return Err(invalid(format!(
                "{} stop texts are given, the provider takes {limit}",
                request.stop.len()
            )));
        }
        let tools = self.tools(request, Shape::Nested)?;
        let body = Body {
            dialect: self.dialect,
            model: self.target.model(),
            temperature: self.take(Parameter::Temperature, request.temperature)?,
            top_p: self.take(Parameter::TopP, request.top_p)?,
            top_k: self.take(Parameter::TopK, request.top_k)?,
            max_tokens: self.take(Parameter::MaxOutputTokens, request.max_output_tokens)?,
            stop: self
                .take(Parameter::Stop, Some(request.stop.as_slice()).filter(|stop| !stop.is_empty()))?,
            seed: self.take(Parameter::Seed, request.seed)?,
            presence_penalty: self.take(Parameter::PresencePenalty, request.presence_penalty)?,
            frequency_penalty: self.take(Parameter::FrequencyPenalty, request.frequency_penalty)?,
            reasoning: self.reasoning(request.reasoning.as_ref())?,
            tools,
            format: self.format(request.format.as_ref())?,
            cache_key: self.take(Parameter::CacheKey, request.cache_key.as_deref())?,
            end_user: self.take(Parameter::EndUser, request.end_user.as_deref())?,
            messages: self.messages(&request.messages)?,
            stream: stream.then(|| stream_options(self.dialect)),
            over,
        };
        let mut bytes = Vec::with_capacity(self.size);
        serde_json::to_writer(&mut bytes, &body)
            .map_err(|e| invalid(format!("the request has no JSON form: {e}")))?;
        Ok(bytes.into())
    }

    fn reasoning<'a>(
        &mut self,
        asked: Option<&'a ReasoningOptions>,
    ) -> Result<Option<Cow<'a, ReasoningOptions>>> {
        let Some(asked) = self.take(Parameter::Reasoning, asked)? else { return Ok(None) };
        if self.dialect.reasoning == ReasoningField::ReasoningEffort {
            for (name, present) in [
                ("reasoning.budget_tokens", asked.budget_tokens.is_some()),
                ("reasoning.summary", asked.summary.is_some()),
            ] {
                if present {
                    self.warn(
                        WarningKind::OptionDropped,
                        name,
                        "only an effort can be sent, so it was left out",
                    )?;
                }
            }
        }
        let mut taken = Cow::Borrowed(asked);
        if asked.effort.as_ref().is_some_and(|effort| !self.dialect.takes_effort(effort.as_str())) {
            self.refused("reasoning.effort")?;
            taken.to_mut().effort = None;
        }
        Ok(Some(taken))
    }

    fn format(&mut self, format: Option<&ResponseFormat>) -> Result<Option<Value>> {
        let lacks = |parameter| self.dialect.unsupported.contains(parameter);
        Ok(match format {
            None => None,
            Some(ResponseFormat::Text) => Some(json!({"type": "text"})),
            Some(ResponseFormat::Json) if lacks(Parameter::JsonObject) => {
                return Err(self.unsupported("can't be held to JSON"));
            }
            Some(ResponseFormat::Json) => Some(json!({"type": "json_object"})),
            Some(ResponseFormat::JsonSchema(_)) if lacks(Parameter::JsonSchema) => {
                return Err(self.unsupported("can't be held to a JSON Schema"));
            }
            Some(ResponseFormat::JsonSchema(schema)) => {
                let (compiled, strict) =
                    self.schema(Subject::Format, &schema.schema, schema.strict, schema.strict.into())?;
                let mut inner = Map::new();
                inner.insert("name".into(), schema.name.as_str().into());
                inner.extend(schema.description.as_deref().map(|text| ("description".into(), text.into())));
                inner.insert("schema".into(), compiled.into_owned());
                inner.extend(strict.map(|strict| ("strict".into(), strict.into())));
                Some(json!({"type": "json_schema", "json_schema": inner}))
            }
            // The vocabulary may grow; an answer in another form than asked for would be of no use.
            Some(_) => return Err(self.unsupported("does not know this form of answer")),
        })
    }
}

fn stream_options(dialect: &Dialect) -> Option<Value> {
    match (dialect.stream_usage, dialect.without_obfuscation) {
        (false, _) => None,
        (true, false) => Some(json!({"include_usage": true})),
        (true, true) => Some(json!({"include_usage": true, "include_obfuscation": false})),
    }
}

/// Members that go over those of the driver: its options, and over them what the caller adds.
fn over<O: ProviderOptions>(request: &ChatRequest) -> Result<Map<String, Value>> {
    let mut over = match request.provider_options.of::<O>()? {
        Some(options) => match serde_json::to_value(&options) {
            Ok(Value::Object(members)) => members,
            _ => return Err(invalid(format!("options for `{}` are not a JSON object", O::DRIVER))),
        },
        None => Map::new(),
    };
    over.extend(request.extra_body.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(over)
}

struct Body<'a> {
    dialect: &'a Dialect,
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    max_tokens: Option<u32>,
    stop: Option<&'a [String]>,
    seed: Option<i64>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    reasoning: Option<Cow<'a, ReasoningOptions>>,
    tools: ToolsSection<'a>,
    format: Option<Value>,
    cache_key: Option<&'a str>,
    end_user: Option<&'a str>,
    /// `Some` to stream, with the options of the stream.
    stream: Option<Option<Value>>,
    over: Map<String, Value>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields { map: serializer.serialize_map(None)?, over: &self.over };
        fields.put("model", Some(self.model))?;
        fields.put("messages", Some(&self.messages))?;
        fields.put("temperature", self.temperature)?;
        fields.put("top_p", self.top_p)?;
        fields.put("top_k", self.top_k)?;
        fields.put(self.dialect.max_tokens.name(), self.max_tokens)?;
        fields.put("stop", self.stop)?;
        fields.put("seed", self.seed)?;
        fields.put("presence_penalty", self.presence_penalty)?;
        fields.put("frequency_penalty", self.frequency_penalty)?;
        match (self.dialect.reasoning, &self.reasoning) {
            (ReasoningField::ReasoningEffort, Some(asked)) => {
                fields.put("reasoning_effort", asked.effort.as_ref())?;
            }
            (ReasoningField::Reasoning, Some(asked)) => fields.put(
                "reasoning",
                Some(json!({
                    "effort": asked.effort, "max_tokens": asked.budget_tokens, "summary": asked.summary,
                }))
                .map(without_nulls),
            )?,
            (_, None) => {}
        }
        fields.put("tools", Some(&self.tools.tools).filter(|tools| !tools.is_empty()))?;
        fields.put("tool_choice", self.tools.choice.as_ref())?;
        fields.put("parallel_tool_calls", self.tools.parallel)?;
        fields.put("response_format", self.format.as_ref())?;
        fields.put("prompt_cache_key", self.cache_key)?;
        fields.put(self.dialect.end_user.name(), self.end_user)?;
        if let Some(options) = &self.stream {
            fields.put("stream", Some(true))?;
            fields.put("stream_options", options.as_ref())?;
        }
        let Fields { mut map, over } = fields;
        over.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    value
}

struct Fields<'a, M> {
    map: M,
    over: &'a Map<String, Value>,
}

impl<M: SerializeMap> Fields<'_, M> {
    /// Writes a member that is there and is not written over.
    fn put<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.over.contains_key(name) => self.map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }
}
