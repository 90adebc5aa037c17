//! A conversation moves to another target without the state that only its maker understands.

use std::sync::Arc;

use laravel_ai_core::*;
use proptest::prelude::*;
use serde_json::json;

use crate::arbitrary;

fn here() -> Target {
    Target::new("driver", "here", "model")
}

fn there() -> Target {
    Target::new("driver", "there", "model")
}

fn state(origin: &Target) -> Option<Opaque> {
    Some(Opaque::new(origin.clone(), RawJson::parse("\"signature\"").unwrap()))
}

fn reasoning(text: &str, origin: &Target) -> AssistantPart {
    let mut part = Reasoning::new(text);
    part.opaque = state(origin);
    AssistantPart::Reasoning(part)
}

fn text(text: &str, origin: &Target) -> AssistantPart {
    let mut part = Text::new(text);
    part.opaque = state(origin);
    AssistantPart::Text(part)
}

fn call(origin: &Target) -> AssistantPart {
    let mut call = ToolCall::new("1", "clock", "{}");
    call.opaque = state(origin);
    AssistantPart::ToolCall(call)
}

#[test]
fn foreign_state_is_dropped_with_a_warning_for_each_part_and_the_rest_stays() {
    let mut search = ProviderCall::new("s", "web_search");
    search.opaque = state(&there());
    let mut found = ProviderResult::new("s");
    found.opaque = state(&there());
    let unknown = AssistantPart::Unknown(json!({"type": "hologram"}));
    let mut message = Message::Assistant(vec![
        reasoning("", &there()),
        reasoning("Think.", &there()),
        text("", &there()),
        text("Hello", &there()),
        call(&there()),
        AssistantPart::ProviderCall(search),
        AssistantPart::ProviderResult(found),
        AssistantPart::Native(state(&there()).unwrap()),
        unknown.clone(),
        text("mine", &here()),
        reasoning("", &here()),
    ]);
    assert!(!message.is_portable_to(&here()));
    let warnings = message.make_portable_to(&here());
    let subjects: Vec<_> = warnings.iter().map(|warning| warning.subject.as_str()).collect();
    let expected = [
        "reasoning",
        "reasoning",
        "text",
        "text",
        "tool call",
        "provider call",
        "provider result",
        "provider item",
    ];
    assert_eq!(subjects, expected);
    assert!(warnings.iter().all(|warning| warning.kind == WarningKind::StateDropped));
    assert_eq!(warnings[0].message, "state made by there/model was not sent to here/model");
    assert_eq!(
        message,
        Message::Assistant(vec![
            AssistantPart::Reasoning(Reasoning::new("Think.")),
            AssistantPart::text("Hello"),
            AssistantPart::ToolCall(ToolCall::new("1", "clock", "{}")),
            AssistantPart::ProviderCall(ProviderCall::new("s", "web_search")),
            AssistantPart::ProviderResult(ProviderResult::new("s")),
            unknown,
            text("mine", &here()),
            reasoning("", &here()),
        ])
    );
    assert!(message.is_portable_to(&here()));
}

#[test]
fn a_request_with_nothing_to_drop_is_not_copied() {
    let call = ToolCall::new("1", "clock", "{}");
    let request = Arc::new(ChatRequest::new([
        Message::user("hi"),
        Message::Assistant(vec![text("mine", &here()), AssistantPart::ToolCall(call.clone())]),
        Message::tool([ToolResult::text(&call, "12:00")]),
    ]));
    let (same, warnings) = Arc::clone(&request).portable_to(&here());
    assert!(Arc::ptr_eq(&request, &same));
    assert!(warnings.is_empty());
}

#[test]
fn the_original_keeps_its_state() {
    let request =
        Arc::new(ChatRequest::new([Message::user("hi"), Message::Assistant(vec![text("Hello", &there())])]));
    let before = (*request).clone();
    let (moved, warnings) = Arc::clone(&request).portable_to(&here());
    assert_eq!(warnings.len(), 1);
    assert_eq!(*request, before);
    assert_eq!(moved.messages[1], Message::assistant("Hello"));
    assert!(Arc::ptr_eq(&request, &Arc::clone(&request).portable_to(&there()).0));
}

#[test]
fn a_message_of_nothing_but_foreign_state_goes_and_an_empty_one_stays_to_be_refused() {
    let request = Arc::new(ChatRequest::new([
        Message::user("hi"),
        Message::Assistant(vec![reasoning("", &there()), AssistantPart::Native(state(&there()).unwrap())]),
        Message::user("hello?"),
    ]));
    let (moved, warnings) = request.portable_to(&here());
    assert_eq!(moved.messages, [Message::user("hi"), Message::user("hello?")]);
    assert_eq!(warnings.len(), 2);
    assert!(moved.validate().is_ok());

    let broken =
        Arc::new(ChatRequest::new([Message::Assistant(vec![]), Message::Assistant(vec![call(&there())])]));
    assert_eq!(broken.portable_to(&here()).0.messages.len(), 2);
}

proptest! {
    #[test]
    fn what_was_made_portable_is_portable_and_keeps_its_words(
        message in arbitrary::message(),
        target in arbitrary::target(),
    ) {
        let mut moved = message.clone();
        let warnings = moved.make_portable_to(&target);
        prop_assert!(moved.is_portable_to(&target));
        prop_assert_eq!(warnings.is_empty(), message.is_portable_to(&target));
        prop_assert_eq!(moved.text(), message.text());
        prop_assert!(moved.make_portable_to(&target).is_empty(), "once is enough");
        if warnings.is_empty() {
            prop_assert_eq!(moved, message);
        }
    }
}
