//! The driver for Gemini, judged by Google's own definition.

use std::sync::Arc;

use laravel_ai_core::{
    ChatRequest, Driver as _, ErrorKind, FunctionTool, Provider, Resources, Secret, Target,
};
use provider_gemini::{
    CodeExecution, ComputerUse, Config, FileSearch, Gemini, GeminiOptions, GoogleMaps, GoogleSearch, Pinned,
    SafetySetting, UrlContext,
};
use serde_json::json;
use tests::SentRequest;
use tests::conformance::GEMINI;

use super::{Models, Row};
use crate::sdk;

const MODEL: &str = "gemini-2.5-flash";
const KEY: &str = "test-key";

pub(crate) fn native() -> Row {
    Row {
        name: "gemini",
        vendor: &GEMINI,
        connect: |resources| connect(resources),
        models: Models { chat: MODEL, embedding: "gemini-embedding-001" },
        unstreamed: |request: &mut SentRequest| {
            let asked = request.path.replace(":streamGenerateContent", ":generateContent");
            let streamed = asked != request.path;
            request.path = asked;
            // An answer is read as events too.
            let accept = request.header("accept").map(|_| "application/json");
            *request = request.clone().with_header("accept", accept);
            request.headers.sort();
            streamed
        },
        sdk: "google-genai",
        own,
        beyond: &[
            ("extra body", "was unexpected", "the caller's own words, those of Chat Completions"),
            ("raw", "were unexpected", "the caller's own words, those of Chat Completions"),
            (
                "embed: extra body",
                "'encoding_format' was unexpected",
                "the caller's own words, those of OpenAI",
            ),
            (
                "option labels",
                "'labels' was unexpected",
                "newer than the definition; the official SDK knows it",
            ),
            ("option continuation_token", "'continuationToken' was unexpected", "as above"),
        ],
        sdk_cases: sdk::gemini,
        differs: &[
            (
                "system_history",
                "/systemInstruction/role is only theirs: \"user\"",
                "Google reads no role there",
            ),
            ("models", "content-type is absent, theirs application/json", "there is no content"),
            ("embeddings", "/requests/0/content/role is only theirs: \"user\"", "as above"),
            ("embeddings", "/requests/1/content/role is only theirs: \"user\"", "as above"),
            (
                "params",
                "/generationConfig/candidateCount is only theirs: 1",
                "only the SDK for Python was asked for more",
            ),
            ("params", "/generationConfig/presencePenalty is only theirs: 0.1", "as above"),
            ("params", "/generationConfig/frequencyPenalty is only theirs: 0.2", "as above"),
        ],
        answers: &[
            "provider-gemini/gemini_success.json",
            "provider-gemini/gemini_parallel_tool_calls.json",
            "provider-gemini/gemini_tool_call_with_id.json",
            "provider-gemini/gemini_reasoning.json",
            "provider-gemini/gemini_code_execution.json",
            "provider-gemini/gemini_grounding.json",
            "provider-gemini/gemini_image_output.json",
            "provider-gemini/gemini_stream_reasoning.sse",
            "provider-gemini/gemini_stream_tool_calls.sse",
        ],
        refuses: &[
            ("file uploaded", ErrorKind::Unsupported, "it was uploaded for another driver"),
            ("embed: tokens", ErrorKind::Unsupported, "Gemini embeds texts only"),
        ],
    }
}

fn connect(resources: &Resources) -> Arc<dyn Provider> {
    Gemini::connect("work", Config::new(Secret::new(KEY)), resources).unwrap()
}

fn own() -> Vec<(String, ChatRequest)> {
    let question = || ChatRequest::user("What is the capital of Poland?");
    let with = |set: fn(&mut GeminiOptions)| {
        let mut options = GeminiOptions::default();
        set(&mut options);
        question().with_options(&options).unwrap()
    };
    let named = |name: &str, set| (format!("option {name}"), with(set));
    let mut pinned = GeminiOptions::default();
    let target = Target::new("gemini", "work", MODEL).with_credential(Secret::new(KEY).fingerprint());
    pinned.cached_content = Some(Pinned::new("cachedContents/abc123", target));
    let mut legacy = GeminiOptions::default();
    legacy.legacy_schemas = true;
    let parameters = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 1},
            "days": {"type": ["integer", "null"], "minimum": 1},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "maxItems": 3},
        },
        "required": ["city"],
    });
    let tool = FunctionTool::new("plan").with_parameters(parameters);
    let tools =
        question()
            .with_tool(GoogleSearch::new().with_time_range(
                json!({"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-02-01T00:00:00Z"}),
            ))
            .with_tool(CodeExecution::new())
            .with_tool(UrlContext::new())
            .with_tool(GoogleMaps::new().with_widget(true))
            .with_tool(FileSearch::new(&["fileSearchStores/a"]).with_top_k(3).with_metadata_filter("a = 1"))
            .with_tool(ComputerUse::new("ENVIRONMENT_BROWSER").with_excluded_functions(&["drag_and_drop"]));
    vec![
        named("safety_settings", |options| {
            options.safety_settings = vec![SafetySetting::new("HARM_CATEGORY_HARASSMENT", "BLOCK_NONE")];
        }),
        ("option cached_content".into(), question().with_options(&pinned).unwrap()),
        named("thinking_level", |options| options.thinking_level = Some("low".into())),
        named("thinking_budget", |options| options.thinking_budget = Some(-1)),
        named("include_thoughts", |options| options.include_thoughts = Some(true)),
        named("response_modalities", |options| {
            options.response_modalities = vec!["TEXT".into(), "IMAGE".into()]
        }),
        named("media_resolution", |options| options.media_resolution = Some("low".into())),
        named("image_config", |options| {
            options.image_config = Some(json!({"aspectRatio": "1:1", "imageSize": "1K"}))
        }),
        named("speech_config", |options| options.speech_config = Some(json!({"languageCode": "pl-PL"}))),
        named("logprobs", |options| options.top_logprobs = Some(2)),
        named("retrieval_config", |options| {
            options.retrieval_config = Some(json!({"latLng": {"latitude": 1.5, "longitude": 2.5}}));
        }),
        named("service_tier", |options| options.service_tier = Some("flex".into())),
        named("store", |options| options.store = Some(false)),
        named("labels", |options| _ = options.labels.insert("team".into(), "a".into())),
        named("continuation_token", |options| options.continuation_token = Some("t".into())),
        ("option legacy_schemas".into(), question().with_tool(tool).with_options(&legacy).unwrap()),
        ("tools of google".into(), tools),
    ]
}
