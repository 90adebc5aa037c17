//! Answers that go back.

use laravel_ai_core::{
    AssistantPart, ChatRequest, Media, Message, Reasoning, Target, ToolCall, ToolResult, WarningKind,
};
use serde_json::{Value, json};

use crate::support::{
    answer, decode, encode, encode_for, events_of, fixture, folded, json as fixture_json, read_by, subjects,
    target,
};

fn of(parts: &Value) -> laravel_ai_core::ChatResponse {
    decode(answer(parts)).unwrap()
}

/// By the way of a database.
fn stored(message: &Message) -> Message {
    serde_json::from_str(&serde_json::to_string(message).unwrap()).unwrap()
}

fn back(answer: Message) -> Value {
    encode(&ChatRequest::new([Message::user("Hi"), answer]))["contents"][1]["parts"].clone()
}

#[test]
fn parts_go_back_as_they_came_and_in_order() {
    let parts = json!([
        {"text": "hm", "thought": true},
        {"text": "hm", "thought": true, "thoughtSignature": "dGhpbms="},
        {"text": "Let me see."},
        {"text": "Signed.", "thoughtSignature": "c2ln"},
        {"text": "", "thoughtSignature": "bGF0ZQ=="},
        {"functionCall": {"name": "f", "args": {"a": 1.50, "b": null}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "fn_1", "name": "g", "args": {}, "willContinue": false}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "x"}, "thoughtSignature": "c2ln"},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGg"}},
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"toolCall": {"id": "t1", "toolType": "URL_CONTEXT", "args": {}}, "thoughtSignature": "c2ln"},
        {"toolResponse": {"id": "t1", "toolType": "URL_CONTEXT", "response": {}}},
        {"thoughtSignature": "YWxvbmU="},
        {"hologram": {"depth": 3}, "partMetadata": {"k": "v"}},
    ]);
    assert_eq!(back(stored(&of(&parts).message())), parts);
}

#[test]
fn arguments_and_signatures_go_back_byte_for_byte() {
    let args = r#"{ "city":"\u00d8rsta",  "n":1.50e2 }"#;
    let signature = r#""a\/b+c_-=""#;
    let body = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"functionCall":{{"name":"f","args":{args}}},"thoughtSignature":{signature}}}]}},"finishReason":"STOP"}}]}}"#
    );
    let message = stored(&decode(body).unwrap().message());
    let encoded =
        provider_gemini::encode_content(&target(), &ChatRequest::new([Message::user("Hi"), message]))
            .unwrap();
    let sent = String::from_utf8(encoded.body.to_vec()).unwrap();
    assert!(sent.contains(args) && sent.contains(signature), "{sent}");
}

#[test]
fn every_example_goes_back() {
    for (name, _) in read_by("decode") {
        let body = fixture_json(&name);
        let message = decode(&body).unwrap().message();
        let parts = &body["candidates"][0]["content"]["parts"];
        if parts.is_array() {
            assert_eq!(back(stored(&message)), *parts, "{name}");
        }
    }
}

#[tokio::test]
async fn a_streamed_answer_goes_back_with_its_late_signature() {
    let (events, _) = events_of(fixture("gemini_stream_reasoning.sse").as_bytes(), &[]);
    let parts = back(stored(&folded(events).await.message()));
    assert_eq!(
        parts,
        json!([
            {"text": "**Recalling moons**\n\nTitan is the largest.", "thought": true},
            {"text": "Titan."},
            {"text": "", "thoughtSignature": "bWFkZS11cCBzaWduYXR1cmUgb25lIGZvciB0ZXN0cw=="},
        ])
    );
}

#[test]
fn what_only_metadata_told_does_not_go_back() {
    let body = fixture_json("gemini_grounding.json");
    let read = decode(&body).unwrap();
    assert!(read.content.len() > 1);
    let request = ChatRequest::new([Message::user("Hi"), stored(&read.message())]);
    let (sent, warnings) = encode_for("gemini-3.5-flash", &request).unwrap();
    assert_eq!(sent["contents"][1]["parts"], json!([{"text": "Titan."}]));
    assert_eq!(subjects(&warnings), [""; 0]);
}

