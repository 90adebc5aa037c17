//! Messages as turns of the user and of the model.

use laravel_ai_core::{Message, Result, UserPart, WarningKind};
use serde::Serialize;

use super::part::Part;
use super::results::Turn;
use super::{Encoder, invalid};

/// A turn.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    pub(super) role: &'static str,
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> Encoder<'a> {
    /// The instructions, and the turns. Instructions stand apart from the turns, so all are at the beginning.
    pub(super) fn contents(&mut self, messages: &'a [Message]) -> Result<(Vec<Part<'a>>, Vec<Content<'a>>)> {
        let mut instructions = Vec::new();
        let mut contents: Vec<Content<'a>> = Vec::with_capacity(messages.len());
        let mut moved = false;
        let mut at = 0;
        while let Some(message) = messages.get(at) {
            let (role, parts) = match message {
                Message::System(parts) => {
                    moved |= !contents.is_empty();
                    for part in parts.iter().filter(|part| !part.text.is_empty()) {
                        self.size += part.text.len() + 64;
                        instructions.push(Part::text(&part.text));
                    }
                    at += 1;
                    continue;
                }
                Message::User(parts) => ("user", self.user(parts)?),
                Message::Assistant(parts) => ("model", self.said(parts)?),
                Message::Tool(_) => {
                    let turn = Turn::before(messages.get(..at).unwrap_or_default());
                    let mut results = Vec::new();
                    // Google wants all results of a turn in one, however many messages they are.
                    while let Some(Message::Tool(more)) = messages.get(at) {
                        results.extend(more);
                        at += 1;
                    }
                    at -= 1;
                    ("user", self.results(&turn, results)?)
                }
            };
            at += 1;
            // A turn without parts is refused, and says nothing.
            if !parts.is_empty() {
                contents.push(Content { role, parts });
            }
        }
        if moved {
            let message =
                "Gemini has instructions before the first turn only, so later ones were moved there";
            self.warn(WarningKind::OptionChanged, "messages", message)?;
        }
        if contents.is_empty() {
            return Err(invalid("Gemini answers no instructions alone: add a message of the user"));
        }
        if !self.family.takes_instructions && !instructions.is_empty() {
            let message = format!(
                "`{}` takes no instructions, so they were sent as a message of the user",
                self.target
            );
            self.warn(WarningKind::OptionChanged, "messages", message)?;
            contents.insert(0, Content { role: "user", parts: std::mem::take(&mut instructions) });
        }
        Ok((instructions, contents))
    }

    fn user(&mut self, parts: &'a [UserPart]) -> Result<Vec<Part<'a>>> {
        let mut wire = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                UserPart::Text(text) if text.text.is_empty() => {}
                UserPart::Text(text) => {
                    self.size += text.text.len() + 64;
                    wire.push(Part::text(&text.text));
                }
                UserPart::Image(media) | UserPart::Audio(media) | UserPart::File(media) => {
                    wire.push(self.shown(media)?);
                }
                _ => self.dropped("unknown part")?,
            }
        }
        Ok(wire)
    }
}
