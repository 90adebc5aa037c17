//! The outgoing forms of parts.

use std::borrow::Cow;

use laravel_ai_core::ToolCall;
use provider_http::calls::Arguments;
use provider_http::wire::{Base64, Members};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

pub(super) enum Part<'a> {
    /// With the members that it came with.
    Text {
        text: &'a str,
        shell: Members<'a>,
    },
    Call(Call<'a>),
    Response(Response<'a>),
    Media {
        media: Media<'a>,
        shell: Members<'a>,
        resolution: Option<String>,
    },
    /// As it came.
    Verbatim(&'a RawValue),
}

/// A call of a function.
pub(super) struct Call<'a> {
    pub(super) call: &'a ToolCall,
    pub(super) arguments: Arguments<'a>,
    /// What the part has beside the call.
    pub(super) shell: Members<'a>,
    /// What the call has beside name and arguments, such as an id that Google gave.
    pub(super) inner: Members<'a>,
    /// Stands in for the signature of a call that Google did not make.
    pub(super) is_foreign: bool,
}

/// The result of a function.
pub(super) struct Response<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) name: &'a str,
    pub(super) response: super::results::Output<'a>,
    pub(super) media: Vec<Media<'a>>,
}

pub(super) enum Media<'a> {
    Inline { mime: &'a str, data: Base64<'a>, inner: Members<'a> },
    File { uri: Cow<'a, str>, mime: Option<&'a str> },
}

/// Google's word for a call that has no signature because another one made it.
const FOREIGN: &str = "skip_thought_signature_validator";

impl<'a> Part<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text { text, shell: Members::new() }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shell = match self {
            Self::Verbatim(raw) => return raw.serialize(serializer),
            Self::Text { shell, .. } | Self::Media { shell, .. } | Self::Call(Call { shell, .. }) => {
                shell.as_slice()
            }
            Self::Response(_) => &[],
        };
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text { text, .. } => map.serialize_entry("text", text)?,
            Self::Call(call) => {
                map.serialize_entry("functionCall", &Function(call))?;
                if call.is_foreign {
                    map.serialize_entry("thoughtSignature", FOREIGN)?;
                }
            }
            Self::Response(response) => map.serialize_entry("functionResponse", response)?,
            Self::Media { media, resolution, .. } => {
                media.put(&mut map)?;
                if let Some(level) = resolution {
                    map.serialize_entry("mediaResolution", &Level { level })?;
                }
            }
            Self::Verbatim(_) => {}
        }
        for (key, value) in shell {
            map.serialize_entry(key.as_str(), value)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Level<'a> {
    level: &'a str,
}

struct Function<'a>(&'a Call<'a>);

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Call { call, arguments, inner, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in inner {
            map.serialize_entry(key.as_str(), value)?;
        }
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry("args", arguments)?;
        map.end()
    }
}

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(id) = &self.id {
            map.serialize_entry("id", id)?;
        }
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("response", &self.response)?;
        if !self.media.is_empty() {
            map.serialize_entry("parts", &self.media)?;
        }
        map.end()
    }
}

impl Media<'_> {
    fn put<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Inline { .. } => map.serialize_entry("inlineData", &Inner(self)),
            Self::File { .. } => map.serialize_entry("fileData", &Inner(self)),
        }
    }
}

impl Serialize for Media<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.put(&mut map)?;
        map.end()
    }
}

struct Inner<'a>(&'a Media<'a>);

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Media::Inline { mime, data, inner } => {
                map.serialize_entry("mimeType", mime)?;
                if !inner.iter().any(|(key, _)| key.as_str() == "data") {
                    map.serialize_entry("data", data)?;
                }
                for (key, value) in inner {
                    map.serialize_entry(key.as_str(), value)?;
                }
            }
            Media::File { uri, mime } => {
                if let Some(mime) = mime {
                    map.serialize_entry("mimeType", mime)?;
                }
                map.serialize_entry("fileUri", uri)?;
            }
        }
        map.end()
    }
}
