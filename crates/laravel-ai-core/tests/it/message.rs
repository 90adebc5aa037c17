//! The stored form of messages keeps everything.

use laravel_ai_core::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;

fn read(value: Value) -> Result<Message, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

proptest! {
    #[test]
    fn every_message_comes_back_from_text(message in arbitrary::message()) {
        let stored = serde_json::to_string(&message).unwrap();
        let back: Message = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&back, &message);
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), stored);
    }

    #[test]
    fn every_message_comes_back_from_a_json_column(message in arbitrary::message()) {
        let stored = serde_json::to_value(&message).unwrap();
        prop_assert_eq!(&stored["v"], MESSAGE_VERSION);
        prop_assert_eq!(&stored["role"], message.role());
        prop_assert_eq!(serde_json::from_value::<Message>(stored).unwrap(), message);
    }

    #[test]
    fn requests_and_answers_come_back_with_their_messages(
        message in arbitrary::message(),
        parts in prop::collection::vec(arbitrary::assistant_part(), 0..3),
        usage in arbitrary::usage(),
    ) {
        let request = ChatRequest::new([message]);
        let stored = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<ChatRequest>(&stored).unwrap(), request);

        let mut response = ChatResponse::new(Target::new("d", "c", "m"), parts, FinishReason::Stop);
        response.usage = usage;
        let stored = serde_json::to_string(&response).unwrap();
        prop_assert_eq!(serde_json::from_str::<ChatResponse>(&stored).unwrap(), response);
    }

    #[test]
    fn opaque_state_keeps_every_byte(
        data in arbitrary::raw_json(),
        target in arbitrary::target(),
    ) {
        let mut text = Text::new("hi");
        text.opaque = Some(Opaque::new(target, data.clone()));
        let message = Message::Assistant(vec![AssistantPart::Text(text)]);
        // Through a database column, which reorders JSON.
        let column = serde_json::to_value(&message).unwrap();
        let back: Message = serde_json::from_str(&column.to_string()).unwrap();
        let Message::Assistant(parts) = back else { panic!("another role") };
        prop_assert_eq!(parts[0].opaque().unwrap().data.as_str(), data.as_str());
    }
}

#[test]
fn unknown_parts_stay_where_they_were() {
    let hologram = json!({"type": "hologram", "depth": {"z": 1.0, "a": [null, "é"]}});
    for (role, content) in [
        ("user", json!([{"type": "text", "text": "a"}, hologram, {"type": "text", "text": "b"}])),
        ("assistant", json!([{"type": "text", "text": "a"}, hologram])),
        ("tool", json!([{"call_id": "1", "content": [hologram, {"type": "text", "text": "b"}]}])),
    ] {
        let stored = json!({"v": 1, "role": role, "content": content});
        let message = read(stored.clone()).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), stored);
    }
}

