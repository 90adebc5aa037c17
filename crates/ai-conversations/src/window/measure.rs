//! How much room messages take.

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, Error, ErrorKind, Message, RawJson, ResponseFormat, Result,
    TokenCounter, Tool, ToolResultPart, UserPart,
};

use super::{Counted, CountedBy};

/// What vendors add around a message, roughly.
const FRAME: u64 = 4;
/// What an image, sound or file takes, whatever its size.
const MEDIA: u64 = 1_000;
const BYTES_OF_A_TOKEN: u64 = 3;

/// Who counts.
#[derive(Clone, Default)]
pub(crate) enum Measure {
    /// The vendor of the model that is asked; who makes the request has to say how.
    #[default]
    Vendor,
    Counter(Arc<dyn TokenCounter>),
    Tokenizer(Arc<dyn Fn(&str) -> usize + Send + Sync>),
    Estimate,
}

impl Measure {
    /// Counts what can be counted here: by the tokenizer if there is one, otherwise as an estimate.
    pub(crate) fn scale(&self) -> Scale<'_> {
        let tokenizer = match self {
            Self::Tokenizer(tokenizer) => Some(&**tokenizer),
            _ => None,
        };
        Scale { tokenizer, guessed: false }
    }

    /// The tokens of a whole request, of which `here` were counted by [`scale`](Self::scale).
    pub(crate) async fn count(
        &self,
        ctx: &Context,
        request: impl FnOnce() -> ChatRequest,
        here: Counted,
    ) -> Result<Counted> {
        match self {
            Self::Tokenizer(_) | Self::Estimate => Ok(here),
            Self::Counter(counter) => {
                let count = counter.count(ctx, Arc::new(request())).await?;
                let by = if count.exact { CountedBy::Vendor } else { CountedBy::Estimate };
                Ok(Counted { tokens: count.tokens, by })
            }
            Self::Vendor => {
                let message = "the window limits tokens, but nothing counts them: give it a counter, a tokenizer, or \
                               allow estimates";
                Err(Error::new(ErrorKind::Configuration, message).with_possibly_billed(false))
            }
        }
    }
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor => f.write_str("Vendor"),
            Self::Counter(counter) => f.debug_tuple("Counter").field(counter).finish(),
            Self::Tokenizer(_) => f.write_str("Tokenizer"),
            Self::Estimate => f.write_str("Estimate"),
        }
    }
}

/// Weighs messages without asking anybody.
pub(crate) struct Scale<'a> {
    tokenizer: Option<&'a (dyn Fn(&str) -> usize + Send + Sync)>,
    /// Something was weighed that the tokenizer can't know.
    guessed: bool,
}

impl Scale<'_> {
    /// A weight by this scale.
    pub(crate) fn counted(&self, tokens: u64) -> Counted {
        let real = self.tokenizer.is_some() && !self.guessed;
        Counted { tokens, by: if real { CountedBy::Tokenizer } else { CountedBy::Estimate } }
    }

    pub(crate) fn message(&mut self, message: &Message) -> u64 {
        let parts: u64 = match message {
            Message::System(parts) => parts.iter().map(|part| self.text(&part.text)).sum(),
            Message::User(parts) => parts.iter().map(|part| self.user(part)).sum(),
            Message::Assistant(parts) => parts.iter().map(|part| self.assistant(part)).sum(),
            Message::Tool(results) => {
                let parts = results.iter().flat_map(|result| &result.content);
                parts.map(|part| self.result(part)).sum::<u64>() + FRAME * count(results.len())
            }
        };
        parts + FRAME
    }

    /// What a request has besides its messages.
    pub(crate) fn rest(&mut self, request: &ChatRequest) -> u64 {
        let tools: u64 = request
            .tools
            .iter()
            .map(|tool| match tool {
                Tool::Function(tool) => {
                    let description = tool.description.as_deref().unwrap_or_default();
                    self.text(&tool.name)
                        + self.text(description)
                        + self.text(&tool.parameters.to_string())
                        + FRAME
                }
                // What it makes of the input is the vendor's secret.
                Tool::Provider(tool) => self.guess(tool.value.to_string().len()),
                _ => self.media(),
            })
            .sum();
        let form = match &request.format {
            Some(ResponseFormat::JsonSchema(form)) => self.text(&form.schema.to_string()),
            _ => 0,
        };
        tools + form
    }

    fn text(&self, text: &str) -> u64 {
        match self.tokenizer {
            Some(count_of) => count(count_of(text)),
            None => count(text.len()).div_ceil(BYTES_OF_A_TOKEN),
        }
    }

    fn json(&self, json: Option<&RawJson>) -> u64 {
        json.map_or(0, |json| self.text(json.as_str()))
    }

    fn guess(&mut self, bytes: usize) -> u64 {
        self.guessed = true;
        count(bytes).div_ceil(BYTES_OF_A_TOKEN)
    }

    fn media(&mut self) -> u64 {
        self.guessed = true;
        MEDIA
    }

    fn user(&mut self, part: &UserPart) -> u64 {
        match part {
            UserPart::Text(part) => self.text(&part.text),
            UserPart::Unknown(value) => self.guess(value.to_string().len()),
            _ => self.media(),
        }
    }

    fn assistant(&mut self, part: &AssistantPart) -> u64 {
        match part {
            AssistantPart::Text(part) => self.text(&part.text),
            AssistantPart::Reasoning(part) => self.text(&part.text),
            AssistantPart::Refusal(part) => self.text(&part.text),
            AssistantPart::ToolCall(call) => self.text(&call.name) + self.text(&call.arguments) + FRAME,
            AssistantPart::ProviderCall(call) => self.text(&call.name) + self.json(call.input.as_ref()),
            AssistantPart::ProviderResult(result) => self.json(result.output.as_ref()),
            AssistantPart::Native(state) => self.guess(state.data.as_str().len()),
            AssistantPart::Unknown(value) => self.guess(value.to_string().len()),
            _ => self.media(),
        }
    }

    fn result(&mut self, part: &ToolResultPart) -> u64 {
        match part {
            ToolResultPart::Text(part) => self.text(&part.text),
            ToolResultPart::Json { value } => self.text(&value.to_string()),
            ToolResultPart::Unknown(value) => self.guess(value.to_string().len()),
            _ => self.media(),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
