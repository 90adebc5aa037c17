//! What the vendor says, shaped like OpenAI's answers, and how much of it there is.

use std::fmt::Write as _;

use crate::Scenario;

/// How many bytes of text and of tool arguments one exchange must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) text: usize,
    pub(crate) arguments: usize,
}

/// An answer as the vendor sends it.
pub(crate) struct Payload {
    /// The events of a stream, or the one body of a whole answer.
    pub(crate) events: Vec<String>,
    pub(crate) totals: Totals,
}

const ID: &str = "chatcmpl-CP2xQ8vZkT4mNf7RbYw1Lh6sDgUaE";
const MODEL: &str = "gpt-test-2026-03-01";
const CREATED: &str = "1790000000";
const USAGE: &str = r#"{"prompt_tokens":87,"completion_tokens":2000,"total_tokens":2087,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#;

/// Tokens of a plausible answer: mostly short words, some with escapes, some beyond ASCII.
const TOKENS: [&str; 16] = [
    " The",
    " stream",
    " arrives",
    " as",
    " events",
    ",",
    " each",
    " with",
    " one",
    " JSON",
    " object",
    ".\n\n",
    " “quoted”",
    " \"plain\"",
    " naïve",
    " buffer",
];

impl Payload {
    pub(crate) fn of(scenario: Scenario) -> Self {
        let chunks = scenario.chunks();
        match scenario {
            Scenario::Unary | Scenario::Encode => Self::whole(),
            Scenario::Tools => Self::tool_call(chunks),
            Scenario::Padded => Self::text(chunks).padded(),
            Scenario::Unlike => Self::text(chunks).unlike(),
            Scenario::Bulk | Scenario::Single | Scenario::Crowd | Scenario::Framing => Self::text(chunks),
        }
    }

    fn whole() -> Self {
        let text: String = tokens(150).collect();
        let body = format!(
            r#"{{"id":"{ID}","object":"chat.completion","created":{CREATED},"model":"{MODEL}","choices":[{{"index":0,"message":{{"role":"assistant","content":{},"refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{USAGE},"service_tier":"default","system_fingerprint":"fp_51db84afab"}}"#,
            quoted(&text),
        );
        Self { events: vec![body], totals: Totals { text: text.len(), arguments: 0 } }
    }

    fn text(chunks: usize) -> Self {
        let mut events = vec![chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null")];
        let mut totals = Totals::default();
        for token in tokens(chunks) {
            totals.text += token.len();
            events.push(chunk(&format!(r#"{{"content":{}}}"#, quoted(token)), "null"));
        }
        Self { events: ended(events, r#""stop""#), totals }
    }

    /// OpenAI hides the lengths of tokens this way unless it is told not to.
    fn padded(mut self) -> Self {
        for (number, event) in self.events.iter_mut().enumerate() {
            if event.ends_with("\"usage\":null}\n\n") {
                let (number, width) = (number * 7_919, 4 + number % 8);
                event.truncate(event.len() - "}\n\n".len());
                _ = write!(event, ",\"obfuscation\":\"{number:0width$}\"}}\n\n");
            }
        }
        self
    }

    fn unlike(mut self) -> Self {
        for (number, event) in self.events.iter_mut().enumerate() {
            *event = event.replace(CREATED, &(1_790_000_000 + number).to_string());
        }
        self
    }

    fn tool_call(chunks: usize) -> Self {
        let begin = r#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_Qp3Hk8sZ2mVnXc7bLdTfYw1e","type":"function","function":{"name":"write_file","arguments":""}}],"refusal":null}"#;
        let mut events = vec![chunk(begin, "null")];
        // The text of the arguments is JSON, so its quotes and line feeds are escaped twice on the wire.
        let text: String = tokens(chunks - 2).collect();
        let content = quoted(&text);
        let mut pieces = vec![r#"{"path":"notes.md","content":"#.to_owned()];
        let mut rest = content.as_str();
        for left in (1..chunks - 1).rev() {
            let mut cut = rest.len() / (left + 1);
            while !rest.is_char_boundary(cut) {
                cut += 1;
            }
            let (piece, after) = rest.split_at(cut);
            pieces.push(piece.to_owned());
            rest = after;
        }
        pieces.push(format!("{rest}}}"));
        let mut totals = Totals::default();
        for piece in &pieces {
            totals.arguments += piece.len();
            let delta =
                format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]}}"#, quoted(piece));
            events.push(chunk(&delta, "null"));
        }
        Self { events: ended(events, r#""tool_calls""#), totals }
    }
}

/// A turn of a history, 500 bytes.
pub(crate) fn turn(number: usize) -> String {
    let mut text: String = tokens(200).collect();
    text.truncate((0..=480).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default());
    while text.len() < 494 {
        text.push('.');
    }
    _ = write!(text, " {number:05}");
    text
}

fn tokens(count: usize) -> impl Iterator<Item = &'static str> {
    TOKENS.into_iter().cycle().take(count)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        r#"data: {{"id":"{ID}","object":"chat.completion.chunk","created":{CREATED},"model":"{MODEL}","service_tier":"default","system_fingerprint":"fp_51db84afab","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
    ) + "\n\n"
}

/// The last chunk, the usage and the end mark belong to the chunks before them: one part in some hundred.
fn ended(mut events: Vec<String>, reason: &str) -> Vec<String> {
    events.push(chunk("{}", reason));
    let usage = format!(
        r#"data: {{"id":"{ID}","object":"chat.completion.chunk","created":{CREATED},"model":"{MODEL}","service_tier":"default","system_fingerprint":"fp_51db84afab","choices":[],"usage":{USAGE}}}"#
    );
    events.push(usage + "\n\n");
    events.push("data: [DONE]\n\n".to_owned());
    events
}
