//! The file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind as IoKind, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use laravel_ai_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The form that is written; a later one can't be read.
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tape {
    version: u32,
    pub(super) exchanges: Vec<Exchange>,
}

impl Default for Tape {
    fn default() -> Self {
        Self { version: VERSION, exchanges: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without user, query and fragment.
    pub(super) url: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) query: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Content::is_empty")]
    pub(super) body: Content,
}

/// Bytes, as readable as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    #[default]
    Empty,
    Json(Value),
    Text(String),
    Base64(String),
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// Text as it is, and everything else as base64.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok("") => Self::Empty,
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(BASE64.encode(bytes)),
        }
    }

    fn bytes(&self) -> Option<Bytes> {
        Some(match self {
            Self::Empty => Bytes::new(),
            Self::Json(value) => value.to_string().into(),
            Self::Text(text) => text.clone().into(),
            Self::Base64(text) => BASE64.decode(text).ok()?.into(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Answer(Answer),
    /// There was no answer.
    Failure(Failed),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) possibly_billed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) body: Vec<Piece>,
    pub(super) end: End,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// Since the request was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after_ms: Option<u64>,
    #[serde(flatten)]
    content: Content,
}

impl Piece {
    pub(super) fn new(after_ms: Option<u64>, bytes: &[u8]) -> Self {
        Self { after_ms, content: Content::of(bytes) }
    }

    pub(super) fn bytes(&self) -> Bytes {
        // Looked at when the file was read.
        self.content.bytes().unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    Complete,
    /// The connection broke.
    Broken,
    /// Nobody read on.
    Dropped,
}

fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("cassette `{}`: {what}", path.display()))
        .with_possibly_billed(false)
}

impl Tape {
    /// The file, or `None` if there is none.
    pub(super) fn load(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(path, format_args!("it can't be read: {error}"))),
        };
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let version = serde_json::from_str::<Versioned>(&text)
            .map_err(|error| wrong(path, format_args!("it is no cassette: {error}")))?
            .version;
        if version != VERSION {
            return Err(wrong(
                path,
                format_args!(
                    "it has version {version}, and this library reads {VERSION}: update, or record it again"
                ),
            ));
        }
        let tape: Self = serde_json::from_str(&text)
            .map_err(|error| wrong(path, format_args!("it is no cassette: {error}")))?;
        for (number, exchange) in (1..).zip(&tape.exchanges) {
            let Outcome::Answer(answer) = &exchange.outcome else { continue };
            if answer.body.iter().any(|piece| piece.content.bytes().is_none()) {
                return Err(wrong(path, format_args!("a piece of exchange {number} is no base64")));
            }
        }
        Ok(Some(tape))
    }

    /// Writes the file whole, so that a reader sees the old one or the new one.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let write = || -> std::io::Result<()> {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if let Some(folder) = folder {
                fs::create_dir_all(folder)?;
            }
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}.new", std::process::id()));
            let fresh = path.with_file_name(name);
            let mut file = fs::File::create(&fresh)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            drop(file);
            fs::rename(&fresh, path)
        };
        write().map_err(|error| wrong(path, format_args!("it can't be written: {error}")))
    }
}
