//! Bytes that go inside a body, and marks of what is cached.

use laravel_ai_core::{CacheBreakpoint, Media, MediaSource, Result};
use provider_http::wire::Base64;
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::Encoder;

const UNKNOWN_MIME: &str = "application/octet-stream";

/// Bytes as a `data:` URL, written without a copy in between.
pub(crate) struct DataUrl<'a> {
    mime: &'a str,
    bytes: Base64<'a>,
}

impl<S> Encoder<'_, S> {
    pub(crate) fn data_url<'a>(&mut self, bytes: &'a [u8], mime: Option<&'a str>) -> DataUrl<'a> {
        DataUrl { mime: mime.unwrap_or(UNKNOWN_MIME), bytes: self.base64(bytes) }
    }

    /// The bytes of a sound, and the word for what they are.
    pub(crate) fn sound<'a>(&mut self, media: &'a Media) -> Result<(Base64<'a>, &'static str)> {
        if !self.dialect.audio {
            return Err(self.unsupported("takes no audio"));
        }
        let MediaSource::Bytes(bytes) = &media.source else {
            return Err(self.unsupported("takes audio as bytes only"));
        };
        let format = match media.mime.as_deref() {
            Some("audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave") => "wav",
            Some("audio/mpeg" | "audio/mp3") => "mp3",
            _ => return Err(self.unsupported("takes audio as WAV and MP3 only")),
        };
        Ok((self.base64(bytes), format))
    }

    /// The mark, where the server knows such marks; elsewhere it is a hint that nobody takes.
    pub(crate) fn cache(&self, cache: Option<CacheBreakpoint>) -> Option<CacheBreakpoint> {
        cache.filter(|_| self.dialect.cache_breakpoints)
    }

    fn base64<'a>(&mut self, bytes: &'a [u8]) -> Base64<'a> {
        self.size += bytes.len() * 4 / 3 + 64;
        Base64(bytes)
    }
}

/// A mark as it is written.
pub(crate) fn cache_mark(cache: CacheBreakpoint) -> Value {
    match cache.ttl_seconds.map(lifetime) {
        Some(ttl) => json!({"mode": "explicit", "ttl": ttl}),
        None => json!({"mode": "explicit"}),
    }
}

/// The shorter of OpenAI's two lifetimes that is long enough, or the longer one.
fn lifetime(seconds: u64) -> &'static str {
    if seconds <= 30 * 60 { "30m" } else { "12h" }
}

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("data:{};base64,{}", self.mime, self.bytes))
    }
}
