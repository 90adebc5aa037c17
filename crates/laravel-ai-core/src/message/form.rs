//! The stored form of messages: versioned, and lossless for parts of later versions.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{AssistantPart, Message, TextPart, ToolResult, UserPart};
use crate::json::shape;

/// The version of the stored form that this library writes. It reads this one and all before.
///
/// A new type of part keeps the number, because older versions keep what they don't know. What they would lose,
/// such as a new role or a new member of a known part, raises it, and they refuse to read.
pub const MESSAGE_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Stored<R> {
    #[serde(default = "first")]
    v: u32,
    #[serde(flatten)]
    role: R,
}

fn first() -> u32 {
    1
}

#[derive(Serialize)]
#[serde(tag = "role", content = "content", rename_all = "snake_case")]
enum Borrowed<'a> {
    System(&'a [TextPart]),
    User(&'a [UserPart]),
    Assistant(&'a [AssistantPart]),
    Tool(&'a [ToolResult]),
}

#[derive(Deserialize)]
#[serde(tag = "role", content = "content", rename_all = "snake_case")]
enum Owned {
    System(Vec<TextPart>),
    User(Vec<UserPart>),
    Assistant(Vec<AssistantPart>),
    Tool(Vec<ToolResult>),
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = match self {
            Self::System(parts) => Borrowed::System(parts),
            Self::User(parts) => Borrowed::User(parts),
            Self::Assistant(parts) => Borrowed::Assistant(parts),
            Self::Tool(results) => Borrowed::Tool(results),
        };
        Stored { v: MESSAGE_VERSION, role }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::<Value>::deserialize(deserializer)?;
        if stored.v > MESSAGE_VERSION {
            return Err(D::Error::custom(format_args!(
                "the message was stored in form {}, this version of the library reads up to {MESSAGE_VERSION}: update it",
                stored.v
            )));
        }
        Ok(match Owned::deserialize(stored.role).map_err(D::Error::custom)? {
            Owned::System(parts) => Self::System(parts),
            Owned::User(parts) => Self::User(parts),
            Owned::Assistant(parts) => Self::Assistant(parts),
            Owned::Tool(results) => Self::Tool(results),
        })
    }
}

/// A part that keeps unknown types: a type of a later version becomes `unknown`, while a broken part of a known
/// type is an error and not silently foreign.
pub(super) trait Part: Sized {
    const TYPES: &'static [&'static str];
    fn known(value: Value) -> serde_json::Result<Self>;
    fn unknown(value: Value) -> Self;
}

pub(super) fn part<'de, P: Part, D: Deserializer<'de>>(deserializer: D) -> Result<P, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let Some(kind) = value.get("type").and_then(Value::as_str) else {
        return Err(D::Error::custom("a message part needs a `type`"));
    };
    if kind == WRAPPED {
        return Ok(P::unknown(value.get("value").cloned().unwrap_or_default()));
    }
    if !P::TYPES.contains(&kind) {
        return Ok(P::unknown(value));
    }
    let kind = kind.to_owned();
    P::known(value).map_err(|e| {
        D::Error::custom(format_args!("a message part of type `{kind}` is broken: {}", shape(&e)))
    })
}

/// The type under which a value is stored that could not be read back as it is.
const WRAPPED: &str = "unknown_value";

/// Writes a part that nobody knows. One without a type, or with that of a known part, is wrapped, or it could not be read
/// back, and the message with it.
pub(super) fn unknown<P: Part, S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wrapped<'a> {
        r#type: &'static str,
        value: &'a Value,
    }
    match value.get("type").and_then(Value::as_str) {
        Some(kind) if kind != WRAPPED && !P::TYPES.contains(&kind) => value.serialize(serializer),
        _ => Wrapped { r#type: WRAPPED, value }.serialize(serializer),
    }
}
