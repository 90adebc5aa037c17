//! Exit codes, and errors for people and programs.

use std::io;
use std::process::ExitCode;

use ai::gemini::GeminiError;
use ai::ollama::OllamaError;
use ai::openai_compatible::OpenAiError;
use ai::{Error, ErrorKind, InvalidObject};

use crate::output;

pub(crate) const EXIT_CODES: &str = "Exit codes: 0 ok, 1 general, 2 configuration, 3 authentication, 4 network, 5 validation, 6 schema missed";

/// The exit code for what can't be used as it was given.
pub(crate) const INVALID: u8 = 5;

/// The exit code for an answer that does not fit the schema that was asked for.
const MISSED: u8 = 6;

/// Why a command ended without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the library.
    Library(Error),
    /// Reading or writing failed.
    Io(io::Error),
    /// What was given on the command line can't be used.
    Input(String),
}

impl Failure {
    /// Prints the failure on stderr and gives the exit code. A reader that went away, as `head` does, is no failure.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        if self.is_broken_pipe() {
            return ExitCode::SUCCESS;
        }
        let (code, kind) = self.code();
        let message = match &self {
            Self::Library(error) => error.to_string(),
            Self::Io(error) => error.to_string(),
            Self::Input(message) => message.clone(),
        };
        let said = self.provider_says();
        let missed = self.missed().map(InvalidObject::text);
        if json {
            let mut error = serde_json::Map::new();
            error.insert("kind".into(), kind.into());
            error.insert("message".into(), message.into());
            error.insert("provider_says".into(), said.into());
            error.insert("exit_code".into(), code.into());
            error.extend(missed.map(|answer| ("answer".to_owned(), answer.into())));
            output::complain(serde_json::json!({ "error": error }));
        } else {
            output::complain(format_args!("ai: {message}"));
            if let Some(answer) = missed {
                output::complain(format_args!("    the answer was: {}", printable(answer)));
            }
            if let Some(said) = said {
                output::complain(format_args!("    the provider says: {said}"));
            }
            if let Some(hint) = self.hint() {
                output::complain(format_args!("    {hint}"));
            }
        }
        ExitCode::from(code)
    }

    /// Nobody reads any more.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The provider's own words. They may quote the prompt, which is why the library's errors leave them out; here the
    /// one who reads is the one who asked. The key was struck out of them before anything read them.
    fn provider_says(&self) -> Option<String> {
        let Self::Library(error) = self else { return None };
        let openai = error.vendor::<OpenAiError>().map(|said| &said.message);
        let gemini = || error.vendor::<GeminiError>().map(|said| &said.message);
        let ollama = || error.vendor::<OllamaError>().map(|said| &said.message);
        let said = openai.or_else(gemini).or_else(ollama)?;
        (!said.is_empty()).then(|| printable(said))
    }

    /// The answer that does not fit the schema, if this is why.
    fn missed(&self) -> Option<&InvalidObject> {
        match self {
            Self::Library(error) => error.vendor(),
            _ => None,
        }
    }

    fn code(&self) -> (u8, &'static str) {
        match self {
            Self::Library(error) if self.missed().is_some() => (MISSED, error.kind().as_str()),
            Self::Library(error) => (exit_code(error.kind()), error.kind().as_str()),
            Self::Io(_) => (1, "input or output failed"),
            Self::Input(_) => (INVALID, "invalid input"),
        }
    }

    fn hint(&self) -> Option<&'static str> {
        let Self::Library(error) = self else { return None };
        match error.kind() {
            ErrorKind::Authentication => {
                Some("check the key of the connection; `ai doctor` shows which one is used")
            }
            ErrorKind::ModelNotFound => Some("`ai models` lists the models that the key sees"),
            ErrorKind::Configuration => Some("`ai config check` looks at the whole configuration"),
            ErrorKind::Transport | ErrorKind::Timeout => {
                Some("`ai doctor` says which endpoints can be reached")
            }
            _ => None,
        }
    }
}

/// Control characters of a server have no business on a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// The exit code for an error of this kind.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Configuration => 2,
        ErrorKind::Authentication | ErrorKind::Permission => 3,
        ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::StreamInterrupted => 4,
        ErrorKind::InvalidRequest | ErrorKind::ContextTooLong | ErrorKind::Unsupported => INVALID,
        _ => 1,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
