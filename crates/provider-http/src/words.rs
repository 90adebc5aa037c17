//! Errors in the same words for every driver. Public, but hidden, for the drivers of this library; no part of this crate's
//! promise.

use laravel_ai_core::{Error, ErrorKind};
use serde_json::error::Category;

/// `what`, and behind it in parentheses what a vendor names: codes, types, fields. What could be a sentence is left out,
/// since vendors quote prompts and keys.
pub fn with_facts(what: &str, facts: &[(&str, Option<&str>)]) -> String {
    let mut message = what.to_owned();
    let mut separator = " (";
    for (name, value) in facts {
        if let Some(value) = value.filter(|value| is_name(value)) {
            message.push_str(separator);
            message.push_str(name);
            message.push(' ');
            message.push_str(value);
            separator = ", ";
        }
    }
    if separator == ", " {
        message.push(')');
    }
    message
}

/// Whether a value is a name such as `messages[0].content` and can't be a sentence or a secret.
pub fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'[' | b']')
        })
}

/// The error of a stream that ended too early.
pub fn interrupted(message: &'static str) -> Error {
    Error::new(ErrorKind::StreamInterrupted, message)
}

/// Servers answer so with status 200 when the path is that of their user interface, and proxies when they want a login.
pub const WEB_PAGE: &str =
    "a web page came instead of an answer, from a proxy or a wrong base URL: check `base_url`";

/// The error of `frame`, which is a web page, no JSON, or breaks off.
pub fn broken_frame(frame: &str, error: serde_json::Error) -> Error {
    match frame.trim_start().starts_with('<') {
        true => Error::new(ErrorKind::Decode, WEB_PAGE),
        false => broken(error),
    }
}

/// The error of a frame that is no JSON, or breaks off.
pub fn broken(error: serde_json::Error) -> Error {
    match error.classify() {
        Category::Eof => interrupted("the answer ended in the middle of a frame"),
        _ => Error::new(ErrorKind::Decode, format!("a frame of the answer is no JSON: {error}")),
    }
}
