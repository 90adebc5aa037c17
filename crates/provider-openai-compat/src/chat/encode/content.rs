//! The outgoing forms of content.

use std::borrow::Cow;

use laravel_ai_core::CacheBreakpoint;
use provider_http::wire::Base64;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::encode::{DataUrl, cache_mark};

/// The content of a message.
pub(super) enum Content<'a> {
    Absent,
    Null,
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

/// A part of a message's content.
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str>, cache: Option<CacheBreakpoint> },
    Refusal(&'a str),
    Image { url: Url<'a>, detail: Option<&'a str>, cache: Option<CacheBreakpoint> },
    Audio { data: Base64<'a>, format: &'static str },
    File { name: Option<&'a str>, data: FileData<'a>, cache: Option<CacheBreakpoint> },
}

pub(super) enum FileData<'a> {
    Id(&'a str),
    Inline(DataUrl<'a>),
}

pub(super) enum Url<'a> {
    Web(&'a str),
    Data(DataUrl<'a>),
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Web(url) => serializer.serialize_str(url),
            Self::Data(url) => url.serialize(serializer),
        }
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
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
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
                *cache
            }
            Self::Refusal(text) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", text)?;
                None
            }
            Self::Image { url, detail, cache } => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("image_url", &Image { url, detail: *detail })?;
                *cache
            }
            Self::Audio { data, format } => {
                map.serialize_entry("type", "input_audio")?;
                map.serialize_entry("input_audio", &Audio { data, format })?;
                None
            }
            Self::File { name, data, cache } => {
                map.serialize_entry("type", "file")?;
                let file = match data {
                    FileData::Id(id) => File { filename: None, file_data: None, file_id: Some(id) },
                    FileData::Inline(url) => File { filename: *name, file_data: Some(url), file_id: None },
                };
                map.serialize_entry("file", &file)?;
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
struct Image<'a> {
    url: &'a Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct Audio<'a> {
    data: &'a Base64<'a>,
    format: &'a str,
}

#[derive(serde::Serialize)]
struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<&'a DataUrl<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<&'a str>,
}
