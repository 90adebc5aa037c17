//! The texts of requests and answers.

use laravel_ai_core::{
    AssistantPart, ChatRequest, EmbeddingRequest, Error, Message, Partial, RawJson, ToolResultPart, UserPart,
};

use super::Redactor;

/// Something with texts in it.
pub(crate) trait Redacts {
    /// Takes out what is found. Whether there was anything.
    fn clean(&mut self, redactor: &Redactor) -> bool;
}

impl Redactor {
    /// An error whose delivered part is clean.
    pub(super) fn error(&self, error: Error) -> Error {
        let Some(partial) = error.partial() else { return error };
        let mut content = partial.content.clone();
        if !content.clean(self) {
            return error;
        }
        let partial = Partial::new(content).with_usage(partial.usage.clone());
        error.with_partial(partial)
    }
}

impl Redacts for ChatRequest {
    fn clean(&mut self, redactor: &Redactor) -> bool {
        let raw = match &self.raw {
            Some(raw) => {
                let mut text = raw.as_str().to_owned();
                let found = redactor.json(&mut text);
                if let Some(clean) = found.then(|| RawJson::parse(text).ok()).flatten() {
                    self.raw = Some(clean);
                }
                found
            }
            None => false,
        };
        let user = self.end_user.as_mut().is_some_and(|user| redactor.string(user));
        let body =
            self.extra_body.values_mut().fold(raw | user, |found, value| redactor.value(value) | found);
        self.messages.iter_mut().fold(body, |found, message| message.clean(redactor) | found)
    }
}

impl Redacts for EmbeddingRequest {
    fn clean(&mut self, redactor: &Redactor) -> bool {
        self.inputs.iter_mut().fold(false, |found, input| match input {
            laravel_ai_core::EmbeddingInput::Text(text) => redactor.string(text) | found,
            _ => found,
        })
    }
}

impl Redacts for Message {
    fn clean(&mut self, redactor: &Redactor) -> bool {
        match self {
            Self::System(parts) => {
                parts.iter_mut().fold(false, |found, part| redactor.string(&mut part.text) | found)
            }
            Self::User(parts) => parts.iter_mut().fold(false, |found, part| match part {
                UserPart::Text(text) => redactor.string(&mut text.text) | found,
                UserPart::Unknown(value) => redactor.value(value) | found,
                _ => found,
            }),
            Self::Assistant(parts) => parts.clean(redactor),
            Self::Tool(results) => results.iter_mut().flat_map(|result| &mut result.content).fold(
                false,
                |found, part| match part {
                    ToolResultPart::Text(text) => redactor.string(&mut text.text) | found,
                    ToolResultPart::Json { value } | ToolResultPart::Unknown(value) => {
                        redactor.value(value) | found
                    }
                    _ => found,
                },
            ),
        }
    }
}

impl Redacts for Vec<AssistantPart> {
    fn clean(&mut self, redactor: &Redactor) -> bool {
        self.iter_mut().fold(false, |found, part| part.clean(redactor) | found)
    }
}

impl Redacts for AssistantPart {
    fn clean(&mut self, redactor: &Redactor) -> bool {
        match self {
            Self::Text(part) => redactor.string(&mut part.text),
            // A vendor refuses its own reasoning when it was changed.
            Self::Reasoning(part) if part.opaque.is_none() => redactor.string(&mut part.text),
            Self::Refusal(part) => redactor.string(&mut part.text),
            Self::ToolCall(part) => redactor.json(&mut part.arguments),
            Self::Unknown(value) => redactor.value(value),
            _ => false,
        }
    }
}
