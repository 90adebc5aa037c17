//! The same calls as the official clients make them.
//!
//! What differs on purpose: `stream: false` is not sent, and OpenAI's dialect asks streams to leave out padding, which is
//! switched off here.

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, EmbeddingRequest, FunctionTool, JsonSchemaFormat, Media, Message,
    ReasoningEffort, ReasoningOptions, ToolCall, ToolChoice, ToolResult, UserPart,
};
use provider_openai_compat::{CompatibleOptions, Config, Dialect};
use serde_json::{Value, json};

use crate::support::{BASE, Reply, Script, encode, folder, meaning, provider};

const PROMPT: &str = "What is the capital of Poland?";

fn city(description: Option<&str>) -> Value {
    let mut city = json!({"type": "string"});
    if let Some(description) = description {
        city["description"] = json!(description);
    }
    json!({"type": "object", "properties": {"city": city}, "required": ["city"], "additionalProperties": false})
}

fn weather() -> FunctionTool {
    FunctionTool::new("get_weather")
        .with_description("Get the weather for a city")
        .with_parameters(city(Some("City name")))
}

fn chat(case: &str) -> ChatRequest {
    let image = |media: Media| {
        ChatRequest::new([Message::User(vec![UserPart::text("Describe"), UserPart::Image(media)])])
    };
    let schema = |name: &str, schema: Value| {
        ChatRequest::user(PROMPT).with_format(JsonSchemaFormat::new(name, schema).with_strict(true).into())
    };
    match case {
        "simple" | "badjson" | "stream" | "stream_cut" => ChatRequest::user(PROMPT),
        case if case.starts_with("fail_") || case.starts_with("retry_") => ChatRequest::user(PROMPT),
        "system_history" => ChatRequest::new([
            Message::system("You are a terse geography tutor."),
            Message::user("Hi"),
            Message::assistant("Hello!"),
            Message::user(PROMPT),
        ]),
        "tools" | "stream_tools" => ChatRequest::user(PROMPT).with_tool(weather()),
        "tools_parallel_choice" => ChatRequest::user(PROMPT)
            .with_tool(weather())
            .with_tool(FunctionTool::new("get_time").with_description("Get local time").with_parameters(city(None)))
            .with_tool_choice(ToolChoice::Named("get_weather".into()))
            .with_parallel_tool_calls(true),
        "tool_result" => {
            let call = ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
            ChatRequest::new([
                Message::user(PROMPT),
                Message::Assistant(vec![AssistantPart::ToolCall(call.clone())]),
                Message::tool([ToolResult::text(&call, "{\"temp_c\":21}")]),
            ])
            .with_tool(weather())
        }
        "image_base64" => image(Media::from_url("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==").unwrap()),
        "image_url" => image(Media::from_url("https://example.com/cat.png").unwrap().with_detail("low")),
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
            let mut options = CompatibleOptions::default();
            options.logprobs = Some(true);
            options.top_logprobs = Some(2);
            options.user = Some("u1".into());
            ChatRequest::user(PROMPT)
                .with_temperature(0.2)
                .with_top_p(0.9)
                .with_frequency_penalty(0.2)
                .with_presence_penalty(0.1)
                .with_max_output_tokens(50)
                .with_seed(7)
                .with_stop("END")
                .with_options(&options)
                .unwrap()
                .with_extra("n", 1)
        }
        "reasoning_effort" => {
            ChatRequest::user(PROMPT).with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low))
        }
        other => panic!("the case `{other}` has no request"),
    }
}

/// Arguments are compared as JSON: the clients write them with and without blanks.
fn comparable(body: &mut Value) {
    body.as_object_mut().unwrap().remove("model");
    if body["stream"] == false {
        body.as_object_mut().unwrap().remove("stream");
    }
    for message in body["messages"].as_array_mut().into_iter().flatten() {
        for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
            let arguments = &mut call["function"]["arguments"];
            *arguments = serde_json::from_str(arguments.as_str().unwrap()).unwrap();
        }
    }
    *body = meaning(body.take());
}

#[tokio::test]
async fn every_capture() {
    let mut seen = 0;
    let mut dialect = Dialect::openai("openai-compatible");
    dialect.without_obfuscation = false;
    for entry in std::fs::read_dir(folder().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let captured: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut wanted = captured["body"].clone();
        let (_, case) = name.split_once('.').unwrap();
        let script = Script::new([Reply::json(200, r#"{"data":[]}"#)]);
        match case.strip_prefix("chat.") {
            Some(case) => {
                let stream = case.starts_with("stream");
                let (mut body, warnings) = encode(&dialect, &chat(case), stream).unwrap();
                comparable(&mut wanted);
                comparable(&mut body);
                assert_eq!(body, wanted, "{name}");
                assert_eq!(warnings, [], "{name}");
                assert_eq!(captured["path"], "/v1/chat/completions");
            }
            None if case == "models" => {
                provider(&script, Config::new(BASE))
                    .catalog()
                    .unwrap()
                    .models(&Context::new())
                    .await
                    .unwrap();
                let sent = script.sent.lock().unwrap();
                assert_eq!(sent[0].method().as_str(), captured["method"]);
                assert_eq!(sent[0].uri().path(), captured["path"]);
            }
            None => {
                let float = case == "embeddings_float_dims";
                let config = if float { "quirks = { base64_embeddings = false }" } else { "" };
                let config: Config = toml::from_str(&format!("base_url = \"{BASE}\"\n{config}")).unwrap();
                let request = match float {
                    true => EmbeddingRequest::new(["first text"]).with_dimensions(8),
                    false => EmbeddingRequest::new(["first text", "second text"]),
                };
                let model = provider(&script, config).embedding_model("text-embedding-3-small").unwrap();
                let rendered = model.render(&Context::new(), &request).unwrap();
                assert_eq!(rendered.body, wanted, "{name}");
                assert!(rendered.url.ends_with(captured["path"].as_str().unwrap()));
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 37, "a capture is missing or new");
}
