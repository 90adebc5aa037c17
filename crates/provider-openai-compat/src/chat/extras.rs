//! What an answer holds beside its parts: kept by the server's names, or kept to be sent back.

use std::collections::BTreeMap;

use laravel_ai_core::{AssistantPart, Opaque, RawJson, Target, Warning, WarningKind};
use provider_http::wire::{Members, Raw, parse, wire};
use serde_json::value::RawValue;

use super::wire::Answer;
use crate::dialect::Dialect;

#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Members of answer and choice.
    metadata: BTreeMap<String, RawJson>,
    /// Members of the message that the server wants back.
    echoed: BTreeMap<String, String>,
    /// Members of the message that nobody knows.
    unknown: BTreeMap<String, String>,
    logprobs: [Option<String>; 2],
}

wire! {
    struct Logprobs<'a> {
        content: Raw<'a> = "content",
        refusal: Raw<'a> = "refusal",
    } ignoring ""
}

impl Extras {
    /// Takes what the answer says of itself. A later chunk's word replaces an earlier one's.
    pub(super) fn of_answer(&mut self, answer: &Answer<'_>) {
        if let Some(fingerprint) = answer.system_fingerprint {
            self.note("system_fingerprint", fingerprint);
        }
        self.notes(&answer.other);
    }

    pub(super) fn notes(&mut self, members: &Members<'_>) {
        members.iter().for_each(|(key, value)| self.note(key.as_str(), value));
    }

    fn note(&mut self, key: &str, value: &RawValue) {
        match self.metadata.get_mut(key) {
            Some(known) if known.as_str() == value.get() => {}
            Some(known) => *known = RawJson::from(value),
            None => _ = self.metadata.insert(key.to_owned(), RawJson::from(value)),
        }
    }

    /// Takes members of the message that have no field; a warning for each that is new and unknown.
    pub(super) fn of_message(
        &mut self,
        dialect: &Dialect,
        members: &Members<'_>,
        mut warn: impl FnMut(Warning),
    ) {
        for (key, value) in members {
            let (key, value) = (key.as_str(), value.get());
            if matches!(value, "\"\"" | "[]" | "{}") {
                continue;
            }
            let echoed = dialect.echoed.contains(&key);
            let known = if echoed { &mut self.echoed } else { &mut self.unknown };
            if !echoed && !known.contains_key(key) {
                let message = "this version does not know it; it is in the metadata of the answer";
                warn(Warning::new(WarningKind::UnknownPart, key, message));
            }
            match known.get_mut(key) {
                Some(sofar) => join(sofar, value),
                None => _ = known.insert(key.to_owned(), value.to_owned()),
            }
        }
    }

    pub(super) fn logprobs(&mut self, raw: &RawValue) {
        let Logprobs { content, refusal, .. } = parse(raw.get()).unwrap_or_default();
        if content.is_none() && refusal.is_none() {
            return self.note("logprobs", raw);
        }
        for (sofar, new) in self.logprobs.iter_mut().zip([content, refusal]) {
            match (sofar, new) {
                (Some(sofar), Some(new)) => join(sofar, new.get()),
                (sofar @ None, Some(new)) => *sofar = Some(new.get().to_owned()),
                (_, None) => {}
            }
        }
    }

    /// The texts of the answer's top-level list of cited URLs, as xAI and Perplexity send one.
    pub(super) fn citations(&self) -> Vec<String> {
        let list = self.metadata.get("citations").and_then(|raw| raw.decode::<Vec<serde_json::Value>>().ok());
        list.unwrap_or_default().iter().filter_map(|url| url.as_str().map(str::to_owned)).collect()
    }

    /// The part that holds what the server wants back with the message.
    pub(super) fn native(&mut self, target: &Target) -> Option<AssistantPart> {
        let members = std::mem::take(&mut self.echoed);
        (!members.is_empty()).then_some(())?;
        let data =
            RawJson::parse(object(members.iter().map(|(key, value)| (key.as_str(), value.as_str())))).ok()?;
        Some(AssistantPart::Native(Opaque::new(target.clone(), data)))
    }

    pub(super) fn into_metadata(mut self) -> BTreeMap<String, RawJson> {
        for (key, value) in self.unknown {
            if let Ok(value) = RawJson::parse(value) {
                self.metadata.insert(key, value);
            }
        }
        if self.logprobs.iter().any(Option::is_some) {
            let [content, refusal] = self.logprobs.map(|list| list.unwrap_or_else(|| "null".into()));
            if let Ok(value) =
                RawJson::parse(object([("content", &*content), ("refusal", &refusal)].into_iter()))
            {
                self.metadata.insert("logprobs".into(), value);
            }
        }
        self.metadata
    }
}

/// An opaque state of one member.
pub(super) fn opaque(target: &Target, key: &str, value: &RawValue) -> Option<Opaque> {
    let data = RawJson::parse(object([(key, value.get())].into_iter())).ok()?;
    Some(Opaque::new(target.clone(), data))
}

fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
    for (key, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key).to_string());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

/// Lists grow, anything else is replaced by what came last. The list so far is not copied: it grows with every chunk.
fn join(sofar: &mut String, new: &str) {
    fn elements(list: &str) -> Option<&str> {
        list.strip_prefix('[')?.strip_suffix(']').map(str::trim)
    }
    match (elements(sofar).map(str::is_empty), elements(new)) {
        (Some(_), Some("")) => {}
        (Some(empty), Some(new)) => {
            sofar.truncate(sofar.len() - 1);
            if !empty {
                sofar.push(',');
            }
            sofar.push_str(new);
            sofar.push(']');
        }
        _ => new.clone_into(sofar),
    }
}
