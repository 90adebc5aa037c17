//! The ids of tool calls. Public, but hidden, for the drivers of this library; no part of this crate's promise.

use laravel_ai_core::{Warning, WarningKind};

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
