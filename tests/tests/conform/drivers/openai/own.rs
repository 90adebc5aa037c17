//! What only OpenAI knows, one thing at a time.

use laravel_ai_core::{ChatRequest, Secret, Target, Tool};
use provider_openai::{
    CodeInterpreter, CustomTool, FileSearch, ImageGeneration, McpServer, OpenAiOptions, Pinned, WebSearch,
    approve_mcp_call,
};
use serde_json::json;

type Named = Vec<(String, ChatRequest)>;

fn question() -> ChatRequest {
    ChatRequest::user("What is the capital of Poland?")
}

fn option(name: &str, set: impl FnOnce(&mut OpenAiOptions)) -> (String, ChatRequest) {
    let mut options = OpenAiOptions::default();
    set(&mut options);
    (format!("option {name}"), question().with_options(&options).unwrap())
}

fn pinned(id: &str) -> Option<Pinned> {
    let target =
        Target::new("openai", "work", "gpt-4o").with_credential(Secret::new("sk-test").fingerprint());
    Some(Pinned::new(id, target))
}

fn of_both() -> Named {
    vec![
        option("store", |options| options.store = Some(true)),
        option("service_tier", |options| options.service_tier = Some("flex".into())),
        option("logprobs", |options| options.logprobs = Some(true)),
        option("top_logprobs", |options| options.top_logprobs = Some(3)),
        option("metadata", |options| _ = options.metadata.insert("ticket".into(), "7".into())),
        option("prompt_cache_options", |options| {
            options.prompt_cache_options = Some(json!({"mode": "explicit"}));
        }),
        option("prompt_cache_retention", |options| options.prompt_cache_retention = Some("24h".into())),
    ]
}

/// What Responses take.
pub(super) fn responses() -> Named {
    let mut all = of_both();
    all.extend([
        option("include", |options| {
            options.include = Some(vec!["file_search_call.results".into()]);
        }),
        option("previous_response", |options| options.previous_response = pinned("resp_1")),
        option("conversation", |options| options.conversation = pinned("conv_1")),
        option("instructions", |options| options.instructions = Some("Be brief.".into())),
        option("prompt", |options| {
            options.prompt = Some(json!({"id": "pmpt_1", "version": "2", "variables": {"city": "Lima"}}));
        }),
        option("max_tool_calls", |options| options.max_tool_calls = Some(3)),
        option("truncation", |options| options.truncation = Some("auto".into())),
        option("context_management", |options| {
            options.context_management = vec![json!({"type": "compaction", "compact_threshold": 100_000})];
        }),
        option("input_items", |options| options.input_items = vec![approve_mcp_call("mcpr_1", true)]),
    ]);
    let tools: Vec<(&str, Tool)> = vec![
        ("web_search", WebSearch::new().into()),
        (
            "web_search with all",
            WebSearch::new()
                .with_allowed_domains(&["nasa.gov"])
                .with_context_size("low")
                .with_external_web_access(false)
                .with_user_location(json!({"type": "approximate", "country": "PE", "city": "Lima"}))
                .into(),
        ),
        (
            "file_search",
            FileSearch::new(&["vs_1"])
                .with_max_results(5)
                .with_filters(json!({"type": "eq", "key": "year", "value": 2026}))
                .with_ranking(json!({"ranker": "auto", "score_threshold": 0.5}))
                .into(),
        ),
        ("code_interpreter", CodeInterpreter::new().into()),
        ("code_interpreter in a container", CodeInterpreter::new().with_container("cntr_1").into()),
        (
            "code_interpreter with files",
            CodeInterpreter::new().with_files(&["file-1"]).with_memory("4g").into(),
        ),
        (
            "image_generation",
            ImageGeneration::new()
                .with_model("gpt-image-1")
                .with_size("1024x1024")
                .with_quality("low")
                .with_format("webp")
                .with_background("opaque")
                .into(),
        ),
        (
            "mcp",
            McpServer::new("docs")
                .with_url("https://mcp.example.com")
                .with_description("The documents")
                .with_allowed_tools(&["search"])
                .with_approval("never")
                .into(),
        ),
        ("mcp connector", McpServer::new("mail").with_connector("connector_gmail").into()),
        ("custom", CustomTool::new("sql").with_description("Runs SQL").into()),
        (
            "custom with a grammar",
            CustomTool::new("sql")
                .with_format(json!({"type": "grammar", "syntax": "regex", "definition": "SELECT .*"}))
                .into(),
        ),
    ];
    all.extend(tools.into_iter().map(|(name, tool)| (format!("tool {name}"), question().with_tool(tool))));
    all
}

/// What Responses take in streams only.
pub(super) fn background() -> ChatRequest {
    option("background", |options| options.background = Some(true)).1
}

/// What Chat Completions take.
pub(super) fn chat() -> Named {
    let mut all = of_both();
    all.extend([
        option("verbosity", |options| options.verbosity = Some("low".into())),
        option("logit_bias", |options| _ = options.logit_bias.insert("1234".into(), -100.0)),
        option("prediction", |options| {
            options.prediction = Some(json!({"type": "content", "content": "Warsaw"}));
        }),
        option("web_search_options", |options| {
            options.web_search_options = Some(json!({"search_context_size": "low"}));
        }),
    ]);
    all
}
