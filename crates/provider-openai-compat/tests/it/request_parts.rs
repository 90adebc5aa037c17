//! Messages and their parts on the way out.

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{
    AssistantPart, CacheBreakpoint, ChatRequest, ErrorKind, Media, Message, Opaque, ProviderCall, RawJson,
    Reasoning, Refusal, Target, TextPart, ToolCall, ToolCallKind, ToolResult, ToolResultPart, UserPart,
    Warning, WarningKind,
};
use provider_openai_compat::{
    ArgumentsForm, CompatibleOptions, Dialect, EmptyContent, ImageForms, ReasoningName, ReasoningReplay,
    encode_chat,
};
use serde_json::{Value, json};

use crate::support::{encode, fixture, target};

fn messages(dialect: &Dialect, messages: impl IntoIterator<Item = Message>) -> (Value, Vec<Warning>) {
    let (mut body, warnings) = encode(dialect, &ChatRequest::new(messages), false).unwrap();
    (body["messages"].take(), warnings)
}

fn assistant(dialect: &Dialect, parts: Vec<AssistantPart>) -> Value {
    let (mut all, _) = messages(dialect, [Message::user("x"), Message::Assistant(parts)]);
    all[1].take()
}

fn call(arguments: &str) -> ToolCall {
    ToolCall::new("c", "f", arguments)
}

fn png() -> Media {
    Media::from_bytes(Bytes::from_static(b"\x89PNG\r\n\x1a\n")).unwrap()
}

#[test]
fn one_text_is_a_string_and_several_are_parts() {
    let two = || Message::System(vec![TextPart::new("a"), TextPart::new("b")]);
    let parts = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    let user = Message::User(vec![UserPart::text("a"), UserPart::text("b")]);
    let (all, _) = messages(&Dialect::new("x"), [two(), user.clone(), Message::assistant("c")]);
    assert_eq!(
        all,
        json!([
            {"role": "system", "content": parts}, {"role": "user", "content": parts}, {"role": "assistant", "content": "c"},
        ])
    );
    let mut dialect = Dialect::new("x");
    dialect.joins_texts = true;
    let (all, _) = messages(&dialect, [two(), user]);
    assert_eq!(all[0]["content"], "a\nb");
    assert_eq!(all[1]["content"], "a\nb");
}

#[test]
fn results_of_tools() {
    let call = call("{}");
    let several = vec![ToolResultPart::Text(TextPart::new("a")), ToolResultPart::Json { value: json!([1]) }];
    let results = [
        ToolResult::text(&call, "plain"),
        ToolResult::json(&call, json!({"b": 1, "a": [2.5]})),
        ToolResult::error(&call, "it broke"),
        ToolResult::of(&call, several),
        ToolResult::of(&call, vec![]),
    ];
    let (all, warnings) = messages(&Dialect::new("x"), [Message::tool(results)]);
    let tool = |content: Value| json!({"role": "tool", "tool_call_id": "c", "content": content});
    assert_eq!(
        all,
        json!([
            tool(json!("plain")),
            tool(json!("{\"b\":1,\"a\":[2.5]}")),
            tool(json!("it broke")),
            tool(json!([{"type": "text", "text": "a"}, {"type": "text", "text": "[1]"}])),
            tool(json!("")),
        ])
    );
    assert_eq!(warnings, []);
}

#[test]
fn images_in_results_are_sent_or_told_of() {
    let with = |parts| Message::tool([ToolResult::of(&call("{}"), parts)]);
    let both = vec![ToolResultPart::Text(TextPart::new("a")), ToolResultPart::Image(png())];
    let (all, warnings) = messages(&Dialect::new("x"), [with(both.clone())]);
    assert_eq!(all[0]["content"], "a");
    assert_eq!(warnings[0].kind, WarningKind::PartDropped);
    let alone = ChatRequest::new([with(vec![ToolResultPart::Image(png())])]);
    assert_eq!(encode(&Dialect::new("x"), &alone, false).unwrap_err().kind(), ErrorKind::Unsupported);
    let mut able = Dialect::new("x");
    able.tool_result_images = true;
    let (all, warnings) = messages(&able, [with(both)]);
    assert_eq!(all[0]["content"][1]["image_url"]["url"], "data:image/png;base64,iVBORw0KGgo=");
    assert_eq!(warnings, []);
}

