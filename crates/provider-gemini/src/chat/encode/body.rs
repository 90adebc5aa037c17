//! The body, member by member.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::config::GenerationConfig;
use super::contents::Content;
use super::part::Part;
use super::tools::ToolsSection;
use crate::options::GeminiOptions;

pub(super) struct Body<'a> {
    /// Where the body is a part of another one.
    pub(super) model: Option<&'a str>,
    pub(super) instructions: Vec<Part<'a>>,
    pub(super) contents: Vec<Content<'a>>,
    pub(super) tools: ToolsSection<'a>,
    pub(super) cached: Option<&'a str>,
    pub(super) config: GenerationConfig<'a>,
    pub(super) options: &'a GeminiOptions,
    /// Over all the others.
    pub(super) extra: &'a BTreeMap<String, Value>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Instructions<'a> {
            parts: &'a [Part<'a>],
        }
        let options = self.options;
        let mut fields = Fields::new(serializer.serialize_map(None)?, Some(self.extra));
        fields.put("model", self.model)?;
        let instructions = Instructions { parts: &self.instructions };
        fields.put("systemInstruction", Some(instructions).filter(|it| !it.parts.is_empty()))?;
        fields.put("contents", Some(&self.contents))?;
        fields.put("tools", Some(&self.tools.tools).filter(|tools| !tools.is_empty()))?;
        fields.merge("toolConfig", self.tools.config())?;
        fields.put("safetySettings", Some(&options.safety_settings).filter(|list| !list.is_empty()))?;
        fields.merge("generationConfig", self.config.members())?;
        fields.put("cachedContent", self.cached)?;
        fields.put("serviceTier", options.service_tier.as_deref())?;
        fields.put("store", options.store)?;
        fields.put("labels", Some(&options.labels).filter(|labels| !labels.is_empty()))?;
        fields.put("continuationToken", options.continuation_token.as_deref())?;
        fields.end()
    }
}

/// Objects of ours that members of the caller are merged into.
const MERGED: [&str; 2] = ["toolConfig", "generationConfig"];

struct Fields<'a, M> {
    map: M,
    over: Option<&'a BTreeMap<String, Value>>,
}

impl<'a, M: SerializeMap> Fields<'a, M> {
    fn new(map: M, over: Option<&'a BTreeMap<String, Value>>) -> Self {
        Self { map, over }
    }

    fn over(&self, name: &str) -> Option<&'a Value> {
        self.over.and_then(|over| over.get(name))
    }

    /// Writes a member that is there and is not written over.
    fn put<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if self.over(name).is_none() => self.map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }

    /// Writes an object, the caller's members over ours.
    fn merge(&mut self, name: &'static str, mut members: Map<String, Value>) -> Result<(), M::Error> {
        match self.over(name) {
            Some(Value::Object(over)) => members.extend(over.clone()),
            Some(other) => return self.map.serialize_entry(name, other),
            None => {}
        }
        if members.is_empty() { Ok(()) } else { self.map.serialize_entry(name, &members) }
    }

    fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in
            self.over.into_iter().flatten().filter(|(name, _)| !MERGED.contains(&name.as_str()))
        {
            self.map.serialize_entry(name, value)?;
        }
        self.map.end()
    }
}
