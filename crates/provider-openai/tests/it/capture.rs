//! The same calls as the official clients make them.
//!
//! What differs on purpose is made alike in `comparable`: `store: false` with its `include`, streams without padding, and a
//! list where a text stands for one user message.

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, FunctionTool, JsonSchemaFormat, Media, Message, ReasoningEffort,
    ReasoningOptions, ReasoningSummary, ToolCall, ToolResult, UserPart,
};
use provider_openai::{Api, OpenAiOptions, Pinned};
use serde_json::{Value, json};

use crate::request::comparable;
use crate::support::{Reply, Script, config, encode_for, folder, provider, target};

const PROMPT: &str = "What is the capital of Poland?";

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather")
        .with_description("Get the weather for a city")
        .with_strict(true)
        .with_parameters(json!({
            "type": "object", "properties": {"city": {"type": "string", "description": "City name"}},
            "required": ["city"], "additionalProperties": false,
        }))
}

fn intent(case: &str) -> ChatRequest {
    let image = |media: Media| {
        ChatRequest::new([Message::User(vec![UserPart::text("Describe"), UserPart::Image(media)])])
    };
    let schema = |name: &str, schema: Value| {
        ChatRequest::user(PROMPT).with_format(JsonSchemaFormat::new(name, schema).with_strict(true).into())
    };
    let call = ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
    let result = Message::tool([ToolResult::text(&call, "{\"temp_c\":21}")]);
    let mut options = OpenAiOptions::default();
    match case {
        "simple" | "stream" | "retry_err429x2" => ChatRequest::user(PROMPT),
        "system_history" => ChatRequest::new([
            Message::system("You are a terse geography tutor."),
            Message::user("Hi"),
            Message::assistant("Hello!"),
            Message::user(PROMPT),
        ]),
        "tools" | "stream_tools" => ChatRequest::user(PROMPT).with_tool(weather()),
        "tool_result" => {
            ChatRequest::new([Message::user(PROMPT), Message::Assistant(vec![AssistantPart::ToolCall(call)]), result])
                .with_tool(weather())
        }
        "tool_result_prev_id" => {
            options.previous_response = Some(Pinned::new("resp_1", target().with_model("gpt-4o")));
            ChatRequest::new([result]).with_tool(weather()).with_options(&options).unwrap()
        }
        "image_base64" => image(Media::from_url("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==").unwrap()),
        "image_url" => image(Media::from_url("https://example.com/cat.png").unwrap()),
        "json_schema" => schema("person", json!({
            "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"], "additionalProperties": false,
        })),
        "json_schema_parse" => schema("Person", json!({
            "type": "object", "title": "Person",
            "properties": {"name": {"title": "Name", "type": "string"}, "age": {"title": "Age", "type": "integer"}},
            "required": ["name", "age"], "additionalProperties": false,
        })),
        "params" => {
            options.metadata.insert("k".into(), "v".into());
            options.truncation = Some("auto".into());
            ChatRequest::user(PROMPT)
                .with_temperature(0.2)
                .with_top_p(0.9)
                .with_max_output_tokens(50)
                .with_options(&options)
                .unwrap()
        }
        "reasoning" => ChatRequest::user(PROMPT).with_reasoning(
            ReasoningOptions::effort(ReasoningEffort::Low).with_summary(ReasoningSummary::Auto),
        ),
        other => panic!("the case `{other}` has no request"),
    }
}

#[test]
fn every_capture() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let captured: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        seen += 1;
        if name == "openai-py.org_project_headers" {
            let config = config().with_organization("org-1").with_project("proj-1").with_api(Api::Chat);
            let script = Script::new([Reply::json(200, "{}")]);
            let model = provider(&script, config).chat_model("gpt-4o").unwrap();
            let rendered = model.render(&Context::new(), &ChatRequest::user(PROMPT)).unwrap();
            assert_eq!(rendered.body, captured["body"]);
            for header in ["openai-organization", "openai-project"] {
                // Masked, as every value of configuration is.
                assert!(rendered.headers.iter().any(|(known, _)| known == header), "{header}");
                assert!(captured["headers"].get(header).is_some(), "{header}");
            }
            continue;
        }
        let (_, case) = name.split_once(".responses.").unwrap();
        let model = captured["body"]["model"].as_str().unwrap();
        let (body, warnings) = encode_for(model, &intent(case), case.starts_with("stream")).unwrap();
        assert_eq!(comparable(body), comparable(captured["body"].clone()), "{name}");
        assert_eq!(warnings, [], "{name}");
        assert_eq!(captured["path"], "/v1/responses");
    }
    assert_eq!(seen, 24, "a capture is missing or new");
}