#[test]
fn an_answer_without_text_has_the_content_that_the_server_takes() {
    let mut dialect = Dialect::new("x");
    let only_call = || vec![AssistantPart::ToolCall(call("{}"))];
    let calls = json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    assert_eq!(
        assistant(&dialect, only_call()),
        json!({"role": "assistant", "content": null, "tool_calls": calls})
    );
    dialect.empty_content = EmptyContent::Empty;
    assert_eq!(assistant(&dialect, only_call())["content"], "");
    dialect.empty_content = EmptyContent::Absent;
    assert_eq!(assistant(&dialect, only_call()), json!({"role": "assistant", "tool_calls": calls}));
    let nothing = vec![AssistantPart::Reasoning(Reasoning::new("hm"))];
    assert_eq!(assistant(&dialect, nothing), json!({"role": "assistant", "content": ""}), "null needs calls");
}

#[test]
fn texts_are_joined_and_refusals_have_parts_where_they_can() {
    let parts = || {
        vec![AssistantPart::text("a"), AssistantPart::Refusal(Refusal::new("no")), AssistantPart::text("b")]
    };
    assert_eq!(assistant(&Dialect::new("x"), parts())["content"], "anob");
    assert_eq!(
        assistant(&Dialect::openai("x"), parts())["content"],
        json!([{"type": "text", "text": "ab"}, {"type": "refusal", "refusal": "no"}])
    );
}

#[test]
fn arguments_go_back_as_they_came() {
    let mut dialect = Dialect::new("x");
    let back = |dialect: &Dialect, arguments: &str| {
        assistant(dialect, vec![AssistantPart::ToolCall(call(arguments))])["tool_calls"][0]["function"]["arguments"].clone()
    };
    assert_eq!(back(&dialect, "{ \"a\": 1 }"), "{ \"a\": 1 }");
    assert_eq!(back(&dialect, "{\"cut"), "{\"cut");
    assert_eq!(back(&dialect, ""), "{}", "servers that read the history again want JSON");
    dialect.arguments = ArgumentsForm::Object;
    assert_eq!(back(&dialect, "{ \"a\": 1 }"), json!({"a": 1}));
    assert_eq!(back(&dialect, "{\"cut"), "{\"cut");
    assert_eq!(back(&dialect, ""), json!({}));
}

#[test]
fn reasoning_goes_back_when_the_server_wants_it() {
    let said = |with_call: bool| {
        let mut parts = vec![AssistantPart::Reasoning(Reasoning::new("hm")), AssistantPart::text("x")];
        parts.extend(with_call.then(|| AssistantPart::ToolCall(call("{}"))));
        parts
    };
    let mut dialect = Dialect::new("x");
    for (replay, plain, with_call) in [
        (ReasoningReplay::Never, false, false),
        (ReasoningReplay::WithToolCalls, false, true),
        (ReasoningReplay::Always, true, true),
    ] {
        dialect.reasoning_replay = replay;
        assert_eq!(assistant(&dialect, said(false)).get("reasoning_content").is_some(), plain);
        assert_eq!(assistant(&dialect, said(true)).get("reasoning_content").is_some(), with_call);
    }
    dialect.reasoning_name = ReasoningName::Reasoning;
    assert_eq!(assistant(&dialect, said(false))["reasoning"], "hm");
}

/// The bytes of the next request after this answer.
fn next_request(body: &str, target: &Target) -> (String, Vec<Warning>) {
    let dialect = Dialect::new("openai-compatible");
    let response = Response::new(Bytes::from(body.to_owned()));
    let answer = crate::support::decoded(&dialect, &response).unwrap();
    let request = ChatRequest::new([Message::user("x"), answer.message()]);
    let encoded = encode_chat::<CompatibleOptions>(&dialect, target, &request, false).unwrap();
    (String::from_utf8(encoded.body.to_vec()).unwrap(), encoded.warnings)
}

