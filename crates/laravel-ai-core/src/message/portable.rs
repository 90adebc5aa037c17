//! What has to stay behind when a conversation moves to another target.

use crate::{AssistantPart, Message, Target, Warning, WarningKind};

impl Message {
    /// Whether the message can go to `target` as it is: it holds no state that `target` would not understand.
    pub fn is_portable_to(&self, target: &Target) -> bool {
        let Self::Assistant(parts) = self else { return true };
        parts.iter().all(|part| part.opaque().is_none_or(|opaque| target.accepts_state_of(&opaque.target)))
    }

    /// Drops the state that `target` would not understand, and says what was dropped. Text, media, tool calls
    /// and results stay; a part that is nothing but foreign state goes, which may leave the message without parts.
    pub fn make_portable_to(&mut self, target: &Target) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let Self::Assistant(parts) = self else { return warnings };
        parts.retain_mut(|part| {
            let Some(origin) = part.opaque().map(|opaque| opaque.target.clone()) else { return true };
            if target.accepts_state_of(&origin) {
                return true;
            }
            warnings.push(Warning::new(
                WarningKind::StateDropped,
                kind(part),
                format!("state made by {origin} was not sent to {target}"),
            ));
            match part.opaque_mut() {
                Some(opaque) => *opaque = None,
                None => return false,
            }
            // Hidden reasoning and the empty text that carries a signature are nothing but state.
            match part {
                AssistantPart::Reasoning(reasoning) => !reasoning.text.is_empty(),
                AssistantPart::Text(text) => !text.text.is_empty(),
                _ => true,
            }
        });
        warnings
    }
}

fn kind(part: &AssistantPart) -> &'static str {
    match part {
        AssistantPart::Text(_) => "text",
        AssistantPart::Reasoning(_) => "reasoning",
        AssistantPart::ToolCall(_) => "tool call",
        AssistantPart::ProviderCall(_) => "provider call",
        AssistantPart::ProviderResult(_) => "provider result",
        AssistantPart::Media(_) => "media",
        AssistantPart::Refusal(_) => "refusal",
        AssistantPart::Native(_) => "provider item",
        AssistantPart::Unknown(_) => "unknown part",
    }
}
