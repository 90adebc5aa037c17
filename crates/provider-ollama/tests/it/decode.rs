//! Whole answers.

use laravel_ai_core::{AssistantPart, ErrorKind, FinishReason};
use serde_json::json;

use crate::support::{decoded, events_of, fixture, folded, read_by};

#[test]
fn every_example() {
    for (name, _) in read_by("decode") {
        let answer = decoded(fixture(&name)).unwrap();
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), answer);
    }
}

#[tokio::test]
async fn the_same_bytes_are_the_same_answer_whole_and_streamed() {
    for (name, _) in read_by("decode") {
        let body = fixture(&name).replace('\n', "");
        let (events, error) = events_of(body.as_bytes(), &[]);
        assert_eq!(error, None, "{name}");
        assert_eq!(folded(events).await, decoded(body).unwrap(), "{name}");
    }
}

#[test]
fn calls_without_ids_get_stable_ones_that_differ_between_answers() {
    let ids = |time: &str| -> Vec<String> {
        let call = json!({"function": {"name": "now", "arguments": {"zone": "UTC"}}});
        let answer = decoded(json!({"created_at": time, "done": true, "done_reason": "stop",
            "message": {"role": "assistant", "content": "", "tool_calls": [call, call]}}));
        answer.unwrap().tool_calls().map(|call| call.id.clone()).collect()
    };
    let (first, again, later) =
        (ids("2026-11-20T10:00:01.1Z"), ids("2026-11-20T10:00:01.1Z"), ids("2026-11-20T10:00:02Z"));
    assert_eq!(first, again);
    assert!(first[0] != first[1] && first.iter().all(|id| !later.contains(id)), "{first:?} {later:?}");
}

#[test]
fn arguments_keep_their_order_and_their_numbers() {
    let body = r#"{"done":true,"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"z": 1.50, "a": 12345678901234567890}}}]}}"#;
    let answer = decoded(body).unwrap();
    assert_eq!(answer.tool_calls().next().unwrap().arguments, r#"{"z": 1.50, "a": 12345678901234567890}"#);
    assert_eq!(answer.finish.reason, FinishReason::ToolCalls);
}

#[test]
fn images_of_an_answer_are_media() {
    let answer =
        decoded(json!({"done": true, "message": {"content": "Here.", "images": ["iVBORw0KGgo=", "?"]}}));
    let answer = answer.unwrap();
    let AssistantPart::Media(image) = &answer.content[1] else { panic!("{:?}", answer.content) };
    assert_eq!(image.mime.as_deref(), Some("image/png"));
    assert!(matches!(answer.content[2], AssistantPart::Unknown(_)) && answer.warnings.len() == 1);
}

#[test]
fn what_is_no_answer_is_an_error() {
    for (body, kind) in [
        ("", ErrorKind::Decode),
        ("<html></html>", ErrorKind::Decode),
        ("{}", ErrorKind::Decode),
        (r#"{"models":[]}"#, ErrorKind::Decode),
        (r#"{"message":{"content":"Ti"},"done":false}"#, ErrorKind::StreamInterrupted),
        (r#"{"error":"model 'x' not found"}"#, ErrorKind::ModelNotFound),
        (r#"{"error":"the runner died"}"#, ErrorKind::Server),
    ] {
        assert_eq!(decoded(body).unwrap_err().kind(), kind, "{body}");
    }
}
