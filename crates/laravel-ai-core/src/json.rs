//! JSON kept as it arrived.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{Error, ErrorKind, Result};

/// One JSON value, kept as the text it arrived in: key order, number forms and unknown members included.
///
/// It serialises as a **string** that holds the text, because databases and buffering deserialisers reorder
/// JSON, and a vendor may check signed state byte by byte. Cloning is one counter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// Takes `text` after checking that it is one JSON value.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when it is not.
    pub fn parse(text: impl Into<Arc<str>>) -> Result<Self> {
        let text = text.into();
        serde_json::from_str::<serde::de::IgnoredAny>(&text)
            .map_err(|e| Error::new(ErrorKind::Decode, format!("not JSON: {e}")))?;
        Ok(Self(text))
    }

    /// The JSON of `value`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when `value` has no JSON form, such as a map with keys that are not text.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        serde_json::to_string(value)
            .map(|text| Self(text.into()))
            .map_err(|e| Error::new(ErrorKind::InvalidRequest, format!("a value has no JSON form: {e}")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes the text.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], without any value of it, when it does not have the shape of `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0).map_err(|e| Error::decode("the JSON has another shape", &e))
    }

    /// The same value for embedding in a document that `serde_json` writes, byte for byte.
    pub fn to_raw_value(&self) -> Box<RawValue> {
        RawValue::from_string(self.0.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}

impl From<&RawValue> for RawJson {
    fn from(value: &RawValue) -> Self {
        Self(value.get().into())
    }
}

impl From<&serde_json::Value> for RawJson {
    fn from(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What `error` says about JSON, without the values it quotes: they are content, which errors never show.
pub(crate) fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let starts = |heads: &[&str]| heads.iter().any(|head| text.starts_with(head));
    if !error.is_data() || starts(&["missing field `", "duplicate field `", "invalid length "]) {
        return text;
    }
    if starts(&["invalid type: ", "invalid value: ", "unknown variant `", "unknown field `"])
        && let Some((head, expected)) = text.rsplit_once(", expected ")
        && let Some(what) = head.split(['`', '"']).next()
    {
        return format!("{}, expected {expected}", what.trim_end());
    }
    match error.line() {
        0 => "a value of another form".into(),
        line => format!("a value of another form at line {line} column {}", error.column()),
    }
}

/// For `#[serde(with = "crate::json::embedded")]`: as JSON inside JSON, for what people read and nobody signs.
///
/// What readers would refuse (half of a surrogate pair, numbers beyond f64, deep nesting) is written as a string
/// of its text, so that one odd value never makes a whole conversation unstorable.
pub(crate) mod embedded {
    use super::*;
    use serde_json::Value;

    /// Half of what `serde_json` reads, so that there is room for the document around it.
    const DEPTH: usize = 64;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<RawJson>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let Some(json) = value else { return serializer.serialize_none() };
        match serde_json::from_str::<Value>(json.as_str()) {
            Ok(value) if fits(&value, DEPTH) => value.serialize(serializer),
            _ => serializer.serialize_str(json.as_str()),
        }
    }

    fn fits(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(items) => depth > 0 && items.iter().all(|item| fits(item, depth - 1)),
            Value::Object(members) => depth > 0 && members.values().all(|member| fits(member, depth - 1)),
            _ => true,
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<RawJson>, D::Error> {
        let value = Option::<Value>::deserialize(deserializer)?;
        Ok(value.filter(|value| !value.is_null()).map(|value| RawJson::from(&value)))
    }
}
