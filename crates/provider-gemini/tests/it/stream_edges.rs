//! Streams that are cut, odd, or wrong.

use laravel_ai_core::{AssistantPart, FinishReason, StreamEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stream::keeps_the_law;
use crate::support::{answer, events_of, fixture, folded, sse, streamed};

fn piece(parts: &Value) -> Value {
    let mut piece = answer(parts);
    piece["candidates"][0].as_object_mut().unwrap().remove("finishReason");
    piece
}

fn text(text: &str) -> Value {
    piece(&json!([{"text": text}]))
}

fn end() -> Value {
    answer(&json!([{"text": ""}]))
}

#[tokio::test]
async fn texts_are_one_block_and_what_is_signed_stays_by_itself() {
    let signed = |text: &str| json!([{"text": text, "thoughtSignature": "c2ln"}]);
    let read = streamed(&[
        piece(&json!([{"text": "hm", "thought": true}])),
        piece(&json!([{"text": "!", "thought": true}])),
        text("Ti"),
        text("tan"),
        piece(&signed(".")),
        text(" Yes"),
        piece(&signed("")),
        end(),
    ])
    .await;
    let seen: Vec<_> = read
        .content
        .iter()
        .map(|part| match part {
            AssistantPart::Text(text) => ("text", text.text.as_str(), text.opaque.is_some()),
            AssistantPart::Reasoning(part) => ("reasoning", part.text.as_str(), part.opaque.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("reasoning", "hm!", true),
            ("text", "Titan", false),
            ("text", ".", true),
            ("text", " Yes", false),
            ("text", "", true)
        ]
    );
}

#[tokio::test]
async fn the_last_usage_holds_and_nothing_is_added() {
    let mut frames = [text("a"), text("b"), end()];
    for (frame, count) in frames.iter_mut().zip([1, 2, 3]) {
        frame["usageMetadata"] = json!({"promptTokenCount": 9, "candidatesTokenCount": count});
    }
    assert_eq!(streamed(&frames).await.usage.output, Some(3));
    frames[2].as_object_mut().unwrap().remove("usageMetadata");
    assert_eq!(streamed(&frames).await.usage.output, Some(2));
}

#[test]
fn a_stream_that_ends_without_a_reason_is_cut_and_says_what_it_used() {
    let mut cut = text("Titan is");
    cut["usageMetadata"] = json!({"promptTokenCount": 9, "candidatesTokenCount": 3});
    let (events, error) = events_of(sse(&[cut]).as_bytes(), &[]);
    assert!(error.unwrap().contains("stream interrupted"));
    let Some(StreamEvent::Usage(usage)) = events.last() else { panic!("{events:?}") };
    assert_eq!(usage.output, Some(3));
    let (events, error) = events_of(b"", &[]);
    assert!(events.is_empty() && error.unwrap().contains("stream interrupted"));
}

#[test]
fn errors_inside_a_stream_are_the_error_that_they_say() {
    let error =
        json!({"error": {"code": 429, "message": "Please retry in 7s.", "status": "RESOURCE_EXHAUSTED"}});
    for frame in [error.clone(), json!([error])] {
        let (events, said) = events_of(sse(&[text("a"), frame]).as_bytes(), &[]);
        let said = said.unwrap();
        assert!(said.contains("rate limited") && said.contains("7s"), "{said}");
        keeps_the_law("an error", &events, true);
    }
    let (_, said) = events_of(b"data: {\"candidates\": nonsense}\n\n", &[]);
    assert!(said.unwrap().contains("unreadable answer"));
    let (_, said) = events_of(b"data: {\"candidates\": [\n\n", &[]);
    assert!(said.unwrap().contains("stream interrupted"), "it broke off");
}

#[tokio::test]
async fn an_answer_in_a_list_is_read_as_its_pieces() {
    let body = format!("data: {}\n\n", fixture("gemini_stream_array.json").replace(['\r', '\n'], ""));
    let (events, error) = events_of(body.as_bytes(), &[]);
    assert_eq!(error, None);
    assert_eq!(folded(events).await.text(), "Titan.");
}

#[tokio::test]
async fn a_stop_of_the_policy_in_the_middle_keeps_what_was_said() {
    let mut stop = piece(&json!([]));
    stop["candidates"][0] =
        json!({"content": {}, "finishReason": "SAFETY", "safetyRatings": [{"blocked": true}]});
    let read = streamed(&[text("Half"), stop]).await;
    assert_eq!((read.text().as_str(), read.finish.reason), ("Half", FinishReason::ContentFilter));
    assert!(read.metadata.contains_key("safetyRatings"));
}

#[tokio::test]
async fn text_after_the_reason_to_end_is_not_lost() {
    // Old models say with every piece that they stopped.
    let read = streamed(&[answer(&json!([{"text": "a"}])), answer(&json!([{"text": "b"}]))]).await;
    assert_eq!((read.text().as_str(), read.finish.reason), ("ab", FinishReason::Stop));
}

#[tokio::test]
async fn sources_that_come_at_the_end_go_to_the_text() {
    let grounding = json!({"webSearchQueries": ["q"], "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [{"segment": {"startIndex": 2, "endIndex": 6}, "groundingChunkIndices": [0]}]});
    let grounded = |parts: &Value| {
        let mut last = answer(parts);
        last["candidates"][0]["groundingMetadata"] = grounding.clone();
        last
    };
    for last in [
        grounded(&json!([{"text": "tan."}])),
        grounded(&json!([{"text": "tan."}, {"text": "", "thoughtSignature": "c2ln"}])),
    ] {
        let read = streamed(&[text("Ti"), last]).await;
        let Some(AssistantPart::Text(text)) = read.content.first() else { panic!("{:?}", read.content) };
        assert_eq!((text.text.as_str(), text.sources.len()), ("Titan.", 1));
        assert_eq!(text.sources[0].span, Some((2, 6)));
        assert!(read.content.iter().any(|part| matches!(part, AssistantPart::ProviderCall(_))));
    }
    // The same sources with every piece are told once, and places count from the beginning of all text.
    let signed = piece(&json!([{"text": "Ti", "thoughtSignature": "c2ln"}]));
    let again = grounded(&json!([{"text": ""}]));
    let read = streamed(&[signed, text("tan."), again.clone(), again]).await;
    let Some(AssistantPart::Text(text)) = read.content.get(1) else { panic!("{:?}", read.content) };
    assert_eq!(text.sources.iter().map(|source| source.span).collect::<Vec<_>>(), [Some((0, 4))]);
    // Where there is no text, they are told all the same.
    let read = streamed(&[grounded(&json!([]))]).await;
    assert!(
        matches!(&read.content[0], AssistantPart::Text(text) if text.text.is_empty() && text.sources.len() == 1)
    );
}

#[tokio::test]
async fn likelihoods_of_all_pieces_are_one() {
    let with = |token: &str, parts: Value| {
        let mut piece = parts;
        piece["candidates"][0]["logprobsResult"] =
            json!({"topCandidates": [{"t": token}], "chosenCandidates": [{"c": token}]});
        piece
    };
    let read = streamed(&[with("a", text("a")), with("b", end())]).await;
    assert_eq!(
        read.metadata["logprobsResult"].as_str(),
        r#"{"topCandidates":[{"t":"a"},{"t":"b"}],"chosenCandidates":[{"c":"a"},{"c":"b"}]}"#
    );
}

fn any_frame() -> impl Strategy<Value = Value> {
    let parts = prop::sample::select(vec![
        json!([{"text": "ab"}]),
        json!([{"text": "é", "thought": true}]),
        json!([{"text": "", "thoughtSignature": "s"}, {"text": "x"}]),
        json!([{"functionCall": {"name": "f", "args": {}}}, {"functionCall": null}]),
        json!([{"functionCall": 3}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]),
        json!([{"inlineData": {"data": "%"}}, {"executableCode": {}}, {"codeExecutionResult": []}]),
        json!([{}, null, 3, {"new": 1}]),
        json!(null),
        json!("x"),
    ]);
    let grounding = prop::sample::select(vec![
        json!(null),
        json!({"groundingChunks": [{"web": {"uri": "u"}}], "groundingSupports": [{"groundingChunkIndices": [0, 7]}]}),
        json!({"groundingChunks": 3, "groundingSupports": "x"}),
    ]);
    let finish = prop::sample::select(vec![json!(null), json!("STOP"), json!("SAFETY"), json!(3)]);
    (parts, grounding, finish, prop::option::of(0u32..2), any::<bool>()).prop_map(|(parts, grounding, finish, index, whole)| {
        let candidate = json!({"content": {"parts": parts}, "groundingMetadata": grounding, "finishReason": finish, "index": index});
        if whole { json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1}}) } else { json!({"candidates": candidate}) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_law_is_kept(frames in prop::collection::vec(any_frame(), 0..12)) {
        let (events, error) = events_of(sse(&frames).as_bytes(), &[]);
        keeps_the_law("anything", &events, error.is_some());
    }
}
