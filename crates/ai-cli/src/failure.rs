//! Exit codes, and errors for people and programs.

use std::io;
use std::process::ExitCode;

use ai::openai_compatible::OpenAiError;
use ai::{Error, ErrorKind};

use crate::output;

pub(crate) const EXIT_CODES: &str =
    "Exit codes: 0 ok, 1 general, 2 configuration, 3 authentication, 4 network, 5 validation";

/// The exit code for what can't be used as it was given.
pub(crate) const INVALID: u8 = 5;

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
        if json {
            let error = serde_json::json!({
                "kind": kind,
                "message": message,
                "provider_says": said,
                "exit_code": code,
            });
            output::complain(serde_json::json!({ "error": error }));
        } else {
            output::complain(format_args!("ai: {message}"));
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
    /// one who reads is the one who asked. Only of a refusal by status: out of its body the key was struck before anything
    /// read it, while an error inside a 200 comes as the provider wrote it.
    fn provider_says(&self) -> Option<String> {
        let Self::Library(error) = self else { return None };
        error.status().filter(|status| *status >= 300)?;
        let said = &error.vendor::<OpenAiError>()?.message;
        // Control characters of a server have no business on a terminal.
        (!said.is_empty()).then(|| said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    }

    fn code(&self) -> (u8, &'static str) {
        match self {
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
