//! The outgoing forms of content.

use std::borrow::Cow;

use laravel_ai_core::CacheBreakpoint;
use provider_http::wire::Base64;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

/// The content of a message or of a tool's result.
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

/// A part of content.
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str>, cache: Option<CacheBreakpoint> },
    Image { source: Source<'a>, detail: &'a str, cache: Option<CacheBreakpoint> },
    Audio { data: Base64<'a>, format: &'static str },
    File { name: Option<Cow<'a, str>>, source: Source<'a>, cache: Option<CacheBreakpoint> },
}

pub(super) enum Source<'a> {
    Url(&'a str),
    Uploaded(&'a str),
    Inline(DataUrl<'a>),
}

/// Bytes as a `data:` URL, written without a copy in between.
pub(super) struct DataUrl<'a> {
    pub(super) mime: &'a str,
    pub(super) bytes: Base64<'a>,
}

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{};base64,{}", self.mime, self.bytes))
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Parts(parts) => serializer.collect_seq(parts),
        }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let cache = match self {
            Self::Text { text, cache } => {
                map.serialize_entry("type", "input_text")?;
                map.serialize_entry("text", text)?;
                *cache
            }
            Self::Image { source, detail, cache } => {
                map.serialize_entry("type", "input_image")?;
                match source {
                    Source::Url(url) => map.serialize_entry("image_url", url)?,
                    Source::Uploaded(id) => map.serialize_entry("file_id", id)?,
                    Source::Inline(url) => map.serialize_entry("image_url", url)?,
                }
                map.serialize_entry("detail", detail)?;
                *cache
            }
            Self::Audio { data, format } => {
                map.serialize_entry("type", "input_audio")?;
                map.serialize_entry("input_audio", &Audio { data, format })?;
                None
            }
            Self::File { name, source, cache } => {
                map.serialize_entry("type", "input_file")?;
                if let Some(name) = name {
                    map.serialize_entry("filename", name)?;
                }
                match source {
                    Source::Url(url) => map.serialize_entry("file_url", url)?,
                    Source::Uploaded(id) => map.serialize_entry("file_id", id)?,
                    Source::Inline(url) => map.serialize_entry("file_data", url)?,
                }
                *cache
            }
        };
        if let Some(cache) = cache {
            let mark = match cache.ttl_seconds.map(lifetime) {
                Some(ttl) => json!({"mode": "explicit", "ttl": ttl}),
                None => json!({"mode": "explicit"}),
            };
            map.serialize_entry("prompt_cache_breakpoint", &mark)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Audio<'a> {
    data: &'a Base64<'a>,
    format: &'a str,
}

/// The shorter of OpenAI's two lifetimes that is long enough, or the longer one.
fn lifetime(seconds: u64) -> &'static str {
    if seconds <= 30 * 60 { "30m" } else { "12h" }
}
