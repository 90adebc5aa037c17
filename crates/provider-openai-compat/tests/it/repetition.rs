//! Chunks that repeat what the one before said are read in a shorter way, and say the same as when they are read as a whole.

use std::collections::VecDeque;

use laravel_ai_core::StreamEvent;
use proptest::prelude::*;

use crate::support::decoder;

/// What the frames say, and the kind of the error that ended them.
fn said(frames: &[String]) -> (Vec<StreamEvent>, Option<laravel_ai_core::ErrorKind>) {
    let mut decoder = decoder();
    let mut events = VecDeque::new();
    let outcome = frames.iter().try_for_each(|frame| decoder.push(frame, &mut events));
    let outcome = outcome.and_then(|()| decoder.finish(&mut events));
    (events.into(), outcome.err().map(|error| error.kind()))
}

fn any_chunk() -> impl Strategy<Value = String> {
    let before = prop::sample::select(vec![
        r#""id":"a","system_fingerprint":"fp1","choices":[{"index":0,"delta":"#,
        r#""id":"a","system_fingerprint":"fp2","choices":[{"index":0,"delta":"#,
        r#""id":"a","choices":[{"index":0,"note":1,"delta":"#,
        r#""id":"a","x":{"delta":{}},"choices":[{"delta":"#,
        r#""choices":[{"index":1,"delta":"#,
    ]);
    let delta = prop::sample::select(vec![
        r#"{"content":"a"}"#,
        r#"{"content":"b \"delta\":{\"content\":\"c\"} é"}"#,
        r#" {"role":"assistant","content":""}"#,
        r#"{"reasoning_content":"r"}"#,
        r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"#,
        r#"{"unheard":1}"#,
        r#"{"content":"a"},"delta":{"content":"z"}"#,
        r#"{"content":"a"}}],"usage":null,"y":[{"z":{}"#,
        "null",
        "7",
        r#"{"content":"#,
    ]);
    let after = prop::sample::select(vec![
        r#"}],"usage":null}"#,
        r#","logprobs":null,"finish_reason":null}],"service_tier":"t"}"#,
        r#","finish_reason":"stop"}]}"#,
        r#","logprobs":{"content":[{"token":"a"}]}}]}"#,
        r#"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        r#"}],"usage":null,"obfuscation":"x1"}"#,
        r#"}],"usage":null,"obfuscation":"y\"2"}"#,
        r#"}],"other":{"obfuscation":"y"}}"#,
        r#"},{"index":1,"delta":{"content":"other"}}]}"#,
        r#","delta":{"content":"twice"}}]}"#,
        r#"}],"error":{"message":"no"}}"#,
    ]);
    // Mostly the same surroundings, as in a real stream.
    let before = prop_oneof![3 => Just(r#""id":"a","choices":[{"index":0,"delta":"#), 1 => before];
    let after = prop_oneof![3 => Just(r#"}],"usage":null}"#), 1 => after];
    (before, delta, after).prop_map(|(before, delta, after)| format!("{{{before}{delta}{after}"))
}

/// The chunks with a number of blanks at their front that differs: they mean nothing, but no chunk is like the one before.
fn unlike(chunks: &[String]) -> Vec<String> {
    let blanks =
        |(number, chunk): (usize, &String)| chunk.replacen('{', &format!("{{{}", " ".repeat(number + 1)), 1);
    chunks.iter().enumerate().map(blanks).collect()
}

#[test]
fn what_was_said_in_between_is_taken_back() {
    let chunk = |fingerprint: &str, rest: &str| {
        format!(
            r#"{{"id":"a","system_fingerprint":"{fingerprint}","choices":[{{"delta":{{"content":"a"}}{rest}}}]}}"#
        )
    };
    let chunks = [
        chunk("fp1", ""),
        chunk("fp1", ""),
        chunk("fp2", r#","logprobs":{"content":[]}"#),
        chunk("fp1", ""),
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#.to_owned(),
    ];
    let (events, error) = said(&chunks);
    assert_eq!(error, None);
    let Some(StreamEvent::Finish(finish)) = events.last() else { panic!("{events:?}") };
    assert_eq!(finish.metadata["system_fingerprint"].as_str(), "\"fp1\"");
    assert_eq!(said(&chunks), said(&unlike(&chunks)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repeated_chunks_say_what_they_say_alone(chunks in prop::collection::vec(any_chunk(), 1..10)) {
        let mut chunks = chunks;
        chunks.push(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#.to_owned());
        prop_assert_eq!(said(&chunks), said(&unlike(&chunks)), "{:?}", chunks);
    }
}
