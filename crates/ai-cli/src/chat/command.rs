//! Lines that begin with a slash.

use std::path::PathBuf;

pub(super) const HELP: &str = "\
/model [NAME]    say or change the model; the conversation goes on
/system [TEXT]   other instructions, or none
/save FILE       the conversation as Markdown, or as JSON where FILE ends in .json
/new             forget what was said
/help            this list
/quit            end; so does Ctrl-D
A line that ends in \\ goes on in the next one. A line that begins with // is asked with one slash.";

const NAMES: [&str; 6] = ["model", "system", "save", "new", "help", "quit"];

#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Help,
    Model(Option<String>),
    System(Option<String>),
    Save(PathBuf),
    New,
    Quit,
}

impl Command {
    /// The command of a line, or what is wrong with it; nothing for a line that is a question.
    pub(super) fn parse(line: &str) -> Option<Result<Self, String>> {
        let line = line.trim();
        let rest = line.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
        let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
        Some(match (name, argument) {
            ("help", _) => Ok(Self::Help),
            ("model", name) => Ok(Self::Model(name.map(str::to_owned))),
            ("system", text) => Ok(Self::System(text.map(str::to_owned))),
            ("save", Some(file)) => Ok(Self::Save(file.into())),
            ("save", None) => Err("say where: /save FILE".into()),
            ("new", _) => Ok(Self::New),
            ("quit" | "exit", _) => Ok(Self::Quit),
            (name, _) => Err(unknown(name)),
        })
    }
}

/// What a line that is no command asks; `//` stands for a slash at its beginning.
pub(super) fn question(line: &str) -> &str {
    line.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(line)
}

fn unknown(name: &str) -> String {
    let near = NAMES
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    let hint = near.map_or_else(String::new, |(_, known)| format!("; is /{known} meant?"));
    format!("there is no command /{name}{hint} (/help lists them)")
}
