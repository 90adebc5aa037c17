//! The outgoing forms of content.

use std::borrow::Cow;

use laravel_ai_core::CacheBreakpoint;
use provider_http::wire::Base64;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::encode::{DataUrl, cache_mark};

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
            map.serialize_entry("prompt_cache_breakpoint", &cache_mark(cache))?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Audio<'a> {
    data: &'a Base64<'a>,
    format: &'a str,
}
