//! How the answer is generated.

use laravel_ai_core::{ChatRequest, ResponseFormat, Result, Tool, WarningKind};
use serde_json::{Map, Value, json};

use super::{Encoder, invalid};

/// The member `generationConfig`.
pub(super) struct GenerationConfig<'a> {
    members: Map<String, Value>,
    stop: &'a [String],
}

impl GenerationConfig<'_> {
    pub(super) fn members(&self) -> Map<String, Value> {
        let mut members = self.members.clone();
        if !self.stop.is_empty() {
            members.insert("stopSequences".into(), self.stop.into());
        }
        members
    }
}

/// Gemini takes no more stop texts.
const MOST_STOP_TEXTS: usize = 5;

impl<'a> Encoder<'a> {
    pub(super) fn config(&mut self, request: &'a ChatRequest) -> Result<GenerationConfig<'a>> {
        let options = self.options;
        if request.stop.len() > MOST_STOP_TEXTS {
            return Err(invalid(format!(
                "{} stop texts are given, Gemini takes {MOST_STOP_TEXTS}",
                request.stop.len()
            )));
        }
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        let sampling = [
            ("temperature", "temperature", request.temperature.map(Value::from)),
            ("topP", "top_p", request.top_p.map(Value::from)),
            ("topK", "top_k", request.top_k.map(Value::from)),
        ];
        for (name, option, value) in sampling {
            if value.is_some() && !self.family.takes_sampling {
                self.refused(option)?;
            } else {
                put(name, value);
            }
        }
        put("maxOutputTokens", request.max_output_tokens.map(Value::from));
        put("seed", request.seed.map(Value::from));
        put("presencePenalty", request.presence_penalty.map(Value::from));
        put("frequencyPenalty", request.frequency_penalty.map(Value::from));
        let logprobs = options.logprobs.or(options.top_logprobs.map(|_| true));
        put("responseLogprobs", logprobs.map(Value::from));
        put("logprobs", options.top_logprobs.filter(|_| logprobs == Some(true)).map(Value::from));
        let modalities = &options.response_modalities;
        put("responseModalities", (!modalities.is_empty()).then(|| json!(modalities)));
        put("mediaResolution", options.media_resolution.as_deref().map(|word| resolution(word).into()));
        put("imageConfig", options.image_config.clone());
        put("speechConfig", options.speech_config.clone());
        put("thinkingConfig", self.thinking(request.reasoning.as_ref())?);
        for (name, value) in self.format(request)? {
            put(name, Some(value));
        }
        Ok(GenerationConfig { members, stop: &request.stop })
    }

    fn format(&mut self, request: &ChatRequest) -> Result<Vec<(&'static str, Value)>> {
        const TYPE: &str = "responseMimeType";
        let members = match &request.format {
            None | Some(ResponseFormat::Text) => return Ok(Vec::new()),
            Some(ResponseFormat::Json) => vec![(TYPE, json!("application/json"))],
            Some(ResponseFormat::JsonSchema(format)) => {
                self.size += 1024;
                let mut schema = self.schema(&format.schema, format.strict, "format")?;
                if let (Some(description), Some(root)) = (&format.description, schema.as_object_mut()) {
                    root.entry("description").or_insert_with(|| description.as_str().into());
                }
                let name = if self.options.legacy_schemas { "responseSchema" } else { "responseJsonSchema" };
                vec![(TYPE, json!("application/json")), (name, schema)]
            }
            // The vocabulary may grow; an answer in another form than asked for would be of no use.
            Some(_) => return Err(self.unsupported("does not know this form of answer")),
        };
        let functions = request.tools.iter().any(|tool| matches!(tool, Tool::Function(_)));
        if functions && !self.family.is_third_generation {
            let message = format!("`{}` refuses functions together with an answer as JSON", self.target);
            self.warn(WarningKind::Other, "format", message)?;
        }
        Ok(members)
    }
}

/// Google's word for how closely to look.
pub(super) fn resolution(word: &str) -> String {
    let word = word.to_ascii_uppercase();
    if word.starts_with("MEDIA_RESOLUTION_") { word } else { format!("MEDIA_RESOLUTION_{word}") }
}
