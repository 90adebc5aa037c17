//! Answers that go back.

use laravel_ai_core::{
    AssistantPart, ChatRequest, Message, Target, ToolCall, ToolCallKind, ToolResult, WarningKind,
};
use provider_mock::WireReply;
use provider_xai::{Api, XaiOptions};
use serde_json::{Value, json};

use crate::decode::response;
use crate::support::{encode, encode_for, json_of, read_by, subjects, whole};

fn back(api: Api, answer: Message) -> Value {
    // By the way of a database.
    let stored = serde_json::to_string(&answer).unwrap();
    let answer: Message = serde_json::from_str(&stored).unwrap();
    encode(api, &ChatRequest::new([Message::user("Hi"), answer]))
}

#[tokio::test]
async fn every_response_goes_back_as_it_came() {
    for (name, _) in read_by("responses") {
        let body = json_of(&name);
        let answer = whole(Api::Responses, WireReply::json(&body)).await.unwrap();
        let sent = back(Api::Responses, answer.message());
        assert_eq!(sent["input"].as_array().unwrap()[1..], *body["output"].as_array().unwrap(), "{name}");
    }
}

#[tokio::test]
async fn encrypted_reasoning_goes_back_byte_for_byte() {
    let item =
        r#"{ "type":"reasoning",  "id":"rs_1","summary":[],"encrypted_content":"gA\u002fB=", "x":1.50e2 }"#;
    let body = format!(r#"{{"id":"r","status":"completed","output":[{item}]}}"#);
    let reply = WireReply::status(200).body(body);
    let answer = whole(Api::Responses, reply).await.unwrap();
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    let encoded = provider_xai::encode_response(&answer.served_by, &request, false).unwrap();
    assert!(String::from_utf8(encoded.body.to_vec()).unwrap().contains(item));
}

#[tokio::test]
async fn calls_of_xai_go_back_unanswered() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VjcmV0"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "", "name": "x_keyword_search", "input": "{}", "status": "completed"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q", "sources": []}},
        {"type": "tool_search_call", "id": "ts_1", "status": "completed"},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]);
    let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
    let result = ToolResult::text(answer.tool_calls().next().unwrap(), "done");
    let request = ChatRequest::new([Message::user("Hi"), answer.message(), Message::tool([result])]);
    let (body, warnings) = encode_for(Api::Responses, "grok-4.7", &request, false).unwrap();
    let mut expected = output.as_array().unwrap().clone();
    expected.push(json!({"type": "function_call_output", "call_id": "call_1", "output": "done"}));
    assert_eq!(body["input"].as_array().unwrap()[1..], expected);
    assert_eq!(warnings, []);
}

#[tokio::test]
async fn shown_reasoning_goes_back_with_calls() {
    let body = json_of("xai_chat_tool_call.json");
    let answer = whole(Api::Chat, WireReply::json(&body)).await.unwrap();
    let sent = &back(Api::Chat, answer.message())["messages"][1];
    let came = &body["choices"][0]["message"];
    assert_eq!(sent["reasoning_content"], came["reasoning_content"]);
    assert_eq!(sent["content"], "", "not null");
    assert_eq!(sent["tool_calls"][0]["id"], came["tool_calls"][0]["id"]);
    assert_eq!(sent["tool_calls"][0]["function"], came["tool_calls"][0]["function"]);

    let body = json_of("xai_chat_reasoning.json");
    let answer = whole(Api::Chat, WireReply::json(&body)).await.unwrap();
    let sent = &back(Api::Chat, answer.message())["messages"][1];
    assert_eq!(*sent, json!({"role": "assistant", "content": "Titan."}), "without a call it is of no use");
}

#[tokio::test]
async fn state_goes_to_nobody_else() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "c2VjcmV0"},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
    ]);
    let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    for (api, model) in [(Api::Responses, "grok-4.5"), (Api::Chat, "grok-4.5")] {
        let (body, warnings) = encode_for(api, model, &request, false).unwrap();
        let text = body.to_string();
        assert!(!text.contains("c2VjcmV0") && !text.contains("msg_1") && text.contains("Hello"), "{text}");
        assert!(warnings.iter().any(|warning| warning.kind == WarningKind::StateDropped), "{warnings:?}");
    }
    // State of another driver.
    let mut foreign = answer.clone();
    for part in &mut foreign.content {
        if let Some(Some(opaque)) = part.opaque_mut() {
            opaque.target = Target::new("openai", "work", "gpt-6-luna");
        }
    }
    let request = ChatRequest::new([Message::user("Hi"), foreign.message()]);
    let (body, warnings) = encode_for(Api::Responses, "grok-4.7", &request, false).unwrap();
    assert_eq!(body["input"][1], json!({"role": "assistant", "content": "Hello"}));
    assert!(!subjects(&warnings).is_empty());
}

#[tokio::test]
async fn reasoning_that_xai_would_not_find_stays_behind() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]);
    let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    let (body, warnings) = encode_for(Api::Responses, "grok-4.7", &request, false).unwrap();
    let call = json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"});
    assert_eq!(body["input"].as_array().unwrap()[1..], [call]);
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::StateDropped]);

    let mut options = XaiOptions::default();
    options.store = Some(true);
    let body = encode(Api::Responses, &request.with_options(&options).unwrap());
    assert_eq!(body["input"][1]["id"], "rs_1", "it is stored there");
}

#[test]
fn a_free_form_call_of_another_vendor_goes_as_a_call_of_a_function() {
    let mut call = ToolCall::new("call_1", "run_sql", "select \"a\";");
    call.kind = ToolCallKind::Custom;
    let result = Message::tool([ToolResult::text(&call, "1")]);
    let answer = Message::Assistant(vec![AssistantPart::ToolCall(call)]);
    let request = ChatRequest::new([Message::user("Hi"), answer, result]);
    let arguments = r#"{"input":"select \"a\";"}"#;

    let (body, warnings) = encode_for(Api::Responses, "grok-4.7", &request, false).unwrap();
    assert_eq!(
        body["input"].as_array().unwrap()[1..],
        [
            json!({"type": "function_call", "call_id": "call_1", "name": "run_sql", "arguments": arguments}),
            json!({"type": "function_call_output", "call_id": "call_1", "output": "1"}),
        ]
    );
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::HistoryRepaired]);

    let (body, warnings) = encode_for(Api::Chat, "grok-4.7", &request, false).unwrap();
    let function = json!({"name": "run_sql", "arguments": arguments});
    assert_eq!(
        body["messages"][1]["tool_calls"],
        json!([{"id": "call_1", "type": "function", "function": function}])
    );
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::HistoryRepaired]);
}

#[tokio::test]
async fn hidden_reasoning_that_stays_behind_is_told_once() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VjcmV0"},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
    ]);
    let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
    let request = ChatRequest::new([Message::user("Hi"), answer.message()]);
    let (_, warnings) = encode_for(Api::Responses, "grok-4.5", &request, false).unwrap();
    assert_eq!(warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::StateDropped; 2]);
}
