//! The same intent through our driver and through the vendors' own SDKs means the same on the wire.

mod gemini;
mod ollama;
mod responses;

use std::collections::BTreeSet;
use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, EmbeddingRequest, JsonSchemaFormat, Media, Message, ReasoningEffort,
    ReasoningOptions, ToolCall, ToolChoice, ToolResult, UserPart,
};
use provider_mock::WireReply;
use serde_json::{Value, json};
use tests::{SentRequest, meaning};

pub(crate) use self::gemini::gemini;
pub(crate) use self::ollama::ollama;
pub(crate) use self::responses::responses;
use crate::chat::sent;
use crate::drivers::{self, Row};
use crate::good::{Capture, json_files};
use crate::requests::{PNG, person, time, weather};

/// What a capture is compared with.
pub(crate) enum Ours {
    Chat(ChatRequest),
    Stream(ChatRequest),
    Embed(EmbeddingRequest),
    Models,
    /// Nothing, for this reason.
    Nothing(&'static str),
}

pub(crate) struct Case {
    /// What stands after the SDK's name in the name of the capture.
    capture: &'static str,
    model: &'static str,
    ours: Ours,
}

#[tokio::test]
async fn the_same_intent_means_the_same_as_through_the_vendors_sdks() {
    let mut wrong = Vec::new();
    for row in drivers::all() {
        let mut met = BTreeSet::new();
        for case in (row.sdk_cases)() {
            let (mut ours, mut compared) = (None, 0);
            if !matches!(case.ours, Ours::Nothing(_)) {
                ours = Some(send(&row, &case).await);
            }
            for (sdk, capture) in captures_of(row.sdk, case.capture) {
                compared += 1;
                let Some(ours) = &ours else { continue };
                for difference in meaning::differences(ours, &capture) {
                    match row
                        .differs
                        .iter()
                        .find(|(name, what, _)| is_of(case.capture, name) && *what == difference)
                    {
                        Some((name, what, _)) => _ = met.insert((*name, *what)),
                        None => wrong.push(format!("{}, {sdk}: {difference}", row.name)),
                    }
                }
            }
            assert!(compared > 0, "there is no capture {}", case.capture);
        }
        for (name, what, _) in row.differs.iter().filter(|(name, what, _)| !met.contains(&(*name, *what))) {
            wrong.push(format!("{}, {name}: `{what}` is listed and no longer found", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_capture_has_a_case_or_a_reason() {
    let cases: Vec<_> = drivers::all()
        .iter()
        .flat_map(|row| (row.sdk_cases)().into_iter().map(|case| (row.sdk, case.capture)))
        .collect();
    for (file, _) in json_files("captures") {
        let covered = cases.iter().any(|(sdk, case)| file.starts_with(sdk) && case_of(&file) == *case);
        assert!(covered, "{file} is not covered");
    }
    for case in drivers::all().iter().flat_map(|row| (row.sdk_cases)()) {
        if let Ours::Nothing(reason) = case.ours {
            assert!(!reason.is_empty(), "{}", case.capture);
        }
    }
}

/// Whether a capture is meant by its name, or by the beginning of it and a `*`.
fn is_of(capture: &str, name: &str) -> bool {
    name.strip_suffix('*').map_or(capture == name, |beginning| capture.starts_with(beginning))
}

/// `chat.simple` of `openai-py.chat.simple.json`.
fn case_of(file: &str) -> &str {
    file.split_once('.').unwrap().1.strip_suffix(".json").unwrap()
}

/// The first request of each SDK's capture of a case. Later ones are repetitions.
fn captures_of(sdk: &str, case: &str) -> Vec<(String, SentRequest)> {
    let files = json_files("captures").into_iter();
    let files = files.filter(|(file, _)| file.starts_with(sdk) && case_of(file) == case);
    files
        .map(|(file, value)| {
            let capture = Capture::read(value);
            (file, capture.requests.into_iter().next().unwrap())
        })
        .collect()
}

async fn send(row: &Row, case: &Case) -> SentRequest {
    let (provider, transport) = row.provider();
    transport.reply(WireReply::status(500));
    let ctx = Context::new();
    match &case.ours {
        Ours::Chat(request) => {
            let model = provider.chat_model(case.model).unwrap();
            model.chat(&ctx, Arc::new(request.clone())).await.unwrap_err();
        }
        Ours::Stream(request) => {
            let model = provider.chat_model(case.model).unwrap();
            model.stream(&ctx, Arc::new(request.clone())).await.unwrap_err();
        }
        Ours::Embed(request) => {
            let model = provider.embedding_model(case.model).unwrap();
            model.embed(&ctx, Arc::new(request.clone())).await.unwrap_err();
        }
        Ours::Models => _ = provider.catalog().unwrap().models(&ctx).await.unwrap_err(),
        Ours::Nothing(reason) => panic!("nothing to send: {reason}"),
    }
    let recorded = transport.recorded();
    assert_eq!(recorded.len(), 1, "{recorded:#?}");
    sent(&recorded[0])
}

fn question() -> ChatRequest {
    ChatRequest::user("What is the capital of Poland?")
}

fn described(image: Media) -> Ours {
    let parts = vec![UserPart::text("Describe"), UserPart::Image(image)];
    Ours::Chat(ChatRequest::new([Message::User(parts)]))
}

fn history() -> ChatRequest {
    ChatRequest::new([
        Message::system("You are a terse geography tutor."),
        Message::user("Hi"),
        Message::assistant("Hello!"),
        Message::user("What is the capital of Poland?"),
    ])
}

/// As a library makes it of a type.
fn titled() -> Value {
    json!({
        "type": "object",
        "title": "Person",
        "properties": {"name": {"title": "Name", "type": "string"}, "age": {"title": "Age", "type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": false,
    })
}

/// Chat Completions, embeddings and models.
pub(crate) fn chat_completions() -> Vec<Case> {
    let case = |capture, ours| Case { capture, model: "gpt-4o", ours };
    let nothing = |capture, why| case(capture, Ours::Nothing(why));
    let call = ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
    let result = ToolResult::text(&call, "{\"temp_c\":21}");
    let answered = [
        Message::user("What is the capital of Poland?"),
        Message::Assistant(vec![AssistantPart::ToolCall(call)]),
        Message::tool([result]),
    ];
    let schema = |name: &str, schema| JsonSchemaFormat::new(name, schema).with_strict(true).into();
    let both = question().with_tool(weather()).with_tool(time());
    let retries = "how the SDK repeats a failed request; here that is the business of a layer";
    let answers = "how the SDK takes a broken answer; what it asked is `simple` or `stream`";
    vec![
        case("chat.simple", Ours::Chat(question())),
        case("chat.stream", Ours::Stream(question())),
        case("chat.system_history", Ours::Chat(history())),
        case("chat.tools", Ours::Chat(question().with_tool(weather()))),
        case("chat.stream_tools", Ours::Stream(question().with_tool(weather()))),
        case(
            "chat.tools_parallel_choice",
            Ours::Chat(
                both.with_tool_choice(ToolChoice::Named("get_weather".into())).with_parallel_tool_calls(true),
            ),
        ),
        case("chat.tool_result", Ours::Chat(ChatRequest::new(answered).with_tool(weather()))),
        case("chat.image_base64", described(Media::from_url(PNG).unwrap())),
        case(
            "chat.image_url",
            described(Media::from_url("https://example.com/cat.png").unwrap().with_detail("low")),
        ),
        case("chat.json_schema", Ours::Chat(question().with_format(schema("person", person())))),
        case("chat.json_schema_parse", Ours::Chat(question().with_format(schema("Person", titled())))),
        Case {
            model: "gpt-5",
            ..case(
                "chat.reasoning_effort",
                Ours::Chat(question().with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low))),
            )
        },
        case(
            "chat.params",
            Ours::Chat(
                question()
                    .with_temperature(0.2)
                    .with_top_p(0.9)
                    .with_max_output_tokens(50)
                    .with_presence_penalty(0.1)
                    .with_frequency_penalty(0.2)
                    .with_seed(7)
                    .with_stop("END")
                    .with_end_user("u1")
                    .with_extra("logprobs", true)
                    .with_extra("top_logprobs", 2),
            ),
        ),
        Case {
            model: "text-embedding-3-small",
            ..case("embeddings", Ours::Embed(EmbeddingRequest::new(["first text", "second text"])))
        },
        Case {
            model: "text-embedding-3-small",
            ..case(
                "embeddings_float_dims",
                Ours::Embed(EmbeddingRequest::new(["first text"]).with_dimensions(8)),
            )
        },
        case("models", Ours::Models),
        case(
            "org_project_headers",
            Ours::Chat(
                question()
                    .with_header("OpenAI-Organization", "org-1")
                    .unwrap()
                    .with_header("OpenAI-Project", "proj-1")
                    .unwrap(),
            ),
        ),
        nothing("chat.retry_err429x2", retries),
        nothing("chat.retry_err500x2", retries),
        nothing("chat.stream_cut", answers),
        nothing("chat.badjson", answers),
        nothing("chat.fail_err400", answers),
        nothing("chat.fail_err401", answers),
        nothing("chat.fail_err503", answers),
    ]
}
