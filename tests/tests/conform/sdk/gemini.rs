//! What Google's SDKs send.

use laravel_ai_core::{
    AssistantPart, ChatRequest, EmbeddingRequest, FunctionTool, JsonSchemaFormat, Media, Message, Opaque,
    RawJson, ReasoningOptions, ReasoningSummary, Secret, Target, ToolCall, ToolChoice, ToolResult, UserPart,
};
use provider_gemini::{GeminiOptions, SafetySetting};
use serde_json::json;

use super::{Case, Ours, history, question, titled};
use crate::requests::{PNG, person, weather};

const MODEL: &str = "gemini-2.5-flash";

/// `generateContent`, embeddings and models.
pub(crate) fn gemini() -> Vec<Case> {
    let case = |capture, ours| Case { capture, model: MODEL, ours };
    let nothing = |capture, why| case(capture, Ours::Nothing(why));
    let described = |image: Media| {
        let parts = vec![UserPart::Image(image), UserPart::text("Describe")];
        Ours::Chat(ChatRequest::new([Message::User(parts)]))
    };
    let with = |request: ChatRequest, set: fn(&mut GeminiOptions)| {
        let mut options = GeminiOptions::default();
        set(&mut options);
        Ours::Chat(request.with_options(&options).unwrap())
    };
    let schema = |schema| JsonSchemaFormat::new("Person", schema).into();
    let retries = "how the SDK repeats a failed request; here that is the business of a layer";
    let answers = "how the SDK takes a broken answer; what it asked is `simple` or `stream`";
    let mut untitled = titled();
    untitled.as_object_mut().unwrap().remove("additionalProperties");
    let plain = FunctionTool::new("get_weather")
        .with_description("Get the weather for a city")
        .with_parameters(json!({
            "type": "object",
            "properties": {"city": {"type": "string", "description": "City name"}},
            "required": ["city"],
        }));
    vec![
        case("simple", Ours::Chat(question())),
        case("simple_v1beta", Ours::Chat(question())),
        case("stream", Ours::Stream(question())),
        case("system_history", Ours::Chat(history())),
        case("tools", Ours::Chat(question().with_tool(weather()))),
        case("stream_tools", Ours::Stream(question().with_tool(weather()))),
        case(
            "tools_choice_any",
            Ours::Chat(
                question().with_tool(weather()).with_tool_choice(ToolChoice::Named("get_weather".into())),
            ),
        ),
        case(
            "tools_openapi_schema",
            with(question().with_tool(plain), |options| options.legacy_schemas = true),
        ),
        case("tool_result", Ours::Chat(answered())),
        case("image_base64", described(Media::from_url(PNG).unwrap())),
        case(
            "image_url",
            described(Media::from_url("https://example.com/cat.png").unwrap().with_mime("image/png")),
        ),
        case("json_schema", Ours::Chat(question().with_format(schema(person())))),
        case(
            "json_schema_pydantic",
            with(question().with_format(schema(untitled)), |options| options.legacy_schemas = true),
        ),
        case(
            "thinking",
            Ours::Chat(question().with_reasoning(
                ReasoningOptions::default().with_budget_tokens(128).with_summary(ReasoningSummary::Auto),
            )),
        ),
        case(
            "safety",
            with(question(), |options| {
                options.safety_settings = vec![SafetySetting::new("HARM_CATEGORY_HARASSMENT", "BLOCK_NONE")];
            }),
        ),
        case(
            "params",
            Ours::Chat(
                question()
                    .with_temperature(0.2)
                    .with_top_p(0.9)
                    .with_top_k(20)
                    .with_max_output_tokens(50)
                    .with_stop("END")
                    .with_seed(7),
            ),
        ),
        Case {
            model: "gemini-embedding-001",
            ..case("embeddings", Ours::Embed(EmbeddingRequest::new(["first text", "second text"])))
        },
        case("models", Ours::Models),
        nothing(
            "embeddings_single_dims",
            "the SDK sends a batch of one; one input goes by `embedContent` here",
        ),
        nothing(
            "count_tokens",
            "the SDK counts contents alone; here the whole request is counted, as `generateContentRequest`",
        ),
        nothing("retry_err429x2", retries),
        nothing("retry_opt_err429x2", retries),
        nothing("stream_cut", answers),
        nothing("fail_err400", answers),
        nothing("fail_err503", answers),
    ]
}

/// A call that Google made, and its result.
fn answered() -> ChatRequest {
    let target = Target::new("gemini", "work", MODEL).with_credential(Secret::new("test-key").fingerprint());
    let state = json!({"functionCall": {"id": "fc1"}, "thoughtSignature": "c2ln"});
    let mut call = ToolCall::new("fc1", "get_weather", r#"{"city":"Warsaw"}"#);
    call.opaque = Some(Opaque::new(target, RawJson::from(&state)));
    let result = ToolResult::json(&call, json!({"output": {"temp_c": 21}}));
    ChatRequest::new([
        Message::user("What is the capital of Poland?"),
        Message::Assistant(vec![AssistantPart::ToolCall(call)]),
        Message::tool([result]),
    ])
    .with_tool(weather())
}
