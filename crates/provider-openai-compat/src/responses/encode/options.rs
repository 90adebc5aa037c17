//! Reasoning, the form of the answer, and what it shall contain.

use laravel_ai_core::{ChatRequest, ReasoningOptions, ResponseFormat, Result, Tool, WarningKind};
use serde_json::{Map, Value, json};

use super::Encoder;
use crate::dialect::Parameter;
use crate::encode::Subject;

impl<'a> Encoder<'a> {
    /// Tells of what Responses have no field for.
    pub(super) fn without_fields(&mut self, request: &ChatRequest) -> Result<()> {
        for (name, asked) in [
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

    fn reasons(&self) -> bool {
        !self.dialect.unsupported.contains(Parameter::Reasoning)
    }

    pub(super) fn effort(&mut self, asked: Option<&'a ReasoningOptions>) -> Result<Option<&'a str>> {
        let Some(asked) = asked else { return Ok(None) };
        if asked.budget_tokens.is_some() {
            let message = "only an effort can be sent, so it was left out";
            self.warn(WarningKind::OptionDropped, "reasoning.budget_tokens", message)?;
        }
        if asked.summary.is_some() && !self.reasons() {
            self.refused("reasoning.summary")?;
        }
        match asked.effort.as_ref().map(|effort| effort.as_str()) {
            Some(effort) if !self.reasons() || !self.dialect.takes_effort(effort) => {
                self.refused("reasoning.effort")?;
                Ok(None)
            }
            effort => Ok(effort),
        }
    }

    pub(super) fn reasoning(&self, effort: Option<&str>, asked: Option<&ReasoningOptions>) -> Option<Value> {
        let summary = asked.and_then(|asked| asked.summary).filter(|_| self.reasons());
        let mut members = Map::new();
        members.extend(effort.map(|effort| ("effort".to_owned(), Value::from(effort))));
        members.extend(summary.map(|summary| ("summary".to_owned(), json!(summary))));
        members
            .extend(self.settings.reasoning.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        (!members.is_empty()).then_some(Value::Object(members))
    }

    pub(super) fn text(&mut self, format: Option<&ResponseFormat>) -> Result<Option<Value>> {
        let lacks = |parameter| self.dialect.unsupported.contains(parameter);
        let format = match format {
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
                self.size += 1024;
                let mut inner = Map::new();
                inner.insert("type".into(), "json_schema".into());
                inner.insert("name".into(), schema.name.as_str().into());
                inner.extend(schema.description.as_deref().map(|text| ("description".into(), text.into())));
                let (schema, strict) =
                    self.schema(Subject::Format, &schema.schema, schema.strict, schema.strict.into())?;
                inner.extend(strict.map(|strict| ("strict".into(), strict.into())));
                inner.insert("schema".into(), schema.into_owned());
                Some(Value::Object(inner))
            }
            // The vocabulary may grow; an answer in another form than asked for would be of no use.
            Some(_) => return Err(self.unsupported("does not know this form of answer")),
        };
        let mut members = Map::new();
        members.extend(format.map(|format| ("format".to_owned(), format)));
        members.extend(self.settings.text.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Ok((!members.is_empty()).then_some(Value::Object(members)))
    }

    /// What the answer shall contain besides: what the caller says, or what is needed to lose nothing.
    pub(super) fn include(&self, request: &ChatRequest, logprobs: bool) -> Vec<&'a str> {
        let form = &self.dialect.responses;
        let mut include: Vec<&str> = match self.settings.include {
            Some(asked) => asked.iter().map(String::as_str).collect(),
            None => {
                let encrypted =
                    (self.reasons() && !self.settings.store).then_some("reasoning.encrypted_content");
                let results = form.results.iter().filter(|(kind, _)| {
                    request.tools.iter().any(|tool| match tool {
                        Tool::Provider(tool) => {
                            tool.driver == self.dialect.driver
                                && tool.value.get("type").is_some_and(|has| has == kind)
                        }
                        _ => false,
                    })
                });
                encrypted.into_iter().chain(results.map(|(_, name)| *name)).collect()
            }
        };
        include.extend(form.likelihoods.filter(|name| logprobs && !include.contains(name)));
        include
    }
}
