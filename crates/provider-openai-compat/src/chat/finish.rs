//! Why an answer ended, and the names that are made up where a server gives none.

use laravel_ai_core::{Finish, FinishReason, Warning, WarningKind};

/// What an answer holds, as far as its end depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) calls: bool,
    pub(super) refusal: bool,
}

/// The finish of an answer that ended with the server's word `raw`; empty and `null` are no word.
///
/// Calls decide over the word, because servers say `stop`, nothing or words of their own with calls. Only a cut answer
/// stays one: its calls may be cut too. A word for calls without calls is not believed.
pub(super) fn finish_of(raw: Option<&str>, held: Held) -> Finish {
    let reason = match raw.unwrap_or_default() {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "STOP" => FinishReason::Stop,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" | "MAX_TOKENS" => FinishReason::Length,
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "safety" | "SAFETY" => FinishReason::ContentFilter,
        _ => FinishReason::Unknown,
    };
    let reason = match reason {
        FinishReason::Stop | FinishReason::Unknown | FinishReason::ToolCalls if held.calls => {
            FinishReason::ToolCalls
        }
        FinishReason::ToolCalls => FinishReason::Unknown,
        FinishReason::Stop if held.refusal => FinishReason::Refusal,
        reason => reason,
    };
    match raw {
        Some(raw) => Finish::new(reason).with_raw(raw),
        None => Finish::new(reason),
    }
}

/// An id for the call at `position` of the answer `answer`: the same for the same bytes, another in another answer, and short,
/// because vendors limit what they take back.
pub(super) fn made_up_id(answer: Option<&str>, position: usize) -> String {
    // FNV-1a, 64 bits: nobody attacks it, and it is four lines.
    let hash = answer.unwrap_or_default().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("call_{hash:016x}_{position}")
}

/// A warning if two calls have one id: nobody could tell their results apart.
pub(super) fn repeated_id<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<Warning> {
    let mut seen = Vec::new();
    let repeated = ids.into_iter().any(|id| {
        let repeated = seen.contains(&id);
        seen.push(id);
        repeated
    });
    let message = "two tool calls have the same id, so their results can't be told apart";
    repeated.then(|| Warning::new(WarningKind::Other, "tool_calls", message))
}
