use laravel_ai_core::{
    Capabilities, ChatRequest, FunctionTool, JsonSchemaFormat, Media, Message, ModelFacts, ModelInfo,
    ModelKind, RawJson, ResponseFormat, Tool, UserPart, WarningKind,
};

/// Everything that a model can be known not to do, asked for at once.
fn demanding() -> ChatRequest {
    let media = || Media::from_bytes_as(vec![1], "application/octet-stream", 10).unwrap();
    let parts = vec![
        UserPart::Image(media()),
        UserPart::Audio(media()),
        UserPart::File(media()),
        UserPart::text("?"),
    ];
    let mut request = ChatRequest::new([Message::User(parts)]);
    request.tools = vec![Tool::Function(FunctionTool::new("f"))];
    request.parallel_tool_calls = Some(true);
    request.format = Some(ResponseFormat::JsonSchema(JsonSchemaFormat::new("form", serde_json::json!({}))));
    request.max_output_tokens = Some(101);
    request
}

fn incapable() -> Capabilities {
    let mut known = Capabilities::UNKNOWN;
    known.tools = Some(false);
    known.parallel_tools = Some(false);
    known.structured_output = Some(false);
    known.image_input = Some(false);
    known.audio_input = Some(false);
    known.file_input = Some(false);
    known.max_output_tokens = Some(100);
    known
}

#[test]
fn what_a_model_is_known_not_to_do_is_told_once_each() {
    let doubts = incapable().doubts(&demanding()).unwrap();
    let subjects: Vec<_> = doubts.iter().map(|doubt| doubt.subject.as_str()).collect();
    let all = ["tools", "parallel_tool_calls", "format", "image", "audio", "file", "max_output_tokens"];
    assert_eq!(subjects, all);
    assert!(doubts.iter().all(|doubt| doubt.kind == WarningKind::BeyondCapabilities));
}

#[test]
fn what_is_unknown_or_not_asked_for_is_no_doubt() {
    assert_eq!(Capabilities::UNKNOWN.doubts(&demanding()).unwrap(), []);
    assert_eq!(incapable().doubts(&ChatRequest::user("?")).unwrap(), []);
    let mut capable = incapable();
    capable.max_output_tokens = Some(101);
    assert_eq!(capable.doubts(&demanding()).unwrap().len(), 6, "the limit itself is no more than the limit");
    let mut raw = demanding();
    raw.raw = Some(RawJson::from(&serde_json::json!({})));
    assert_eq!(incapable().doubts(&raw).unwrap(), [], "of a raw request nothing is known");
}

#[test]
fn nothing_known_is_the_default() {
    assert_eq!(Capabilities::UNKNOWN, Capabilities::default());
}

#[test]
fn facts_fill_gaps_and_change_nothing_that_was_said() {
    let mut capabilities = incapable();
    capabilities.context_tokens = Some(1_000);
    let facts = ModelFacts::new("acme-1", ModelKind::Chat, capabilities.clone()).with_shutdown("2027-01-14");

    let mut empty = ModelInfo::new("acme-1");
    facts.complete(&mut empty);
    assert_eq!((empty.kind, empty.shutdown.as_deref()), (Some(ModelKind::Chat), Some("2027-01-14")));
    assert_eq!(empty.capabilities, capabilities);

    let mut said = ModelInfo::new("acme-1");
    said.kind = Some(ModelKind::Audio);
    said.shutdown = Some("tomorrow".into());
    said.capabilities.tools = Some(true);
    facts.complete(&mut said);
    assert_eq!((said.kind, said.shutdown.as_deref()), (Some(ModelKind::Audio), Some("tomorrow")));
    assert_eq!((said.capabilities.tools, said.capabilities.context_tokens), (Some(true), Some(1_000)));
}

#[test]
fn only_the_exact_id_is_found() {
    let rows = ["a-1", "a-1-2026-01-01", "a-2"]
        .map(|id| ModelFacts::new(id, ModelKind::Chat, Capabilities::UNKNOWN));
    for row in &rows {
        assert_eq!(ModelFacts::find(&rows, row.id), Some(row));
    }
    for other in ["", "a", "a-1-2026-01-02", "a-3", "b"] {
        assert_eq!(ModelFacts::find(&rows, other), None, "{other}");
    }
}
