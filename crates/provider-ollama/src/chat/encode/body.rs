//! The body, member by member.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::message::WireMessage;
use super::tools::WireTool;
use crate::options::OllamaOptions;

pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Vec<WireMessage<'a>>,
    pub(super) tools: Vec<WireTool<'a>>,
    pub(super) format: Option<Cow<'a, Value>>,
    pub(super) stream: bool,
    pub(super) truncate: Option<bool>,
    /// The object `options`, with those of `extra` in it.
    pub(super) runner: Map<String, Value>,
    pub(super) options: &'a OllamaOptions,
    /// Over all the others.
    pub(super) extra: &'a BTreeMap<String, Value>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut member = Member { map: &mut map, over: self.extra };
        member.write("model", Some(self.model))?;
        member.write("messages", Some(&self.messages))?;
        member.write("tools", Some(&self.tools).filter(|tools| !tools.is_empty()))?;
        member.write("format", self.format.as_ref())?;
        member.write("stream", Some(self.stream))?;
        member.write("think", self.options.think.as_ref())?;
        member.write("keep_alive", self.options.keep_alive.as_ref())?;
        member.write("truncate", self.truncate)?;
        member.write("shift", self.options.shift)?;
        member.write("logprobs", self.options.logprobs)?;
        member.write("top_logprobs", self.options.top_logprobs)?;
        let merged = matches!(self.extra.get("options"), None | Some(Value::Object(_)));
        if merged && !self.runner.is_empty() {
            map.serialize_entry("options", &self.runner)?;
        }
        for (name, value) in self.extra.iter().filter(|(name, _)| !merged || *name != "options") {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Writes members that are there and that nothing goes over.
struct Member<'m, M> {
    map: &'m mut M,
    over: &'m BTreeMap<String, Value>,
}

impl<M: SerializeMap> Member<'_, M> {
    fn write(&mut self, name: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        let Some(value) = value.filter(|_| !self.over.contains_key(name)) else { return Ok(()) };
        self.map.serialize_entry(name, &value)
    }
}
