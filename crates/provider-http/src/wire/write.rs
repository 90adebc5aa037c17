//! What is written back: members as they came, and bytes.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use laravel_ai_core::RawJson;
use serde::ser::{Serialize, Serializer};

use super::{Members, Raw};

/// Bytes that are written as base64 (standard alphabet, padded), without a copy in between.
#[derive(Clone, Copy)]
pub struct Base64<'a>(pub &'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(self.0, &STANDARD).fmt(f)
    }
}

impl fmt::Debug for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The value of a member; `None` for `null`.
pub fn member<'a>(members: &Members<'a>, name: &str) -> Raw<'a> {
    let (_, value) = members.iter().find(|(key, _)| key.as_str() == name)?;
    (value.get() != "null").then_some(*value)
}

/// An object of these members, each value as it is written.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<RawJson> {
    let mut text = String::from("{");
    for (key, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key).to_string());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    RawJson::parse(text).ok()
}