#[test]
fn a_broken_part_of_a_known_type_names_the_type_and_no_content() {
    let part = |role: &str, part: Value| json!({"v": 1, "role": role, "content": [part]});
    for (stored, kind) in [
        (part("user", json!({"type": "text", "text": {"canary": "canary"}})), "text"),
        (part("user", json!({"type": "image", "canary": 1})), "image"),
        (part("assistant", json!({"type": "text"})), "text"),
        (part("assistant", json!({"type": "reasoning"})), "reasoning"),
        (part("assistant", json!({"type": "refusal", "text": 5})), "refusal"),
        (part("assistant", json!({"type": "tool_call", "id": "canary"})), "tool_call"),
        (part("assistant", json!({"type": "tool_call", "name": "canary", "arguments": ""})), "tool_call"),
        (part("assistant", json!({"type": "tool_call", "id": "canary", "name": "canary"})), "tool_call"),
        (part("assistant", json!({"type": "provider_call", "name": "canary"})), "provider_call"),
        (part("assistant", json!({"type": "refusal", "text": ["canary"]})), "refusal"),
        (part("assistant", json!({"type": "text", "text": "", "sources": "canary"})), "text"),
        (
            part(
                "assistant",
                json!({"type": "tool_call", "id": "", "name": "", "arguments": "", "kind": "canary"}),
            ),
            "tool_call",
        ),
        (part("assistant", json!({"type": "provider_call", "id": "canary"})), "provider_call"),
        (part("assistant", json!({"type": "provider_result"})), "provider_result"),
        (part("assistant", json!({"type": "native", "data": "canary"})), "native"),
        (part("assistant", json!({"type": "media", "source": {"bytes": "canary?"}})), "media"),
        (part("tool", json!({"call_id": "1", "content": [{"type": "json"}]})), "json"),
        (part("tool", json!({"call_id": "1", "content": [{"type": "file", "source": "canary"}]})), "file"),
    ] {
        let error = read(stored).unwrap_err();
        assert!(error.contains(&format!("part of type `{kind}` is broken")), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let told = |what: Value| read(part("assistant", what)).unwrap_err();
    assert_eq!(
        told(json!({"type": "tool_call", "id": "1"})),
        "a message part of type `tool_call` is broken: missing field `name`"
    );
    assert_eq!(
        told(json!({"type": "text", "text": "", "sources": "canary"})),
        "a message part of type `text` is broken: invalid type: string, expected a sequence"
    );
}

#[test]
fn a_part_without_a_type_is_an_error() {
    for part in [json!({"text": "hi"}), json!({"type": 5}), json!("hi"), json!(null)] {
        let error = read(json!({"v": 1, "role": "user", "content": [part]})).unwrap_err();
        assert_eq!(error, "a message part needs a `type`");
    }
}

#[test]
fn a_newer_version_asks_for_an_update_whatever_else_it_holds() {
    for stored in [
        json!({"v": MESSAGE_VERSION + 1, "role": "user", "content": []}),
        json!({"v": MESSAGE_VERSION + 1, "role": "oracle", "body": {"new": true}}),
        json!({"v": u32::MAX, "content": 5}),
    ] {
        let error = read(stored).unwrap_err();
        assert!(error.contains("reads up to 1: update it"), "{error}");
    }
}

#[test]
fn a_message_without_version_is_of_the_first() {
    assert_eq!(
        read(json!({"role": "user", "content": [{"type": "text", "text": "hi"}]})),
        Ok(Message::user("hi"))
    );
}

#[test]
fn an_unknown_role_and_a_missing_role_are_errors() {
    let error = read(json!({"v": 1, "role": "oracle", "content": []})).unwrap_err();
    assert!(error.contains("unknown variant `oracle`") && error.contains("`assistant`"), "{error}");
    assert!(read(json!({"v": 1, "content": []})).unwrap_err().contains("missing field `role`"));
    assert!(read(json!({"v": 1, "role": "user"})).unwrap_err().contains("missing field `content`"));
}

#[test]
fn json_that_readers_refuse_does_not_make_a_message_unstorable() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    for odd in [r#"{"q":"\ud800"}"#, "1e400", deep.as_str()] {
        let mut call = ProviderCall::new("1", "web_search");
        call.input = Some(RawJson::parse(odd).unwrap());
        let stored =
            serde_json::to_string(&Message::Assistant(vec![AssistantPart::ProviderCall(call)])).unwrap();
        let Message::Assistant(parts) = serde_json::from_str(&stored).unwrap() else {
            panic!("another role")
        };
        let AssistantPart::ProviderCall(call) = &parts[0] else { panic!("another part") };
        assert_eq!(call.input.as_ref().unwrap().decode::<String>().unwrap(), odd);
    }
}

#[test]
fn text_joins_text_parts_and_leaves_the_rest_out() {
    let call = ToolCall::new("1", "clock", "{}");
    let answer = [AssistantPart::text("a"), AssistantPart::ToolCall(call.clone()), AssistantPart::text("b")];
    assert_eq!(Message::Assistant(answer.into()).text(), "ab");
    assert_eq!(
        Message::tool([ToolResult::text(&call, "12:00"), ToolResult::json(&call, json!(1))]).text(),
        "12:00"
    );
    assert_eq!(Message::system("s").text(), "s");
    assert_eq!(Message::User(vec![UserPart::text("u"), UserPart::Unknown(json!({"type": "x"}))]).text(), "u");
}

#[test]
fn tool_arguments_are_parsed_with_errors_that_show_no_value() {
    #[derive(Debug, serde::Deserialize)]
    struct Place {
        city: Option<String>,
    }
    let parse = |arguments: &str| ToolCall::new("1", "weather", arguments).parse::<Place>();
    assert_eq!(parse(r#"{"city": "Lima"}"#).unwrap().city.as_deref(), Some("Lima"));
    for empty in ["", " ", "null", "{}"] {
        assert_eq!(parse(empty).unwrap().city, None);
    }

    let error = parse(r#"{"city": 31337}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.message(),
        "the arguments of tool `weather` don't fit: invalid type: integer, expected a string at line 1 column 14"
    );
    assert!(parse(r#"{"city": "Li"#).unwrap_err().message().contains("EOF while parsing a string at line 1"));

    let mut cut = ToolCall::new("1", "weather", "{}");
    cut.truncated = true;
    let error = cut.parse::<Place>().unwrap_err();
    assert_eq!(error.message(), "the arguments of tool `weather` were cut off before their end");
}

#[test]
fn a_part_that_nobody_knows_never_makes_a_message_unreadable() {
    for value in [
        json!({"logprob": -0.21}),
        json!({"type": 3}),
        json!({"type": "text", "text": 5}),
        json!({"type": "unknown_value", "value": 1}),
        json!({"type": "hologram"}),
        json!(["a"]),
        json!(7),
        json!(null),
    ] {
        for message in [
            Message::Assistant(vec![AssistantPart::Unknown(value.clone())]),
            Message::User(vec![UserPart::Unknown(value.clone())]),
        ] {
            let stored = serde_json::to_string(&message).unwrap();
            let restored: Message = serde_json::from_str(&stored).unwrap_or_else(|e| panic!("{stored}: {e}"));
            assert_eq!(restored, message, "{stored}");
        }
    }
}
