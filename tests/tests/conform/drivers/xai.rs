//! xAI's own driver: Responses, and Chat Completions by option. No SDK of xAI's was recorded, so only its definition judges.

use std::path::Path;
use std::sync::Arc;

use laravel_ai_core::{
    ChatRequest, Context, Driver as _, ErrorKind, Provider, Resources, Secret, Target, Tool,
};
use provider_mock::WireReply;
use provider_xai::{
    Api, CodeInterpreter, Config, FileSearch, ImageGeneration, McpServer, Pinned, WebSearch, XSearch, Xai,
    XaiOptions,
};
use serde_json::json;
use tests::SentRequest;
use tests::conformance::XAI;

use super::Row;
use crate::{chat, specs};

/// Responses, the default.
pub(crate) fn responses() -> Row {
    Row {
        name: "xai",
        vendor: &XAI,
        connect: |resources| connect(Api::Responses, resources),
        models: super::GPT,
        unstreamed: super::by_a_member,
        sdk: "xai",
        own: own_responses,
        beyond: &[
            ("extra body", "'verbosity' was unexpected", OWN_WORDS),
            ("raw", "'messages', 'n' were unexpected", OWN_WORDS),
            ("raw", "\"input\" is a required property", OWN_WORDS),
        ],
        sdk_cases: Vec::new,
        differs: &[],
        answers: &[
            "provider-xai/xai_responses_success.json",
            "provider-xai/xai_responses_parallel_tool_calls.json",
            "provider-xai/xai_responses_reasoning.json",
            "provider-xai/xai_responses_web_search.json",
            "provider-xai/xai_responses_stream.sse",
            "provider-xai/xai_responses_stream_tool_calls.sse",
        ],
        refuses: &[SOUNDS[0], SOUNDS[1], UPLOADED],
    }
}

const OWN_WORDS: &str = "the caller's own words, those of OpenAI's Chat Completions";
const SOUNDS: [(&str, ErrorKind, &str); 2] = [
    ("sound wav", ErrorKind::Unsupported, "xAI's models hear nothing in these APIs"),
    ("sound mp3", ErrorKind::Unsupported, "as above"),
];
const INLINE: (&str, ErrorKind, &str) =
    ("file inline", ErrorKind::Unsupported, "Chat Completions of xAI take files by the id of an upload");
const UPLOADED: (&str, ErrorKind, &str) =
    ("file uploaded", ErrorKind::Unsupported, "it was uploaded for another driver");

/// Chat Completions.
pub(crate) fn chat() -> Row {
    Row {
        name: "xai, chat",
        connect: |resources| connect(Api::Chat, resources),
        own: own_chat,
        beyond: &[
            ("extra body", "'store', 'verbosity' were unexpected", OWN_WORDS),
            (
                "raw",
                "\"developer\" is not one of",
                "the guides take the role, the condensed definition leaves it out",
            ),
        ],
        answers: &[
            "provider-xai/xai_chat_success.json",
            "provider-xai/xai_chat_parallel_tool_calls.json",
            "provider-xai/xai_chat_tool_call.json",
            "provider-xai/xai_chat_reasoning.json",
            "provider-xai/xai_chat_citations.json",
            "provider-xai/xai_chat_stream.sse",
            "provider-xai/xai_chat_stream_tool_calls.sse",
        ],
        refuses: &[SOUNDS[0], SOUNDS[1], INLINE, UPLOADED],
        ..responses()
    }
}

fn connect(api: Api, resources: &Resources) -> Arc<dyn Provider> {
    Xai::connect("work", Config::new(Secret::new("xai-test")).with_api(api), resources).unwrap()
}

fn question() -> ChatRequest {
    ChatRequest::user("What is the capital of Poland?")
}

fn option(name: &str, set: impl FnOnce(&mut XaiOptions)) -> (String, ChatRequest) {
    let mut options = XaiOptions::default();
    set(&mut options);
    (format!("option {name}"), question().with_options(&options).unwrap())
}

fn own_chat() -> Vec<(String, ChatRequest)> {
    vec![
        option("service_tier", |options| options.service_tier = Some("priority".into())),
        option("logprobs", |options| options.logprobs = Some(true)),
        option("top_logprobs", |options| options.top_logprobs = Some(3)),
    ]
}

fn own_responses() -> Vec<(String, ChatRequest)> {
    let target = Target::new("xai", "work", "gpt-4o").with_credential(Secret::new("xai-test").fingerprint());
    let mut all = own_chat();
    all.extend([
        option("store", |options| options.store = Some(true)),
        option("include", |options| options.include = Some(vec!["reasoning.encrypted_content".into()])),
        option("previous_response", |options| options.previous_response = Some(Pinned::new("r", target))),
        option("max_turns", |options| options.max_turns = Some(3)),
        option("min_p", |options| options.min_p = Some(0.1)),
        option("context_management", |options| {
            options.context_management = vec![json!({"type": "compaction"})];
        }),
        option("input_items", |options| {
            options.input_items = vec![json!({"type": "shell_call_output", "call_id": "c", "output": []})];
        }),
    ]);
    let tools: [(&str, Tool); 6] = [
        ("web_search", WebSearch::new().into()),
        ("x_search", XSearch::new().into()),
        ("code_interpreter", CodeInterpreter::new().into()),
        ("file_search", FileSearch::new(&["collection_1"]).into()),
        ("image_generation", ImageGeneration::new().into()),
        ("mcp", McpServer::new("https://mcp.example.com").into()),
    ];
    all.extend(tools.map(|(name, tool)| (format!("tool {name}"), question().with_tool(tool))));
    all
}

#[test]
fn documented_examples_are_right() {
    let Some(definition) = specs::definition(&XAI) else { return };
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/provider-xai/tests/fixtures");
    for (name, path) in [
        ("xai_chat_request.json", "/v1/chat/completions"),
        ("xai_chat_request_image_schema.json", "/v1/chat/completions"),
        ("xai_responses_request.json", "/v1/responses"),
    ] {
        let body = serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let findings = definition.check(&SentRequest::post(path, body));
        found.extend(findings.iter().map(|finding| format!("{name}: {finding}")));
    }
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn what_only_xai_has_is_asked_for_as_xai_defines() {
    let row = chat();
    let Some(definition) = specs::definition(row.vendor) else { return };
    let transport = provider_mock::ScriptedTransport::new();
    let resources = Resources::new(Arc::new(transport.clone()), Arc::new(provider_mock::TestClock::new()));
    transport.sequence_then([WireReply::json(&json!({"request_id": "r-1"}))], WireReply::status(500));
    let account = Xai::account("work", Config::new(Secret::new("xai-test")), &resources).unwrap();
    let ctx = Context::new();
    let mut pending = account.deferred("grok-4.7").start(&ctx, &question()).await.unwrap();
    let failed = Some(ErrorKind::Server);
    assert_eq!(pending.poll(&ctx).await.err().map(|error| error.kind()), failed);
    assert_eq!(account.api_key(&ctx).await.err().map(|error| error.kind()), failed);
    assert_eq!(account.language_models(&ctx).await.err().map(|error| error.kind()), failed);
    assert_eq!(account.language_model(&ctx, "grok-4.7").await.err().map(|error| error.kind()), failed);
    let counter = account.token_counter("grok-4.7").unwrap();
    assert_eq!(counter.count(&ctx, Arc::new(question())).await.err().map(|error| error.kind()), failed);
    let sent = transport.recorded();
    assert_eq!(sent.len(), 6);
    for sent in sent {
        assert_eq!(definition.check(&chat::sent(&sent)), [], "{sent}");
    }
}
