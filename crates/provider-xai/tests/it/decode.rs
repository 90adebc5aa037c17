//! Whole answers.

use laravel_ai_core::{AssistantPart, FinishReason, ToolCallKind, WarningKind};
use provider_mock::WireReply;
use provider_xai::Api;
use serde_json::{Value, json};

use crate::support::{answer, read_by, whole};

#[tokio::test]
async fn every_example() {
    for (test, api) in [("chat", Api::Chat), ("responses", Api::Responses)] {
        for (name, row) in read_by(test) {
            let response = whole(api, answer(&name, &row)).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            insta::assert_json_snapshot!(name.trim_end_matches(".json"), response);
        }
    }
}

pub(crate) fn response(output: &Value) -> Value {
    json!({"id": "r", "object": "response", "model": "grok-4.7", "status": "completed", "output": output})
}

#[tokio::test]
async fn searches_on_x_are_calls_of_xai_and_nobody_has_to_answer_them() {
    let input = r#"{"query":"from:nasa titan","limit":10}"#;
    for call_id in ["xs_call_1", ""] {
        let output = json!([
            {"type": "custom_tool_call", "id": "ctc_1", "call_id": call_id, "name": "x_keyword_search",
             "input": input, "status": "completed"},
            {"type": "x_search_call", "id": "xs_2", "status": "completed",
             "action": {"type": "search", "query": "titan", "sources": [{"url": "https://x.com/nasa/1"}]}},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [
                {"type": "output_text", "text": "Titan.", "annotations": [
                    {"type": "url_citation", "url": "https://x.com/nasa/1", "title": "1", "start_index": 0, "end_index": 6}]}]},
        ]);
        let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
        assert_eq!(answer.tool_calls().count(), 0, "{:?}", answer.content);
        assert_eq!(answer.finish.reason, FinishReason::Stop);
        assert_eq!(answer.warnings, []);
        let [
            AssistantPart::ProviderCall(posts),
            AssistantPart::ProviderCall(_),
            AssistantPart::ProviderResult(found),
            AssistantPart::Text(text),
        ] = &answer.content[..]
        else {
            panic!("{:?}", answer.content)
        };
        assert_eq!((posts.id.as_str(), posts.name.as_str()), ("ctc_1", "x_keyword_search"));
        assert_eq!(posts.input.as_ref().unwrap().as_str(), input);
        assert_eq!(found.output.as_ref().unwrap().as_str(), r#"[{"url":"https://x.com/nasa/1"}]"#);
        assert_eq!(text.sources[0].url.as_deref(), Some("https://x.com/nasa/1"));
        assert_eq!(text.sources[0].span, Some((0, 6)));
    }
}

#[tokio::test]
async fn every_tool_of_xai_is_a_provider_call() {
    let calls = json!([
        {"type": "code_interpreter_call", "id": "ci_1", "code": "print(1)", "outputs": [{"type": "logs", "logs": "1"}]},
        {"type": "file_search_call", "id": "fs_1", "queries": ["refunds"], "results": []},
        {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "name": "s", "arguments": "{}", "output": "x"},
        {"type": "shell_call", "id": "sh_1", "call_id": "c", "action": {"commands": ["ls"]}},
    ]);
    let answer = whole(Api::Responses, WireReply::json(&response(&calls))).await.unwrap();
    let names: Vec<_> = answer
        .content
        .iter()
        .filter_map(|part| match part {
            AssistantPart::ProviderCall(call) => Some(call.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["code_interpreter", "file_search", "mcp", "shell"]);
    assert_eq!(answer.warnings, []);
    assert_eq!(answer.tool_calls().count(), 0);
}

#[tokio::test]
async fn functions_come_back_to_the_application() {
    let output =
        json!([{"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}]);
    let answer = whole(Api::Responses, WireReply::json(&response(&output))).await.unwrap();
    let call = answer.tool_calls().next().unwrap();
    assert_eq!((call.id.as_str(), call.kind), ("call_1", ToolCallKind::Function));
    assert_eq!(answer.finish.reason, FinishReason::ToolCalls);
}

fn completion(message: &Value, finish: &Value) -> WireReply {
    WireReply::json(&json!({"id": "a", "object": "chat.completion", "model": "grok-4.7", "choices": [
        {"index": 0, "message": message, "finish_reason": finish}]}))
}

/// The word of the end, with a call and without.
#[tokio::test]
async fn the_end_is_told_even_where_xai_does_not_tell_it() {
    let call = json!({"role": "assistant", "content": "", "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let text = json!({"role": "assistant", "content": "Hi"});
    for (finish, with_call, without) in [
        (json!(""), FinishReason::ToolCalls, FinishReason::Unknown),
        (json!(null), FinishReason::ToolCalls, FinishReason::Unknown),
        (json!("stop"), FinishReason::ToolCalls, FinishReason::Stop),
        (json!("end_turn"), FinishReason::ToolCalls, FinishReason::Stop),
        (json!("length"), FinishReason::Length, FinishReason::Length),
        (json!("content_filter"), FinishReason::ContentFilter, FinishReason::ContentFilter),
        (json!("new_word"), FinishReason::ToolCalls, FinishReason::Unknown),
    ] {
        let answer = whole(Api::Chat, completion(&call, &finish)).await.unwrap();
        assert_eq!(answer.finish.reason, with_call, "{finish} with a call");
        let answer = whole(Api::Chat, completion(&text, &finish)).await.unwrap();
        assert_eq!(answer.finish.reason, without, "{finish}");
    }
}

#[tokio::test]
async fn why_an_answer_is_incomplete() {
    for (reason, wanted) in [
        ("max_output_tokens", FinishReason::Length),
        ("max_prompt_tokens", FinishReason::Length),
        ("max_time_limit", FinishReason::Unknown),
    ] {
        let mut body = response(&json!([]));
        body["status"] = json!("incomplete");
        body["incomplete_details"] = json!({"reason": reason});
        let answer = whole(Api::Responses, WireReply::json(&body)).await.unwrap();
        assert_eq!((answer.finish.reason, answer.finish.raw.as_deref()), (wanted, Some(reason)));
    }
}

#[tokio::test]
async fn what_nobody_knows_is_kept_and_told() {
    let mut body = response(&json!([{"type": "hologram", "id": "h_1", "depth": 3}]));
    body["weather"] = json!("fine");
    let answer = whole(Api::Responses, WireReply::json(&body)).await.unwrap();
    assert_eq!(answer.warnings.iter().map(|it| it.kind).collect::<Vec<_>>(), [WarningKind::UnknownPart]);
    assert!(matches!(answer.content[..], [AssistantPart::Native(_)]));
    assert_eq!(answer.metadata["weather"].as_str(), "\"fine\"");

    let message =
        json!({"role": "assistant", "content": "Hi", "output_files": [{"file_id": "f", "name": "n"}]});
    let answer = whole(Api::Chat, completion(&message, &json!("stop"))).await.unwrap();
    assert_eq!(answer.metadata["output_files"].as_str(), r#"[{"file_id":"f","name":"n"}]"#);
}

#[tokio::test]
async fn the_model_that_answered_may_be_another_one() {
    let mut body = response(&json!([]));
    body["model"] = json!("grok-4.7-0922");
    let answer = whole(Api::Responses, WireReply::json(&body)).await.unwrap();
    assert_eq!((answer.model.as_deref(), answer.served_by.model()), (Some("grok-4.7-0922"), "grok-4.7"));
}
