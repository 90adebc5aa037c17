//! Images, audio and files in messages.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{CacheBreakpoint, Error, ErrorKind, Opaque, Result};

/// The most bytes that [`Media::from_bytes`] takes: 20 MiB, the smallest of the vendors' limits for inline media.
pub const DEFAULT_MEDIA_LIMIT: usize = 20 * 1024 * 1024;

/// An image, a sound or a file: where its bytes are and what they are.
///
/// Encoders never fetch: a URL goes to the vendor as it is, or is refused as unsupported.
///
/// ```
/// use laravel_ai_core::{Media, UserPart};
///
/// let png = b"\x89PNG\r\n\x1a\n....".as_slice();
/// let image = Media::from_bytes(png)?;
/// assert_eq!(image.mime.as_deref(), Some("image/png"));
/// let part = UserPart::Image(image);
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Media {
    /// Where the bytes are.
    pub source: MediaSource,
    /// The MIME type, such as `image/png`; unknown for most URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// A file name for the model to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How closely the model looks at an image, in the vendor's words (`low`, `high`, `auto`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The vendor's prompt cache may end here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheBreakpoint>,
    /// State for the target that made this media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

/// Where a medium's bytes are.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaSource {
    /// At a URL that the vendor fetches.
    Url(String),
    /// Here.
    Bytes(#[serde(with = "base64_bytes")] Bytes),
    /// Uploaded to a vendor before.
    Uploaded {
        /// The driver of the vendor that holds it.
        driver: String,
        /// The vendor's id of the file.
        id: String,
    },
}

impl Media {
    /// Media at a URL that the vendor fetches. A `data:` URL becomes inline bytes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the URL is neither `http(s)`, `gs`, nor a base64 `data:` URL.
    pub fn from_url(url: impl Into<String>) -> Result<Self> {
        let url = url.into();
        if let Some(data) = url.strip_prefix("data:") {
            return Self::from_data_url(data);
        }
        if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(invalid("a media URL has no spaces and no line breaks"));
        }
        let known =
            |scheme: &str| ["https", "http", "gs"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        match url.split_once("://") {
            Some((scheme, rest)) if known(scheme) && !rest.is_empty() => Ok(Self::new(MediaSource::Url(url))),
            _ => Err(invalid("a media URL starts with https://, http://, gs:// or data:")),
        }
    }

    /// Inline media, its type found by its first bytes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when it is empty, longer than [`DEFAULT_MEDIA_LIMIT`], or of a type that
    /// can't be told; [`from_bytes_as`](Self::from_bytes_as) takes type and limit.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        check_length(bytes.len(), DEFAULT_MEDIA_LIMIT)?;
        let mime = sniff(&bytes).ok_or_else(|| {
            invalid("the type of the media can't be told from its bytes: give it with `from_bytes_as`")
        })?;
        Ok(Self::new(MediaSource::Bytes(bytes)).with_mime(mime))
    }

    /// Inline media of a given MIME type and at most `limit` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when it is empty or too long, or `mime` is not `type/subtype`.
    pub fn from_bytes_as(bytes: impl Into<Bytes>, mime: impl Into<String>, limit: usize) -> Result<Self> {
        let (bytes, mime) = (bytes.into(), mime.into());
        check_length(bytes.len(), limit)?;
        let word = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_graphic() && c != b'/');
        if !mime.split_once('/').is_some_and(|(kind, sub)| word(kind) && word(sub)) {
            return Err(invalid(format!("`{}` is not a MIME type such as image/png", mime.escape_debug())));
        }
        Ok(Self::new(MediaSource::Bytes(bytes)).with_mime(mime))
    }

    /// Media uploaded to the vendor of `driver` before.
    pub fn uploaded(driver: impl Into<String>, id: impl Into<String>) -> Self {
        Self::new(MediaSource::Uploaded { driver: driver.into(), id: id.into() })
    }

    /// With a file name for the model to see.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// With a MIME type.
    pub fn with_mime(mut self, mime: impl Into<String>) -> Self {
        self.mime = Some(mime.into());
        self
    }

    /// With how closely to look, in the vendor's words.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The bytes in base64 (standard alphabet, padded), when they are here.
    pub fn base64(&self) -> Option<String> {
        let MediaSource::Bytes(bytes) = &self.source else { return None };
        Some(BASE64.encode(bytes))
    }

    /// A `data:` URL of the bytes, when they are here.
    pub fn data_url(&self) -> Option<String> {
        let MediaSource::Bytes(bytes) = &self.source else { return None };
        let mut url = format!("data:{};base64,", self.mime.as_deref().unwrap_or("application/octet-stream"));
        BASE64.encode_string(bytes, &mut url);
        Some(url)
    }

    fn new(source: MediaSource) -> Self {
        Self { source, mime: None, name: None, detail: None, cache: None, opaque: None }
    }

    fn from_data_url(rest: &str) -> Result<Self> {
        let (head, data) =
            rest.split_once(',').ok_or_else(|| invalid("a data: URL needs a comma before its data"))?;
        let mime = head.strip_suffix(";base64").ok_or_else(|| invalid("only base64 data: URLs are taken"))?;
        let bytes = BASE64.decode(data).map_err(|_| invalid("the data: URL is not valid base64"))?;
        let mime =
            mime.split(';').next().filter(|mime| !mime.is_empty()).unwrap_or("application/octet-stream");
        Self::from_bytes_as(bytes, mime, DEFAULT_MEDIA_LIMIT)
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

fn check_length(length: usize, limit: usize) -> Result<()> {
    match length {
        0 => Err(invalid("the media is empty")),
        _ if length > limit => Err(invalid(format!("the media has {length} bytes, the limit is {limit}"))),
        _ => Ok(()),
    }
}

fn sniff(bytes: &[u8]) -> Option<&'static str> {
    let found = infer::get(bytes);
    let document = |found: infer::Type| {
        found.matcher_type() == infer::MatcherType::Text
            || ["application/pdf", "application/rtf", "application/postscript"].contains(&found.mime_type())
    };
    // Some signatures are two or three letters (`BM`, `GIF`, `MZ`), with which a text may well begin.
    if !found.is_some_and(document) && std::str::from_utf8(bytes).is_ok_and(is_text) {
        return Some("text/plain");
    }
    found.map(|found| match found.mime_type() {
        // Registered since, and what vendors take.
        "audio/x-wav" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        "audio/x-aiff" => "audio/aiff",
        known => known,
    })
}

fn is_text(text: &str) -> bool {
    !text.contains(|c: char| c.is_ascii_control() && !c.is_ascii_whitespace())
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("source", &self.source)
            .field("mime", &self.mime)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MediaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "Url({})", host(url)),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Uploaded { driver, id } => write!(f, "Uploaded({driver} {id})"),
        }
    }
}

/// Scheme and host. A pre-signed URL is a credential, and so is what stands before the host.
fn host(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "***".into() };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

mod base64_bytes {
    use super::{BASE64, Bytes, Deserialize};
    use base64::Engine as _;

    pub(super) fn serialize<S: serde::Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map(Bytes::from).map_err(serde::de::Error::custom)
    }
}
