//! The captures of the Responses API.

use laravel_ai_core::{
    AssistantPart, ChatRequest, JsonSchemaFormat, Media, Message, ReasoningEffort, ReasoningOptions,
    ReasoningSummary, Secret, Target, ToolCall, ToolResult,
};
use provider_openai::{OpenAiOptions, Pinned};
use serde_json::Value;

use super::{Case, Ours, described, history, question, titled};
use crate::requests::{PNG, person, weather};

/// Responses.
pub(crate) fn responses() -> Vec<Case> {
    let case = |capture, ours| Case { capture, model: "gpt-4o", ours };
    let formed = |name: &str, schema: Value| {
        Ours::Chat(question().with_format(JsonSchemaFormat::new(name, schema).with_strict(true).into()))
    };
    let call = ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
    let result = Message::tool([ToolResult::text(&call, "{\"temp_c\":21}")]);
    let answered = [
        Message::user("What is the capital of Poland?"),
        Message::Assistant(vec![AssistantPart::ToolCall(call)]),
        result.clone(),
    ];
    let strict = || weather().with_strict(true);
    let target =
        Target::new("openai", "work", "gpt-4o").with_credential(Secret::new("sk-test").fingerprint());
    let mut pinned = OpenAiOptions::default();
    pinned.previous_response = Some(Pinned::new("resp_1", target));
    let mut params = OpenAiOptions::default();
    params.metadata.insert("k".into(), "v".into());
    params.truncation = Some("auto".into());
    let sampled =
        question().with_temperature(0.2).with_top_p(0.9).with_max_output_tokens(50).with_options(&params);
    vec![
        case("responses.simple", Ours::Chat(question())),
        case("responses.stream", Ours::Stream(question())),
        case("responses.system_history", Ours::Chat(history())),
        case("responses.tools", Ours::Chat(question().with_tool(strict()))),
        case("responses.stream_tools", Ours::Stream(question().with_tool(strict()))),
        case("responses.tool_result", Ours::Chat(ChatRequest::new(answered).with_tool(strict()))),
        case(
            "responses.tool_result_prev_id",
            Ours::Chat(ChatRequest::new([result]).with_tool(strict()).with_options(&pinned).unwrap()),
        ),
        case("responses.image_base64", described(Media::from_url(PNG).unwrap())),
        case("responses.image_url", described(Media::from_url("https://example.com/cat.png").unwrap())),
        case("responses.json_schema", formed("person", person())),
        case("responses.json_schema_parse", formed("Person", titled())),
        case("responses.params", Ours::Chat(sampled.unwrap())),
        Case {
            model: "gpt-5",
            ..case(
                "responses.reasoning",
                Ours::Chat(question().with_reasoning(
                    ReasoningOptions::effort(ReasoningEffort::Low).with_summary(ReasoningSummary::Auto),
                )),
            )
        },
        case(
            "responses.retry_err429x2",
            Ours::Nothing("how the SDK repeats a failed request; here that is the business of a layer"),
        ),
    ]
}
