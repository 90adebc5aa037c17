//! From what a server says when it refuses to an error.

use std::fmt;

use laravel_ai_core::ErrorKind::{self, *};
use laravel_ai_core::{Error, Retry};
use provider_http::{BodyForm, Failure};
use serde_json::Value;

/// The server's own words for a failure; [`Error::vendor`] finds it.
///
/// `Display` and `Debug` leave the words out, because the server may quote the request in them.
///
/// ```
/// use provider_ollama::OllamaError;
///
/// let said = OllamaError::read(br#"{"error":"model is required"}"#).unwrap();
/// assert_eq!(said.message, "model is required");
/// assert_eq!(said.to_string(), "Ollama's error");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OllamaError {
    /// What the server says.
    pub message: String,
    /// Where to sign the server in, when that is what is missing. Belongs to this server alone.
    pub signin_url: Option<String>,
}

/// More than any explanation; what is longer is a page or a stack trace.
const LONGEST_MESSAGE: usize = 4096;

/// Wordings that decide whatever the status is, since some refusals come as 500 and those of a stream with 200: each line is
/// one kind and all words that must occur.
const WORDINGS: &[(ErrorKind, &[&str])] = &[
    (ContextTooLong, &["exceeds the context length"]),
    (ContextTooLong, &["longer than the context length"]),
    (Unsupported, &["does not support"]),
    (Overloaded, &["server busy"]),
    (Overloaded, &["maximum pending requests"]),
    (QuotaExceeded, &["usage limit"]),
    (Cancelled, &["request canceled"]),
    (InvalidRequest, &["option", "must be of type"]),
    (InvalidRequest, &["image: unknown format"]),
    (InvalidRequest, &["invalid image"]),
    // Of a pull.
    (ModelNotFound, &["manifest", "file does not exist"]),
];

impl OllamaError {
    /// Reads an error body: `{"error": "text"}`, an object in place of the text, or plain text. `None` for an empty body, a
    /// web page, or JSON that says nothing.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = std::str::from_utf8(body).ok()?.trim();
            let plain = !text.is_empty() && !text.starts_with(['<', '{', '[', '"']);
            return plain.then(|| Self { message: shorten(text), signin_url: None });
        };
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(shorten);
        let error = value.get("error");
        let message = error
            .and_then(Value::as_str)
            .map(shorten)
            .or_else(|| text(error?, "message"))
            .or_else(|| text(&value, "message"))
            .filter(|message| !message.trim().is_empty())?;
        Some(Self { message, signin_url: text(&value, "signin_url") })
    }

    fn kind(&self, status: u16) -> Option<ErrorKind> {
        let said = self.message.to_ascii_lowercase();
        let all = |words: &[&str]| words.iter().all(|word| said.contains(word));
        if let Some((kind, _)) = WORDINGS.iter().find(|(_, words)| all(words)) {
            return Some(*kind);
        }
        let may_be_missing = status == 404 || status < 300;
        match status {
            _ if may_be_missing && all(&["model", "not found"]) => Some(ModelNotFound),
            499 => Some(Cancelled),
            200..=299 if all(&["unauthorized"]) => Some(Authentication),
            _ => None,
        }
    }

    /// Whether it will not fit the next time either.
    fn lacks_memory(&self) -> bool {
        self.message.contains("requires more system memory")
    }

    /// The name in `model "x" not found`, if it is one and nothing else.
    fn model(&self) -> Option<&str> {
        let name = self.message.split(['\'', '"']).nth(1)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
        (!name.is_empty() && name.len() <= 128 && name.chars().all(fits)).then_some(name)
    }

    /// What a model is not made for, in the server's word: `tools`, `thinking`, `chat` …
    fn lacking(&self) -> Option<&str> {
        let (_, what) = self.message.rsplit_once("does not support ")?;
        let what = what.trim();
        let word = what.len() <= 40 && what.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
        (word && !what.is_empty()).then_some(what)
    }
}

/// The error that a failed answer stands for; `hosted` is whether Ollama's own service gave it.
pub(crate) fn error_of(hosted: bool, failure: &Failure) -> Error {
    let error = match OllamaError::read(&failure.body) {
        Some(said) => explained(hosted, failure, said),
        None => wordless(failure),
    };
    if error.kind() != Unknown || !failure.status.is_success() {
        return error;
    }
    // The server had taken the request and begun, so what it can't explain is its own failure.
    error.with_kind(Server).with_retry(failure.retry(Server)).with_possibly_billed(true)
}

/// The error of a line of a stream, or of an answer: HTTP said 200.
pub(crate) fn error_in_line(hosted: bool, answer: &Failure, line: &str) -> Error {
    error_of(hosted, &answer.with_body(line.to_owned()))
}

fn explained(hosted: bool, failure: &Failure, said: OllamaError) -> Error {
    let status = failure.status.as_u16();
    let kind = said.kind(status).unwrap_or_else(|| failure.default_error().kind());
    let error = failure.error(kind, describe(hosted, status, kind, &said));
    let error = if said.lacks_memory() { error.with_retry(Retry::OtherTarget) } else { error };
    error.with_source(said)
}

fn wordless(failure: &Failure) -> Error {
    match failure.status.as_u16() {
        404 | 405 => failure.error(InvalidRequest, NO_PATH),
        200..=299 if failure.form() == BodyForm::Empty => failure.error(Decode, "the answer is empty"),
        _ => failure.default_error(),
    }
}

const NO_PATH: &str = "the server has no such path: check `base_url`, or update Ollama if it is old";

/// What failed and what to do, in our words: the server's may hold parts of the request.
fn describe(hosted: bool, status: u16, kind: ErrorKind, said: &OllamaError) -> String {
    let text = match kind {
        ModelNotFound => return missing(hosted, said),
        Unsupported => return format!("the model does not support {}", said.lacking().unwrap_or("this")),
        Authentication if said.signin_url.is_some() => {
            "the model runs in Ollama's cloud, and the server is not signed in: run `ollama signin` there"
        }
        Authentication if hosted => "the hosted service refuses the API key: check `api_key`",
        Authentication => "the server, or a proxy before it, refuses the API key",
        Permission => "the server may not do this; cloud models may be switched off there",
        ContextTooLong => {
            "the prompt is longer than the model's context: drop messages, or set `num_ctx` higher"
        }
        QuotaExceeded => "the usage limit of the Ollama account is reached: wait until it resets, or upgrade",
        RateLimited => "too many requests for the moment: slow down",
        Overloaded => "the server has too many requests waiting: try again later",
        Cancelled => "the server says that the call was cancelled",
        Server if said.lacks_memory() => "the model needs more memory than the server has",
        Server => "the server failed, often for want of memory: its log says more",
        InvalidRequest if matches!(status, 404 | 405) => NO_PATH,
        InvalidRequest => "the server refuses the request",
        _ => "the server refused without a reason that this driver knows",
    };
    text.to_owned()
}

fn missing(hosted: bool, said: &OllamaError) -> String {
    let registry = said.message.contains("manifest");
    match said.model() {
        Some(name) if hosted => format!("the hosted service does not have the model `{name}`"),
        None if hosted => "the hosted service does not have the model".into(),
        _ if registry => "the registry does not have the model: check its name and tag".into(),
        Some(name) => format!("the server does not have the model: get it with `ollama pull {name}`"),
        None => "the server does not have the model: get it with `ollama pull`".into(),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

impl fmt::Display for OllamaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ollama's error")
    }
}

impl fmt::Debug for OllamaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OllamaError").field("signs_in", &self.signin_url.is_some()).finish_non_exhaustive()
    }
}

impl std::error::Error for OllamaError {}
