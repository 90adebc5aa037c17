//! Version 1 of the stored form, frozen: these files are what users have in their databases, and are never edited.

use std::collections::BTreeMap;
use std::path::Path;

use laravel_ai_core::*;
use serde_json::{Value, json};

fn state(data: &str) -> Option<Opaque> {
    let target = Target::new("driver", "work", "model").with_credential("00ff10ab99cd".parse().unwrap());
    Some(Opaque::new(target, RawJson::parse(data).unwrap()))
}

fn messages() -> BTreeMap<&'static str, Vec<Message>> {
    BTreeMap::from([
        (
            "system",
            vec![Message::System(vec![
                TextPart::new("Be brief."),
                TextPart::new("Long.").with_cache(CacheBreakpoint::default().with_ttl_seconds(3600)),
            ])],
        ),
        ("user", vec![Message::User(user())]),
        ("assistant", vec![Message::Assistant(assistant())]),
        ("tool", vec![Message::Tool(tool())]),
        (
            "conversation",
            vec![Message::system("Be brief."), Message::user("Hello"), Message::assistant("Hi")],
        ),
    ])
}

fn user() -> Vec<UserPart> {
    let mut image = Media::from_url("https://host.test/cat.png").unwrap().with_detail("low");
    image.cache = Some(CacheBreakpoint::default());
    vec![
        UserPart::text("What is this? é 🦀"),
        UserPart::Image(image),
        UserPart::Audio(Media::from_bytes_as(&b"RIFF"[..], "audio/wav", 10).unwrap()),
        UserPart::File(Media::uploaded("driver", "file-1").with_name("a.pdf").with_mime("application/pdf")),
        UserPart::Unknown(json!({"type": "hologram", "depth": 1.5})),
    ]
}

fn assistant() -> Vec<AssistantPart> {
    let mut text = Text::new("Lima");
    text.sources =
        vec![Source::new("https://host.test").with_title("Peru").with_span(0, 4), Source::default()];
    text.opaque = state(r#"{"b":1.0,"a":"\u00e9"}"#);
    text.cache = Some(CacheBreakpoint::default());
    let mut reasoning = Reasoning::new("");
    reasoning.opaque = state(r#""signature""#);
    let mut call = ToolCall::new("call-1", "weather", "{\"city\": \"Lima\"}");
    call.opaque = state("[1]");
    let mut cut = ToolCall::new("call-2", "patch", "*** Begin");
    cut.kind = ToolCallKind::Custom;
    cut.truncated = true;
    let mut search = ProviderCall::new("search-1", "web_search");
    search.input = Some(RawJson::parse(r#"{"query":"Peru"}"#).unwrap());
    let mut found = ProviderResult::new("search-1");
    found.output = Some(RawJson::parse(r#"["Lima"]"#).unwrap());
    vec![
        AssistantPart::Reasoning(reasoning),
        AssistantPart::Reasoning(Reasoning::new("Think.")),
        AssistantPart::Text(text),
        AssistantPart::ToolCall(call),
        AssistantPart::ToolCall(cut),
        AssistantPart::ProviderCall(search),
        AssistantPart::ProviderResult(found),
        AssistantPart::Media(Media::from_bytes_as(&b"PNG"[..], "image/png", 10).unwrap()),
        AssistantPart::Refusal(Refusal::new("No.")),
        AssistantPart::Native(state(r#"{"type":"compaction"}"#).unwrap()),
        AssistantPart::Unknown(json!({"type": "hologram", "depth": 1.5})),
    ]
}

fn tool() -> Vec<ToolResult> {
    let call = ToolCall::new("call-1", "weather", "");
    let mut nameless = ToolResult::json(&call, json!({"celsius": 21.5}));
    nameless.name = None;
    vec![
        ToolResult::text(&call, "sunny"),
        nameless,
        ToolResult::error(&call, "no such city"),
        ToolResult::of(
            &call,
            vec![
                ToolResultPart::Image(Media::from_url("gs://bucket/map.png").unwrap()),
                ToolResultPart::File(Media::uploaded("driver", "file-2")),
                ToolResultPart::Unknown(json!({"type": "hologram"})),
            ],
        ),
    ]
}

#[test]
fn version_1_is_readable_for_ever() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/messages/v1");
    let mut expected = messages();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let stored = std::fs::read_to_string(&path).unwrap();
        let read: Vec<Message> = serde_json::from_str(&stored).unwrap();
        let expected = expected.remove(name).unwrap_or_else(|| panic!("{name}.json has no expectation"));
        assert_eq!(read, expected, "{name}.json reads otherwise");
        if MESSAGE_VERSION == 1 {
            let written = serde_json::to_value(&expected).unwrap();
            assert_eq!(
                written,
                serde_json::from_str::<Value>(&stored).unwrap(),
                "{name} is written otherwise"
            );
        }
    }
    assert!(expected.is_empty(), "files are missing: {:?}", expected.keys());
}
