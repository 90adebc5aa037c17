//! What Ollama's SDKs send.

use laravel_ai_core::{
    AssistantPart, ChatRequest, EmbeddingRequest, JsonSchemaFormat, Media, Message, ResponseFormat, ToolCall,
    ToolResult,
};
use provider_ollama::{KeepAlive, OllamaOptions, Think};

use super::{Case, Ours, described, history, question};
use crate::requests::{PNG, person, weather};

/// `/api/chat`, embeddings and models.
pub(crate) fn ollama() -> Vec<Case> {
    let case = |capture, ours| Case { capture, model: "llama3.2", ours };
    let nothing = |capture, why| case(capture, Ours::Nothing(why));
    let with = |request: ChatRequest, set: fn(&mut OllamaOptions)| {
        let mut options = OllamaOptions::default();
        set(&mut options);
        Ours::Chat(request.with_options(&options).unwrap())
    };
    let call = ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
    let result = ToolResult::text(&call, "{\"temp_c\":21}");
    let answered = [
        Message::user("What is the capital of Poland?"),
        Message::Assistant(vec![AssistantPart::ToolCall(call)]),
        Message::tool([result]),
    ];
    let retries = "how the SDK repeats a failed request; here that is the business of a layer";
    let answers = "how the SDK takes a broken answer; what it asked is `simple` or `stream`";
    let completion = "completion without messages, which this library does not have";
    vec![
        case("simple", Ours::Chat(question())),
        case("stream", Ours::Stream(question())),
        case("system_history", Ours::Chat(history())),
        case("tools", Ours::Chat(question().with_tool(weather()))),
        case("stream_tools", Ours::Stream(question().with_tool(weather()))),
        case("tool_result", Ours::Chat(ChatRequest::new(answered).with_tool(weather()))),
        case("image_base64", described(Media::from_url(PNG).unwrap())),
        case("json_mode", Ours::Chat(question().with_format(ResponseFormat::Json))),
        case(
            "json_schema",
            Ours::Chat(question().with_format(JsonSchemaFormat::new("Person", person()).into())),
        ),
        case("think", with(question(), |options| options.think = Some(Think::On))),
        case(
            "params",
            with(
                question()
                    .with_temperature(0.2)
                    .with_top_p(0.9)
                    .with_top_k(20)
                    .with_max_output_tokens(50)
                    .with_seed(7)
                    .with_stop("END"),
                |options| {
                    options.num_ctx = Some(4096);
                    options.keep_alive = Some(KeepAlive::text("5m"));
                },
            ),
        ),
        Case {
            model: "nomic-embed-text",
            ..case("embeddings", Ours::Embed(EmbeddingRequest::new(["first text", "second text"])))
        },
        case("models", Ours::Models),
        nothing("auth_header", "a local server checks no key; that one is sent has a test of the driver"),
        nothing("show", "asked by `Catalog::model`, which has a test of the driver"),
        nothing("generate", completion),
        nothing("generate_stream_image", completion),
        nothing("retry_err429x2", retries),
        nothing("stream_cut", answers),
        nothing("fail_err404", answers),
    ]
}
