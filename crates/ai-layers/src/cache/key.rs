//! What makes two questions the same.

use std::fmt;
use std::io::{self, Write};

use laravel_ai_core::{Context, Target};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest, Sha256};

use crate::call::Asked;

/// Under what an answer is kept: whose it is, and a digest of everything that shapes it.
///
/// The digest (SHA-256) covers the target, the whole request with its options and extra headers, and the partition itself.
/// The order of tools makes no difference, nor does 1 in place of 1.0. Neither the request nor a header can be read from it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    partition: String,
    digest: [u8; 32],
}

impl CacheKey {
    /// Whose answers these are: the tenant of the call's labels, and its user where the cache keeps users apart.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The digest.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// `None` for what is not kept.
    pub(super) fn of(
        partition: String,
        scope: &str,
        target: Option<&Target>,
        asked: Asked<'_>,
    ) -> Option<Self> {
        let mut hashed = Hashed(Sha256::new());
        hashed.text(&partition);
        match target {
            Some(target) => {
                hashed.text(target.driver());
                hashed.text(target.connection());
                hashed.text(target.model());
            }
            None => hashed.text(scope),
        }
        match asked {
            Asked::Chat(request) => {
                hashed.text("chat");
                hashed.headers(request.extra_headers.as_map());
                if request.tools.len() > 1 {
                    let mut sorted = (**request).clone();
                    sorted.tools.sort_by_cached_key(|tool| serde_json::to_string(tool).unwrap_or_default());
                    hashed.json(&sorted)?;
                } else {
                    hashed.json(&**request)?;
                }
            }
            Asked::Embedding(request) => {
                hashed.text("embedding");
                hashed.headers(request.extra_headers.as_map());
                hashed.json(request)?;
            }
            Asked::Models => hashed.text("models"),
            Asked::Model(id) => {
                hashed.text("model");
                hashed.text(id);
            }
            Asked::Rendered(_) | Asked::Count(_) | Asked::Other => return None,
        }
        Some(Self { partition, digest: hashed.0.finalize().into() })
    }
}

/// The partition of a call.
pub(super) fn partition(ctx: &Context, per_user: bool) -> String {
    let part = |label: &Option<String>| match label {
        // Whatever the names are, two pairs of them never look the same.
        Some(name) => format!("{}:{name}", name.len()),
        None => "-".to_owned(),
    };
    match per_user {
        true => part(&ctx.labels.tenant) + "/" + &part(&ctx.labels.user),
        false => part(&ctx.labels.tenant),
    }
}

/// Shows whose it is and the beginning of the digest.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({}, ", self.partition)?;
        self.digest.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…)")
    }
}

struct Hashed(Sha256);

impl Hashed {
    /// A text with its length, so that no two lists of texts look alike.
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn headers(&mut self, headers: &http::HeaderMap) {
        let mut all: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        // Of one name the order of values counts, and sorting is stable.
        all.sort_by_key(|(name, _)| *name);
        for (name, value) in all {
            self.text(name);
            self.0.update((value.len() as u64).to_le_bytes());
            self.0.update(value);
        }
    }

    /// `None` for what is no JSON.
    fn json(&mut self, value: &impl Serialize) -> Option<()> {
        let writer = io::BufWriter::with_capacity(1024, &mut *self);
        let mut serializer = Serializer::with_formatter(writer, Canonical);
        value.serialize(&mut serializer).ok()?;
        serializer.into_inner().flush().ok()
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON in which a whole number is written in one way.
struct Canonical;

impl Formatter for Canonical {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Up to here a float holds each whole number.
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as was just seen")]
        match value.fract() == 0.0 && value.abs() < WHOLE {
            true => write!(writer, "{}", value as i64),
            false => write!(writer, "{value:e}"),
        }
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, value.into())
    }
}
