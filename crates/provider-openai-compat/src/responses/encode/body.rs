//! The body, member by member.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::input::Item;
use super::without_padding;
use crate::encode::ToolsSection;
use crate::responses::settings::Settings;

pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) instructions: Option<&'a str>,
    pub(super) input: Vec<Item<'a>>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u32>,
    /// Whether likelihoods are asked for by a member of their own.
    pub(super) logprobs: bool,
    pub(super) top_logprobs: Option<u8>,
    pub(super) reasoning: Option<Value>,
    pub(super) text: Option<Value>,
    pub(super) include: Vec<&'a str>,
    pub(super) tools: ToolsSection<'a>,
    pub(super) cache_key: Option<&'a str>,
    /// The field of the end user's id, and the id.
    pub(super) end_user: (&'static str, Option<&'a str>),
    pub(super) settings: &'a Settings<'a>,
    /// Over all the others.
    pub(super) extra: &'a BTreeMap<String, Value>,
    pub(super) stream: bool,
    /// Whether a stream is asked to leave out padding.
    pub(super) without_padding: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settings = self.settings;
        let mut fields = Fields { map: serializer.serialize_map(None)?, over: self.extra, settings };
        fields.put("model", Some(self.model))?;
        fields.put("instructions", self.instructions)?;
        fields.put("input", Some(&self.input))?;
        fields.put("previous_response_id", settings.previous_response)?;
        fields.put("reasoning", self.reasoning.as_ref())?;
        fields.put("text", self.text.as_ref())?;
        fields.put("tools", Some(&self.tools.tools).filter(|tools| !tools.is_empty()))?;
        fields.put("tool_choice", self.tools.choice.as_ref())?;
        fields.put("parallel_tool_calls", self.tools.parallel)?;
        fields.put("truncation", settings.truncation)?;
        fields.put("max_output_tokens", self.max_output_tokens)?;
        fields.put("temperature", self.temperature)?;
        fields.put("top_p", self.top_p)?;
        fields.put("top_k", self.top_k)?;
        fields.put("logprobs", Some(true).filter(|_| self.logprobs))?;
        fields.put("top_logprobs", self.top_logprobs)?;
        fields.put("include", Some(&self.include).filter(|include| !include.is_empty()))?;
        fields.put("store", Some(settings.store))?;
        fields.put("prompt_cache_key", self.cache_key)?;
        let (name, end_user) = self.end_user;
        fields.put(name, end_user)?;
        for (name, value) in &settings.members {
            fields.put(name, Some(value))?;
        }
        if self.stream {
            fields.put("stream", Some(true))?;
            fields.put("stream_options", self.without_padding.then(without_padding))?;
        }
        let Fields { mut map, over, settings } = fields;
        over.iter()
            .filter(|(name, _)| settings.writes(name))
            .try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

struct Fields<'a, M> {
    map: M,
    over: &'a BTreeMap<String, Value>,
    settings: &'a Settings<'a>,
}

impl<M: SerializeMap> Fields<'_, M> {
    /// Writes a member that is there and is not written over.
    fn put<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.over.contains_key(name) && self.settings.writes(name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }
}
