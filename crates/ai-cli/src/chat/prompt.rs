//! Lines from a terminal, with editing and history, or from a pipe.

use std::io::{self, BufRead, IsTerminal, StdinLock};
use std::path::{Path, PathBuf};

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use crate::failure::Failure;
use crate::output;

/// The most lines of history that are kept.
const KEPT: usize = 1_000;

pub(super) enum Input {
    Line(String),
    End,
}

pub(super) enum Prompt {
    Typed { editor: Box<DefaultEditor>, history: Option<PathBuf> },
    Piped(StdinLock<'static>),
}

impl Prompt {
    /// `history` is the file to keep lines in, the usual one if it is not named, or nothing to keep none.
    pub(super) fn open(history: Option<Option<&Path>>) -> Self {
        let piped = || Self::Piped(io::stdin().lock());
        if !io::stdin().is_terminal() {
            return piped();
        }
        let config = Config::builder().auto_add_history(true).history_ignore_space(true);
        let Ok(mut editor) =
            config.max_history_size(KEPT).and_then(|config| DefaultEditor::with_config(config.build()))
        else {
            return piped();
        };
        let history = history.and_then(|named| named.map(Path::to_owned).or_else(usual_file));
        if let Some(file) = &history {
            // There is none at the first time.
            let _ = editor.load_history(file);
        }
        Self::Typed { editor: Box::new(editor), history }
    }

    pub(super) fn is_typed(&self) -> bool {
        matches!(self, Self::Typed { .. })
    }

    /// The next line; one that ends in a backslash goes on in the next.
    pub(super) fn read(&mut self) -> Result<Input, Failure> {
        let mut whole = String::new();
        loop {
            let Input::Line(line) = self.line(if whole.is_empty() { "> " } else { "… " })? else {
                return Ok(if whole.is_empty() { Input::End } else { Input::Line(whole) });
            };
            match line.strip_suffix('\\') {
                Some(line) => whole = whole + line + "\n",
                None => return Ok(Input::Line(whole + &line)),
            }
        }
    }

    fn line(&mut self, prompt: &str) -> Result<Input, Failure> {
        match self {
            Self::Piped(stdin) => {
                let mut line = String::new();
                match stdin.read_line(&mut line)? {
                    0 => Ok(Input::End),
                    _ => Ok(Input::Line(line.trim_end_matches(['\n', '\r']).to_owned())),
                }
            }
            Self::Typed { editor, history } => match editor.readline(prompt) {
                Ok(line) => {
                    if let Some(file) = history {
                        keep(editor, file);
                    }
                    Ok(Input::Line(line))
                }
                // Ctrl-C takes the line back.
                Err(ReadlineError::Interrupted) => Ok(Input::Line(String::new())),
                Err(ReadlineError::Eof) => Ok(Input::End),
                Err(ReadlineError::Io(error)) => Err(error.into()),
                Err(error) => Err(io::Error::other(error).into()),
            },
        }
    }
}

/// Written after each line, so that nothing is lost when the terminal is closed. The file is for its owner alone, which
/// the editor sees to.
fn keep(editor: &mut DefaultEditor, file: &Path) {
    let kept = file
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .map_err(ReadlineError::from)
        .and_then(|()| editor.append_history(file));
    if let Err(error) = kept {
        output::complain(format_args!("ai: the history is not kept in {}: {error}", file.display()));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a terminal keeps its lines is no setting of the library"
)]
fn usual_file() -> Option<PathBuf> {
    let folder = state_folder(|name| std::env::var_os(name).map(PathBuf::from), std::env::home_dir())?;
    Some(folder.join("ai").join("history"))
}

/// Where programs keep what is no document of the user: `XDG_STATE_HOME`, or what the XDG Base Directory Specification says
/// without it; on Windows the local application data.
fn state_folder(variable: impl Fn(&str) -> Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let named = variable("XDG_STATE_HOME").filter(|folder| folder.is_absolute());
    let local = || variable("LOCALAPPDATA").filter(|_| cfg!(windows));
    named.or_else(local).or_else(|| Some(home?.join(".local").join("state")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_where_the_system_wants_state() {
        let home = || Some(std::env::temp_dir().join("home"));
        let named = std::env::temp_dir().join("state");
        let usual = home().unwrap_or_default().join(".local").join("state");
        let set = |value: PathBuf| move |name: &str| (name == "XDG_STATE_HOME").then(|| value.clone());
        assert_eq!(state_folder(set(named.clone()), home()), Some(named.clone()));
        assert_eq!(state_folder(set("relative".into()), home()), Some(usual.clone()), "as the rules say");
        assert_eq!(state_folder(|_| None, home()), Some(usual.clone()));
        assert_eq!(state_folder(|_| None, None), None, "nowhere is better than anywhere");
        let local = state_folder(|name| (name == "LOCALAPPDATA").then(|| named.clone()), home());
        assert_eq!(local, Some(if cfg!(windows) { named } else { usual }));
    }
}
