//! A conversation as a file.

use std::fmt::Write as _;
use std::path::Path;

use ai::Message;
use ai::conversations::{Status, StoredMessage};

use crate::failure::Failure;

/// As JSON with everything that is known where the name ends so, otherwise as Markdown to read.
pub(crate) fn save(file: &Path, messages: &[StoredMessage]) -> Result<(), Failure> {
    let is_json = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let text = match is_json {
        true => serde_json::to_string_pretty(messages).map_err(std::io::Error::from)? + "\n",
        false => markdown(messages),
    };
    std::fs::write(file, text)
        .map_err(|error| Failure::Input(format!("`{}` can't be written: {error}", file.display())))
}

pub(crate) fn markdown(messages: &[StoredMessage]) -> String {
    let mut text = String::new();
    for stored in messages {
        let (who, said) = match &stored.message {
            Message::User(parts) => {
                ("You", parts.iter().filter_map(|part| part.as_text()).collect::<Vec<_>>())
            }
            Message::Assistant(parts) => ("Answer", parts.iter().filter_map(|part| part.as_text()).collect()),
            Message::System(parts) => ("Instructions", parts.iter().map(|part| part.text.as_str()).collect()),
            Message::Tool(_) => continue,
        };
        let state = match stored.status {
            Status::Cancelled | Status::Failed(ai::ErrorKind::Cancelled) => " (stopped)",
            Status::Failed(_) => " (failed)",
            Status::Interrupted => " (broken off)",
            _ => "",
        };
        // Writing to a text can't fail.
        let _ = write!(text, "## {who}{state}\n\n{}\n\n", said.join("\n\n"));
    }
    text
}
