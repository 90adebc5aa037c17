//! Chunks that differ from the one before in nothing but what they add.

use provider_http::wire::{List, parse, parse_into};
use serde::de::IgnoredAny;

use crate::chat::wire::{Answer, Choice, Content, Message};

/// How often a pattern is learned in a row without being of use. Some servers have a new time or padding in every chunk.
const TRIES: u8 = 4;
const KEY: &str = "\"delta\":";
const PADDING: &str = ",\"obfuscation\":";
const PROBE: &str = r#"{"content":"?"}"#;

/// What stands around the delta of the chunk that was read last, if that chunk says nothing new beside its delta.
///
/// Most servers repeat id, model, time and fingerprint in every chunk, byte for byte, and reading them takes most of the time of a
/// chunk. Where the bytes around a delta are those of the chunk before, only the delta is read. JSON makes that safe: whatever
/// whole value stands in the place of another, the rest of the document means the same.
#[derive(Debug)]
pub(super) struct Pattern {
    around: Option<(String, String)>,
    tries: u8,
}

impl Default for Pattern {
    fn default() -> Self {
        Self { around: None, tries: TRIES }
    }
}

impl Pattern {
    /// Reads what a chunk adds, if everything else in it was in the chunk before; otherwise the message is of no use.
    #[inline]
    pub(super) fn read<'a>(&mut self, chunk: &'a str, message: &mut Message<'a>) -> bool {
        let Some((before, after)) = &self.around else { return false };
        let rest = open_end(chunk).and_then(|chunk| chunk.strip_prefix(before.as_str()));
        let delta = rest.and_then(|rest| rest.strip_suffix(after.as_str()));
        let read = delta.is_some_and(|delta| parse_into(delta, message).is_ok());
        if read {
            self.tries = TRIES;
        }
        read
    }

    /// Forgets the chunk before, because another one was read.
    pub(super) fn forget(&mut self) {
        self.around = None;
    }

    /// Learns from a chunk that was read as a whole.
    pub(super) fn learn(&mut self, chunk: &str, answer: &Answer<'_>) {
        if self.tries > 0 && only_choice(answer).is_some() {
            self.tries -= 1;
            self.around = around(chunk);
        }
    }
}

fn around(chunk: &str) -> Option<(String, String)> {
    let (before, rest) = open_end(chunk)?.split_at_checked(chunk.find(KEY)? + KEY.len())?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let after = rest.get(values.byte_offset()..)?;
    // The word may stand for something else here, so it is put to the proof: a delta in its place must be all that is said.
    let probe = [before, PROBE, after, "}"].concat();
    let answer = parse(&probe).ok()?;
    let Message {
        content,
        reasoning_content,
        reasoning,
        refusal,
        annotations,
        tool_calls,
        function_call,
        other,
    } = &only_choice(&answer)?.body;
    let proven = matches!(content, Content::Text(text) if text == "?")
        && [reasoning_content, reasoning, refusal].iter().all(|text| text.0.is_none())
        && annotations.is_none()
        && tool_calls.is_empty()
        && function_call.is_none()
        && other.is_empty();
    proven.then(|| (before.to_owned(), after.to_owned()))
}

/// A chunk without its last brace, and without OpenAI's padding before it, which differs in every chunk and means nothing.
#[inline]
fn open_end(chunk: &str) -> Option<&str> {
    let open = chunk.strip_suffix('}')?;
    let padded = open.strip_suffix('"').and_then(|open| open.rsplit_once('"'));
    Some(match padded {
        // A quote after a comma begins a name, and the brace is the last, so this is a member of the chunk itself.
        Some((rest, padding)) if !padding.contains('\\') => rest.strip_suffix(PADDING).unwrap_or(open),
        _ => open,
    })
}

/// The choice of a chunk that has only one, and nothing that counts each time it is said.
fn only_choice<'c, 'a>(answer: &'c Answer<'a>) -> Option<&'c Choice<'a>> {
    let choice = List::only(&answer.choices)?;
    let plain = answer.error.is_none()
        && answer.usage.is_none()
        && choice.index.0.is_none_or(|index| index == 0)
        && choice.finish_reason.0.is_none()
        && choice.logprobs.is_none();
    plain.then_some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(chunk: &str) -> Pattern {
        let mut pattern = Pattern::default();
        pattern.learn(chunk, &parse(chunk).unwrap());
        pattern
    }

    const CHUNK: &str =
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":null}"#;

    #[test]
    fn only_the_delta_of_the_next_chunk_is_read() {
        let next = CHUNK.replace(r#""a""#, r#""\"delta\":{}, é""#);
        let mut delta = Message::default();
        assert!(learned(CHUNK).read(&next, &mut delta));
        assert!(matches!(delta.content, Content::Text(text) if text == "\"delta\":{}, é"));
    }

    #[test]
    fn padding_is_no_difference() {
        let with = |member: &str| format!("{},{member}}}", CHUNK.strip_suffix('}').unwrap());
        let padded = |padding: &str| with(&format!("\"obfuscation\":{padding}"));
        for (first, second, alike) in [
            (padded(r#""abc""#), padded(r#""de""#), true),
            (CHUNK.to_owned(), padded(r#""de""#), true),
            (padded(r#""abc""#), CHUNK.to_owned(), true),
            (CHUNK.to_owned(), padded("7"), false),
            (CHUNK.to_owned(), padded(r#""\"""#), false),
            (CHUNK.to_owned(), with(r#""padding":"ab""#), false),
        ] {
            assert_eq!(learned(&first).read(&second, &mut Message::default()), alike, "{first} {second}");
        }
    }

    #[test]
    fn what_else_differs_is_seen() {
        for (old, new) in [
            ("\"c\"", "\"d\""),
            ("\"finish_reason\":null", "\"finish_reason\":\"stop\""),
            ("\"usage\":null", "\"usage\":{}"),
            ("\"index\":0", "\"index\":1"),
            (r#"{"content":"a"}"#, r#"{"content":"a"}}],"x":[{"y":{}"#),
            (r#"{"content":"a"}"#, r#"{"content":"a"},"delta":{}"#),
        ] {
            let chunk = CHUNK.replace(old, new);
            assert!(!learned(CHUNK).read(&chunk, &mut Message::default()), "{new}");
        }
    }

    #[test]
    fn nothing_is_learned_where_more_than_the_delta_counts() {
        for chunk in [
            r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#,
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[]}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"delta":{"content":"b"}}]}"#,
            r#"{"x":{"delta":{"content":"a"}},"choices":[{"delta":{"content":"b"}}]}"#,
            r#"{"choices":[{"message":{"content":"a"}}]}"#,
        ] {
            assert!(learned(chunk).around.is_none(), "{chunk}");
        }
    }

    #[test]
    fn a_stream_without_repetition_is_given_up() {
        let mut pattern = Pattern::default();
        for number in 0..u8::MAX {
            let chunk = CHUNK.replace("\"c\"", &number.to_string());
            assert!(!pattern.read(&chunk, &mut Message::default()));
            pattern.forget();
            pattern.learn(&chunk, &parse(&chunk).unwrap());
            assert_eq!(pattern.around.is_some(), number < TRIES);
        }
    }
}