#[test]
fn state_goes_back_letter_by_letter_and_to_no_other() {
    let signature = r#"{
                "google": {
                  "thought_signature": "bWFkZS11cCBzaWduYXR1cmUgb25lIGZvciB0ZXN0cw=="
                }
              }"#;
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let (sent, warnings) = next_request(&fixture("gemini_openai_compat_tool_call.json"), &target());
    assert!(squeezed(&sent).contains(&format!("\"extra_content\":{}", squeezed(signature))), "{sent}");
    assert_eq!(warnings, []);
    let details = r#"[{"type":"reasoning.encrypted","data":"\u00fc/+", "index":1.0}]"#;
    let answer =
        format!(r#"{{"id":"a","choices":[{{"message":{{"content":"x","reasoning_details":{details}}}}}]}}"#);
    let (sent, _) = next_request(&answer, &target());
    assert!(sent.contains(&format!("\"reasoning_details\":{details}")), "{sent}");

    let other = Target::new("openai-compatible", "elsewhere", "test-model");
    for body in [fixture("gemini_openai_compat_tool_call.json"), answer] {
        let (sent, warnings) = next_request(&body, &other);
        assert!(!sent.contains("extra_content") && !sent.contains("reasoning_details"), "{sent}");
        assert_eq!(warnings[0].kind, WarningKind::StateDropped);
    }
}

#[test]
fn a_custom_call_goes_back_as_one() {
    let (sent, _) = next_request(&fixture("openai_chat_custom_tool_call.json"), &target());
    let body: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(
        body["messages"][1]["tool_calls"],
        json!([{"id": "call_c3", "type": "custom", "custom": {"name": "run_sql", "input": "select 1;"}}])
    );
    let mut empty = call("");
    empty.kind = ToolCallKind::Custom;
    let message = assistant(&Dialect::new("x"), vec![AssistantPart::ToolCall(empty)]);
    assert_eq!(message["tool_calls"][0]["custom"]["input"], "", "free text may be empty");
}

