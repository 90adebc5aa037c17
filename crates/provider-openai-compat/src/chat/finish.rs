//! Why an answer ended.

use laravel_ai_core::{Finish, FinishReason};

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