#[test]
fn what_a_layer_changes_in_a_text_is_what_goes_back() {
    let mut message = of(&json!([{"text": "My number is 123", "thoughtSignature": "c2ln"}])).message();
    if let Message::Assistant(parts) = &mut message
        && let AssistantPart::Text(text) = &mut parts[0]
    {
        text.text = "My number is ***".into();
    }
    assert_eq!(back(message), json!([{"text": "My number is ***", "thoughtSignature": "c2ln"}]));
}

#[test]
fn state_of_others_stays_behind_and_foreign_calls_carry_googles_word_for_it() {
    let mut answer = of(&json!([
        {"text": "hm", "thought": true},
        {"text": "Hello", "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "fn_1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "fn_2", "name": "f", "args": {"a": 2}}},
        {"executableCode": {"code": "1"}},
    ]));
    for part in &mut answer.content {
        if let Some(Some(opaque)) = part.opaque_mut() {
            opaque.target = Target::new("openai", "work", "gpt-x");
        }
    }
    answer.content.push(AssistantPart::Reasoning(Reasoning::new("of old")));
    let calls: Vec<ToolCall> = answer.tool_calls().cloned().collect();
    let results =
        calls.iter().rev().map(|call| ToolResult::json(call, json!({"of": call.id}))).collect::<Vec<_>>();
    let request = ChatRequest::new([Message::user("Hi"), answer.message(), Message::tool(results)]);
    let (body, warnings) = encode_for("gemini-3.5-flash", &request).unwrap();
    let second = json!({"functionCall": {"name": "f", "args": {"a": 2}}});
    let mut first = json!({"functionCall": {"name": "f", "args": {"a": 1}}});
    first["thoughtSignature"] = json!("skip_thought_signature_validator");
    assert_eq!(body["contents"][1]["parts"], json!([{"text": "Hello"}, first, second]));
    // Without ids that Google gave, results go by name and order: that of the calls.
    assert_eq!(
        body["contents"][2]["parts"],
        json!([{"functionResponse": {"name": "f", "response": {"of": "fn_1"}}},
            {"functionResponse": {"name": "f", "response": {"of": "fn_2"}}}])
    );
    assert!(warnings.iter().any(|warning| warning.kind == WarningKind::StateDropped));
    assert!(warnings.iter().any(|warning| warning.kind == WarningKind::PartDropped));

    let (body, _) = encode_for("gemini-2.5-flash", &request).unwrap();
    assert_eq!(body["contents"][1]["parts"][1]["thoughtSignature"], Value::Null, "older models ask for none");
}

#[test]
fn calls_of_google_need_no_word_although_only_the_first_is_signed() {
    let parts = fixture_json("gemini_parallel_tool_calls.json")["candidates"][0]["content"]["parts"].clone();
    let sent = back(of(&parts).message());
    assert_eq!(sent, parts);
    assert!(!sent.to_string().contains("skip_thought"));
}

#[test]
fn a_call_of_google_without_its_signature_carries_googles_word_too() {
    let answer = of(&json!([
        {"functionCall": {"id": "fn_1", "name": "f", "args": {}}},
        {"functionCall": {"id": "fn_2", "name": "f", "args": {}}},
    ]));
    assert_eq!(
        back(answer.message()),
        json!([
            {"functionCall": {"id": "fn_1", "name": "f", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"},
            {"functionCall": {"id": "fn_2", "name": "f", "args": {}}},
        ])
    );
}

#[test]
fn media_of_others_goes_as_a_part_of_the_model() {
    let media = Media::from_bytes(b"\x89PNG\r\n\x1a\n".as_slice()).unwrap();
    let sent = back(Message::Assistant(vec![AssistantPart::Media(media)]));
    assert_eq!(sent, json!([{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]));
}

#[test]
fn hidden_reasoning_of_another_vendor_is_told_once() {
    let mut hidden = Reasoning::new("");
    let state = laravel_ai_core::RawJson::parse(r#"{"encrypted_content":"c2VjcmV0"}"#).unwrap();
    hidden.opaque = Some(laravel_ai_core::Opaque::new(Target::new("openai", "work", "gpt-x"), state));
    let answer = Message::Assistant(vec![AssistantPart::Reasoning(hidden), AssistantPart::text("Hello")]);
    let (body, warnings) =
        encode_for("gemini-3.5-flash", &ChatRequest::new([Message::user("Hi"), answer])).unwrap();
    assert_eq!(body["contents"][1]["parts"], json!([{"text": "Hello"}]));
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::StateDropped]);
}