#[test]
fn parts_without_a_form_are_told_of() {
    let parts = vec![
        AssistantPart::text("x"),
        AssistantPart::ProviderCall(ProviderCall::new("p", "web_search")),
        AssistantPart::Media(png()),
        AssistantPart::Unknown(json!({"type": "later"})),
    ];
    let user = serde_json::from_value::<Message>(json!({"v": 1, "role": "user", "content": [
        {"type": "text", "text": "x"}, {"type": "hologram"}]}));
    let (all, warnings) = messages(&Dialect::new("x"), [user.unwrap(), Message::Assistant(parts)]);
    assert_eq!(all, json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": "x"}]));
    assert_eq!(warnings.len(), 4);
    assert!(warnings.iter().all(|warning| warning.kind == WarningKind::PartDropped));
}

#[test]
fn foreign_state_on_its_own_is_left_out() {
    let foreign = Opaque::new(Target::new("other", "a", "b"), RawJson::parse("{\"x\":1}").unwrap());
    let (all, warnings) = messages(
        &Dialect::new("x"),
        [Message::Assistant(vec![AssistantPart::text("x"), AssistantPart::Native(foreign)])],
    );
    assert_eq!(all, json!([{"role": "assistant", "content": "x"}]));
    assert_eq!(warnings[0].kind, WarningKind::StateDropped);
}

#[test]
fn state_of_responses_is_left_out_though_the_target_made_it() {
    let state = |data: &str| Some(Opaque::new(target(), RawJson::parse(data).unwrap()));
    let mut call = ToolCall::new("call_1", "f", "{}");
    call.opaque = state(r#"{"type":"function_call","id":"fc_1","status":"completed"}"#);
    let native = state(r#"{"type":"compaction","id":"cmp_1"}"#).unwrap();
    let parts = vec![AssistantPart::ToolCall(call), AssistantPart::Native(native)];
    let (all, warnings) = messages(&Dialect::new("x"), [Message::Assistant(parts)]);
    assert_eq!(
        all[0]["tool_calls"],
        json!([{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}])
    );
    assert_eq!(all[0].get("type"), None);
    let kinds: Vec<_> = warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::StateDropped; 2]);
}

#[test]
fn media_that_the_server_cannot_take_is_refused() {
    let user = |part| ChatRequest::new([Message::User(vec![part])]);
    let url = |url: &str| Media::from_url(url).unwrap();
    let audio = |mime: &str| Media::from_bytes_as(Bytes::from_static(b"x"), mime, 10).unwrap();
    let mut inline = Dialect::new("openai-compatible");
    inline.images = ImageForms::Inline;
    let mut blind = Dialect::new("openai-compatible");
    blind.images = ImageForms::None;
    let plain = Dialect::new("openai-compatible");
    for (dialect, part) in [
        (&inline, UserPart::Image(url("https://example.com/a.png"))),
        (&blind, UserPart::Image(png())),
        (&plain, UserPart::Image(url("gs://bucket/a.png"))),
        (&plain, UserPart::Image(Media::uploaded("openai-compatible", "file-1"))),
        (&plain, UserPart::Audio(url("https://example.com/a.wav"))),
        (&plain, UserPart::Audio(audio("audio/ogg"))),
        (&plain, UserPart::File(url("https://example.com/a.pdf"))),
        (&plain, UserPart::File(Media::uploaded("other", "file-1"))),
    ] {
        let error = encode(dialect, &user(part.clone()), false).unwrap_err();
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Unsupported, false), "{part:?}");
    }
    let sent = |dialect: &Dialect, part| {
        encode(dialect, &user(part), false).unwrap().0["messages"][0]["content"][0].clone()
    };
    assert_eq!(sent(&inline, UserPart::Image(png()))["type"], "image_url");
    assert_eq!(
        sent(&plain, UserPart::Audio(audio("audio/mpeg")))["input_audio"],
        json!({"data": "eA==", "format": "mp3"})
    );
    let file = sent(&plain, UserPart::File(Media::uploaded("openai-compatible", "file-1")));
    assert_eq!(file, json!({"type": "file", "file": {"file_id": "file-1"}}));
}

#[test]
fn marks_for_the_cache_where_the_server_knows_them() {
    let mut mark = CacheBreakpoint::default();
    let marked = |mark| [Message::System(vec![TextPart::new("a").with_cache(mark)])];
    let (all, warnings) = messages(&Dialect::new("x"), marked(mark));
    assert_eq!((&all[0]["content"], warnings.len()), (&json!("a"), 0));
    let openai = Dialect::openai("x");
    for (seconds, ttl) in
        [(None, None), (Some(60), Some("30m")), (Some(1800), Some("30m")), (Some(1801), Some("12h"))]
    {
        mark.ttl_seconds = seconds;
        let (all, _) = messages(&openai, marked(mark));
        let mut wanted = json!({"mode": "explicit"});
        if let Some(ttl) = ttl {
            wanted["ttl"] = json!(ttl);
        }
        assert_eq!(all[0]["content"][0]["prompt_cache_breakpoint"], wanted);
    }
}

#[test]
fn reasoning_of_another_model_that_can_not_go_along_is_told_of() {
    let mut foreign = Reasoning::new("Let me see.");
    foreign.opaque = Some(Opaque::new(Target::new("gemini", "a", "b"), RawJson::parse("{}").unwrap()));
    let said = |part: &Reasoning| Message::Assistant(vec![AssistantPart::Reasoning(part.clone())]);
    let told = |dialect: &Dialect, part: &Reasoning| {
        let (_, warnings) = messages(dialect, [Message::user("x"), said(part)]);
        warnings.iter().filter(|warning| warning.kind == WarningKind::PartDropped).count()
    };
    let mut dialect = Dialect::new("x");
    assert_eq!(told(&dialect, &foreign), 1);
    assert_eq!(told(&dialect, &Reasoning::new("Own.")), 0, "the server does not want its own back");
    dialect.reasoning_replay = ReasoningReplay::Always;
    assert_eq!(told(&dialect, &foreign), 0, "it goes along");
}
