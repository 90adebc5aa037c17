//! The ids and arguments of tool calls. Public, but hidden, for the drivers of this library; no part of this crate's
//! promise.

use laravel_ai_core::{ToolCall, ToolCallKind, Warning, WarningKind};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

/// An id for the call at `position` of the answer `answer`: the same for the same bytes, another in another answer, and short,
/// because vendors limit what they take back.
pub fn made_up_id(answer: Option<&str>, position: usize) -> String {
    // FNV-1a, 64 bits: nobody attacks it, and it is four lines.
    let hash = answer.unwrap_or_default().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("call_{hash:016x}_{position}")
}

/// A warning if two calls have one id: nobody could tell their results apart.
pub fn repeated_id<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<Warning> {
    let mut seen = Vec::new();
    let repeated = ids.into_iter().any(|id| {
        let repeated = seen.contains(&id);
        seen.push(id);
        repeated
    });
    let message = "two tool calls have the same id, so their results can't be told apart";
    repeated.then(|| Warning::new(WarningKind::Other, "tool_calls", message))
}

/// The arguments of a call that goes back to a vendor who takes nothing but an object.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Arguments<'a> {
    /// As the model wrote them.
    Object(&'a RawValue),
    /// Models call tools without parameters with nothing.
    Empty,
    /// What is no object, as the member `input` of one.
    Text(&'a str),
}

impl<'a> Arguments<'a> {
    /// The arguments of this call, and a warning where what goes back is not what the model wrote.
    pub fn of(call: &'a ToolCall) -> (Self, Option<Warning>) {
        let text = call.arguments.trim();
        if matches!(text, "" | "null") {
            return (Self::Empty, None);
        }
        let may_be_object = call.kind == ToolCallKind::Function && text.starts_with('{');
        if let Some(object) = may_be_object.then(|| serde_json::from_str(text).ok()).flatten() {
            return (Self::Object(object), None);
        }
        let message = format!(
            "the arguments of a call of `{}` are no JSON object, which the provider wants: they were sent as the member \
             `input` of one",
            call.name
        );
        (Self::Text(&call.arguments), Some(Warning::new(WarningKind::HistoryRepaired, "tool call", message)))
    }
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(raw) => raw.serialize(serializer),
            Self::Empty => serializer.serialize_map(Some(0))?.end(),
            Self::Text(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("input", text)?;
                map.end()
            }
        }
    }
}
