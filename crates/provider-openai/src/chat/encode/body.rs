//! The body, member by member.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::input::Item;
use super::tools::ToolsSection;
use super::{COUNTED, Purpose, without_padding};
use crate::options::OpenAiOptions;

pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) instructions: Option<&'a str>,
    pub(super) input: Vec<Item<'a>>,
    pub(super) previous_response: Option<&'a str>,
    pub(super) conversation: Option<&'a str>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_logprobs: Option<u8>,
    pub(super) reasoning: Option<Value>,
    pub(super) text: Option<Value>,
    pub(super) include: Vec<&'a str>,
    pub(super) tools: ToolsSection<'a>,
    pub(super) cache_retention: Option<&'a str>,
    pub(super) cache_key: Option<&'a str>,
    pub(super) end_user: Option<&'a str>,
    pub(super) store: bool,
    pub(super) options: &'a OpenAiOptions,
    /// Over all the others.
    pub(super) extra: &'a BTreeMap<String, Value>,
    pub(super) purpose: Purpose,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = self.options;
        let mut fields = Fields { map: serializer.serialize_map(None)?, over: self.extra };
        fields.put("model", Some(self.model))?;
        fields.put("instructions", self.instructions)?;
        fields.put("input", Some(&self.input))?;
        fields.put("previous_response_id", self.previous_response)?;
        fields.put("conversation", self.conversation)?;
        fields.put("reasoning", self.reasoning.as_ref())?;
        fields.put("text", self.text.as_ref())?;
        fields.put("tools", Some(&self.tools.tools).filter(|tools| !tools.is_empty()))?;
        fields.put("tool_choice", self.tools.choice.as_ref())?;
        fields.put("parallel_tool_calls", self.tools.parallel)?;
        fields.put("truncation", options.truncation.as_deref())?;
        if self.purpose != Purpose::Count {
            fields.put("max_output_tokens", self.max_output_tokens)?;
            fields.put("temperature", self.temperature)?;
            fields.put("top_p", self.top_p)?;
            fields.put("top_logprobs", self.top_logprobs)?;
            fields.put("include", Some(&self.include).filter(|include| !include.is_empty()))?;
            fields.put("store", Some(self.store))?;
            fields.put("prompt_cache_key", self.cache_key)?;
            fields.put("safety_identifier", self.end_user)?;
            fields.put("service_tier", options.service_tier.as_deref())?;
            fields.put("metadata", Some(&options.metadata).filter(|metadata| !metadata.is_empty()))?;
            fields.put("prompt_cache_options", options.prompt_cache_options.as_ref())?;
            fields.put("prompt_cache_retention", self.cache_retention)?;
            fields.put("moderation", options.moderation.as_ref())?;
            fields.put("background", options.background)?;
            fields.put("prompt", options.prompt.as_ref())?;
            fields.put("max_tool_calls", options.max_tool_calls)?;
            let management = &options.context_management;
            fields.put("context_management", Some(management).filter(|list| !list.is_empty()))?;
        }
        if self.purpose == Purpose::Stream {
            fields.put("stream", Some(true))?;
            fields.put("stream_options", Some(without_padding()))?;
        }
        let Fields { mut map, over } = fields;
        let counts = self.purpose == Purpose::Count;
        over.iter()
            .filter(|(name, _)| !counts || COUNTED.contains(&name.as_str()))
            .try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

struct Fields<'a, M> {
    map: M,
    over: &'a BTreeMap<String, Value>,
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
