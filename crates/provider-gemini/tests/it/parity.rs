//! The same answer, whole and in a stream.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stream::keeps_the_law;
use crate::support::{answer, decode, events_of, folded, sse};

/// Parts as Google sends them: in an answer no two unsigned texts of one kind follow each other.
fn any_part() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{1,12}".prop_map(|text| json!({"text": text})),
        "\\PC{1,12}".prop_map(|text| json!({"text": text, "thought": true})),
        "\\PC{0,12}".prop_map(|text| json!({"text": text, "thoughtSignature": "c2ln"})),
        ("[a-z]{1,5}", any::<bool>(), any::<bool>()).prop_map(|(name, signed, with_id)| {
            let mut part = json!({"functionCall": {"name": name, "args": {"a": [1.50, null]}}});
            if signed {
                part["thoughtSignature"] = json!("c2ln");
            }
            if with_id {
                part["functionCall"]["id"] = json!(format!("id_{name}"));
            }
            part
        }),
        Just(json!({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}})),
        Just(json!({"executableCode": {"language": "PYTHON", "code": "1"}})),
        Just(json!({"codeExecutionResult": {"outcome": "OUTCOME_OK"}})),
        Just(json!({"newThing": {"n": 1}})),
    ]
}

fn joins(a: &Value, b: &Value) -> bool {
    let plain = |part: &Value| part["text"].is_string() && part["thoughtSignature"].is_null();
    plain(a) && plain(b) && a["thought"] == b["thought"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_answer_two_ways(
        parts in prop::collection::vec(any_part(), 0..6),
        cuts in prop::collection::vec(any::<bool>(), 6),
        cut: prop::sample::Index, limit: bool,
    ) {
        let mut parts = parts;
        parts.dedup_by(|b, a| joins(a, b));
        let mut whole = answer(&json!(parts));
        whole["usageMetadata"] = json!({"promptTokenCount": 3, "candidatesTokenCount": 2, "serviceTier": "standard"});
        whole["candidates"][0]["safetyRatings"] = json!([{"category": "x"}]);
        if limit {
            whole["candidates"][0]["finishReason"] = json!("MAX_TOKENS");
        }
        let unary = decode(&whole).unwrap();

        // Parts come in frames of one or several, and an unsigned text in pieces.
        let mut frames = vec![Vec::new()];
        for (part, apart) in parts.into_iter().zip(cuts) {
            let text = part["text"].as_str().unwrap_or_default().to_owned();
            let place = text.char_indices().map(|(at, _)| at).nth(cut.index(text.len().max(1)));
            match place.filter(|_| part["thoughtSignature"].is_null()) {
                Some(place) => {
                    let piece = |text: &str| { let mut piece = part.clone(); piece["text"] = json!(text); piece };
                    frames.last_mut().unwrap().push(piece(&text[..place]));
                    frames.push(vec![piece(&text[place..])]);
                }
                None => frames.last_mut().unwrap().push(part),
            }
            if apart {
                frames.push(Vec::new());
            }
        }
        let last = frames.len() - 1;
        let frames: Vec<Value> = frames.into_iter().enumerate().map(|(at, parts)| {
            let mut frame = whole.clone();
            frame["candidates"][0]["content"]["parts"] = json!(parts);
            if at < last {
                frame["candidates"][0].as_object_mut().unwrap().remove("finishReason");
            }
            frame
        }).collect();
        let (events, error) = events_of(sse(&frames).as_bytes(), &[]);
        prop_assert_eq!(error, None);
        keeps_the_law("answer", &events, false);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert_eq!(runtime.block_on(folded(events)), unary);
    }
}
