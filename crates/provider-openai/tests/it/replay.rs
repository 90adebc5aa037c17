//! Answers that go back.

use laravel_ai_core::{AssistantPart, ChatRequest, Message, Reasoning, Target, WarningKind};
use provider_openai::OpenAiOptions;
use serde_json::{Value, json};

use crate::decode::of;
use crate::support::{encode, encode_for, fixture, read_by};

fn back(answer: Message) -> Vec<Value> {
    let body = encode(&ChatRequest::new([Message::user("Hi"), answer]));
    body["input"].as_array().unwrap()[1..].to_vec()
}

/// Every member of an item goes back, likelihoods aside.
#[test]
fn items_go_back_as_they_came_and_in_order() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
         "content": [], "encrypted_content": "gAAA=", "status": "completed"},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "commentary", "content": [
            {"type": "output_text", "text": "Let me look.", "annotations": [], "logprobs": []},
            {"type": "output_text", "text": "And see.", "annotations": [{"type": "file_path", "file_id": "f", "index": 1}], "logprobs": []},
            {"type": "hologram", "data": 1}]},
        {"type": "message", "id": "msg_2", "role": "assistant", "status": "completed", "phase": "final_answer", "content": [
            {"type": "refusal", "refusal": "No."}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q", "sources": []}},
        {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "name": "s", "arguments": "{}", "output": "x"},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\": 1}", "status": "completed"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "sql", "input": "SELECT 1"},
        {"type": "quantum_call", "id": "q_1", "spin": 0.5},
    ]);
    let answer = of(output.clone());
    // By the way of a database.
    let stored = serde_json::to_string(&answer.message()).unwrap();
    assert_eq!(Value::from(back(serde_json::from_str(&stored).unwrap())), output);
}

#[test]
fn encrypted_reasoning_goes_back_byte_for_byte() {
    let item =
        r#"{ "type":"reasoning",  "id":"rs_1","summary":[],"encrypted_content":"gA\u002fB=", "x":1.50e2 }"#;
    let body = format!(
        r#"{{"id":"r","status":"completed","output":[{item},{{"type":"function_call","call_id":"c","name":"f","arguments":"{{}}"}}]}}"#
    );
    let answer = crate::decode::decode(body).unwrap();
    let stored = serde_json::to_value(answer.message()).unwrap();
    let request = ChatRequest::new([Message::user("Hi"), serde_json::from_value(stored).unwrap()]);
    let encoded = provider_openai::encode_response(&crate::support::target(), &request, false).unwrap();
    assert!(String::from_utf8(encoded.body.to_vec()).unwrap().contains(item));
}

#[test]
fn what_a_layer_changes_in_a_text_is_what_goes_back() {
    let answer = of(json!([{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                            "content": [{"type": "output_text", "text": "My number is 123", "annotations": []}]}]));
    let mut message = answer.message();
    if let Message::Assistant(parts) = &mut message
        && let AssistantPart::Text(text) = &mut parts[0]
    {
        text.text = "My number is ***".into();
    }
    let items = back(message);
    assert_eq!(items[0]["content"][0]["text"], "My number is ***");
    assert!(!Value::from(items).to_string().contains("123"));
}

#[test]
fn reasoning_that_openai_would_not_find_stays_behind_with_the_ids_it_led_to() {
    let answer = of(json!([
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "commentary",
         "content": [{"type": "output_text", "text": "Looking", "annotations": []}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]));
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    let (body, warnings) = encode_for("gpt-6-luna", &request, false).unwrap();
    assert_eq!(
        body["input"].as_array().unwrap()[1..],
        [
            json!({"role": "assistant", "content": "Looking", "phase": "commentary"}),
            json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}),
        ]
    );
    assert_eq!(warnings.iter().map(|w| w.kind).collect::<Vec<_>>(), [WarningKind::StateDropped]);

    let mut options = OpenAiOptions::default();
    options.store = Some(true);
    let (body, warnings) = encode_for("gpt-6-luna", &request.with_options(&options).unwrap(), false).unwrap();
    assert_eq!((body["input"][1]["id"].as_str(), warnings.len()), (Some("rs_1"), 0), "it is stored there");
}

#[test]
fn state_of_others_stays_behind() {
    let mut answer = of(json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Hello"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]));
    for part in &mut answer.content {
        if let Some(Some(opaque)) = part.opaque_mut() {
            opaque.target = Target::new("openai", "elsewhere", "gpt-6-luna");
        }
    }
    answer.content.push(AssistantPart::Reasoning(Reasoning::new("of old")));
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    let (body, warnings) = encode_for("gpt-6-luna", &request, false).unwrap();
    assert_eq!(
        body["input"].as_array().unwrap()[1..],
        [
            json!({"role": "assistant", "content": "Hello"}),
            json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}),
        ]
    );
    assert!(warnings.iter().any(|warning| warning.kind == WarningKind::StateDropped));
    assert!(warnings.iter().any(|warning| warning.kind == WarningKind::PartDropped));
}

#[test]
fn every_example_goes_back() {
    for name in read_by("decode") {
        let body: Value = serde_json::from_str(&fixture(&name)).unwrap();
        let answer = crate::decode::decode(&body).unwrap();
        if answer.content.is_empty() {
            continue;
        }
        let mut options = OpenAiOptions::default();
        options.store = Some(true);
        let request =
            ChatRequest::new([Message::user("Hi"), answer.message()]).with_options(&options).unwrap();
        assert_eq!(
            encode(&request)["input"].as_array().unwrap()[1..],
            *body["output"].as_array().unwrap(),
            "{name}"
        );
    }
}
