//! Everything that can be asked of a chat model, one thing at a time.

use laravel_ai_core::{
    AssistantPart, CacheBreakpoint, ChatRequest, FunctionTool, JsonSchemaFormat, Media, Message, RawJson,
    Reasoning, ReasoningEffort, ReasoningOptions, ReasoningSummary, Refusal, ResponseFormat, TextPart,
    ToolCall, ToolChoice, ToolMode, ToolResult, ToolResultPart, UserPart,
};
use serde_json::{Value, json};

/// The smallest picture: one pixel.
pub(crate) const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const QUESTION: &str = "What is the capital of Poland?";

/// Each thing by its name.
pub(crate) fn all() -> Vec<(String, ChatRequest)> {
    let mut all: Vec<(String, ChatRequest)> = Vec::new();
    for group in [messages(), media(), options(), tools(), results(), forms(), reasoning(), ways_out()] {
        all.extend(group.into_iter().map(|(name, request)| (name.to_owned(), request)));
    }
    all.extend(efforts());
    all
}

type Named = Vec<(&'static str, ChatRequest)>;

fn question() -> ChatRequest {
    ChatRequest::user(QUESTION)
}

fn messages() -> Named {
    let cached = TextPart::new("Be brief.").with_cache(CacheBreakpoint::default());
    vec![
        ("text", question()),
        ("unicode", ChatRequest::user("Zażółć gęślą jaźń 日本語 🦀 \u{0000} \"\\")),
        (
            "texts of one message",
            ChatRequest::new([Message::User(vec![UserPart::text("One."), UserPart::text("Two.")])]),
        ),
        ("system", ChatRequest::new([Message::system("Be brief."), Message::user(QUESTION)])),
        (
            "system of two texts",
            ChatRequest::new([
                Message::System(vec![TextPart::new("Be brief."), TextPart::new("Be kind.")]),
                Message::user(QUESTION),
            ]),
        ),
        (
            "system later",
            ChatRequest::new([
                Message::user("Hi"),
                Message::assistant("Hello!"),
                Message::system("Now in Polish."),
                Message::user(QUESTION),
            ]),
        ),
        (
            "history",
            ChatRequest::new([Message::user("Hi"), Message::assistant("Hello!"), Message::user(QUESTION)]),
        ),
        (
            "answer of two texts",
            ChatRequest::new([
                Message::user("Hi"),
                Message::Assistant(vec![AssistantPart::text("Hel"), AssistantPart::text("lo!")]),
                Message::user(QUESTION),
            ]),
        ),
        (
            "refusal in the history",
            ChatRequest::new([
                Message::user("Hi"),
                Message::Assistant(vec![AssistantPart::Refusal(Refusal::new("No."))]),
                Message::user(QUESTION),
            ]),
        ),
        (
            "reasoning in the history",
            ChatRequest::new([
                Message::user("Hi"),
                Message::Assistant(vec![
                    AssistantPart::Reasoning(Reasoning::new("Greet.")),
                    AssistantPart::text("Hello!"),
                ]),
                Message::user(QUESTION),
            ]),
        ),
        ("cache breakpoint", ChatRequest::new([Message::System(vec![cached]), Message::user(QUESTION)])),
    ]
}

fn media() -> Named {
    let shown =
        |part: UserPart| ChatRequest::new([Message::User(vec![UserPart::text("What is this?"), part])]);
    let png = || Media::from_url(PNG).unwrap();
    let url = || Media::from_url("https://example.com/cat.png").unwrap();
    let sound =
        |mime: &str| UserPart::Audio(Media::from_bytes_as(b"RIFF....".as_slice(), mime, 100).unwrap());
    let pdf =
        || Media::from_bytes_as(b"%PDF-1.7".as_slice(), "application/pdf", 100).unwrap().with_name("a.pdf");
    vec![
        ("image by url", shown(UserPart::Image(url()))),
        ("image by url with detail", shown(UserPart::Image(url().with_detail("low")))),
        ("image inline", shown(UserPart::Image(png()))),
        (
            "images without text",
            ChatRequest::new([Message::User(vec![UserPart::Image(png()), UserPart::Image(url())])]),
        ),
        ("sound wav", shown(sound("audio/wav"))),
        ("sound mp3", shown(sound("audio/mpeg"))),
        ("file inline", shown(UserPart::File(pdf()))),
        ("file uploaded", shown(UserPart::File(Media::uploaded("openai-compatible", "file-1")))),
    ]
}

fn options() -> Named {
    vec![
        ("temperature", question().with_temperature(0.2)),
        ("temperature zero", question().with_temperature(0.0)),
        ("top p", question().with_top_p(0.9)),
        ("top k", question().with_top_k(40)),
        ("token limit", question().with_max_output_tokens(50)),
        ("stop", question().with_stop("END")),
        ("four stops", question().with_stop("a").with_stop("b").with_stop("c").with_stop("d")),
        ("seed", question().with_seed(7)),
        ("penalties", question().with_presence_penalty(0.1).with_frequency_penalty(-0.2)),
        ("cache key", question().with_cache_key("conversation-1")),
        ("end user", question().with_end_user("u1")),
    ]
}

pub(crate) fn weather() -> FunctionTool {
    FunctionTool::new("get_weather").with_description("Get the weather for a city").with_parameters(json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "City name"}},
        "required": ["city"],
        "additionalProperties": false,
    }))
}

pub(crate) fn time() -> FunctionTool {
    FunctionTool::new("get_time").with_description("Get local time").with_parameters(json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    }))
}

fn tools() -> Named {
    let two = || question().with_tool(weather()).with_tool(time());
    let allowed = |mode| ToolChoice::Allowed { mode, names: vec!["get_time".into()] };
    vec![
        ("tools", two()),
        ("tool without parameters", question().with_tool(FunctionTool::new("ping"))),
        ("strict tool", question().with_tool(weather().with_strict(true))),
        ("tool not strict", question().with_tool(weather().with_strict(false))),
        ("choice auto", two().with_tool_choice(ToolChoice::Auto)),
        ("choice none", two().with_tool_choice(ToolChoice::None)),
        ("choice required", two().with_tool_choice(ToolChoice::Required)),
        ("choice named", two().with_tool_choice(ToolChoice::Named("get_weather".into()))),
        ("choice allowed", two().with_tool_choice(allowed(ToolMode::Auto))),
        ("choice allowed and required", two().with_tool_choice(allowed(ToolMode::Required))),
        ("calls in parallel", two().with_parallel_tool_calls(true)),
        ("calls one by one", two().with_parallel_tool_calls(false)),
    ]
}

fn results() -> Named {
    let call = || ToolCall::new("call_1", "get_weather", "{\"city\":\"Warsaw\"}");
    let second = || ToolCall::new("call_2", "get_time", "{\"city\":\"Warsaw\"}");
    let after = |answer: Vec<AssistantPart>, results: Vec<ToolResult>| {
        let conversation = [Message::user(QUESTION), Message::Assistant(answer), Message::Tool(results)];
        ChatRequest::new(conversation).with_tool(weather()).with_tool(time())
    };
    let one = |result: ToolResult| after(vec![AssistantPart::ToolCall(call())], vec![result]);
    let image = || ToolResultPart::Image(Media::from_url(PNG).unwrap());
    let texts =
        vec![ToolResultPart::Text(TextPart::new("One.")), ToolResultPart::Text(TextPart::new("Two."))];
    vec![
        ("result", one(ToolResult::text(&call(), "{\"temp_c\":21}"))),
        ("result as json", one(ToolResult::json(&call(), json!({"temp_c": 21})))),
        ("result failed", one(ToolResult::error(&call(), "no such city"))),
        ("result of two texts", one(ToolResult::of(&call(), texts))),
        ("result empty", one(ToolResult::text(&call(), ""))),
        (
            "result with image",
            one(ToolResult::of(&call(), vec![ToolResultPart::Text(TextPart::new("A map.")), image()])),
        ),
        (
            "results of parallel calls",
            after(
                vec![AssistantPart::ToolCall(call()), AssistantPart::ToolCall(second())],
                vec![ToolResult::text(&call(), "21"), ToolResult::text(&second(), "12:00")],
            ),
        ),
        (
            "call after text",
            after(
                vec![AssistantPart::text("Let me check."), AssistantPart::ToolCall(call())],
                vec![ToolResult::text(&call(), "21")],
            ),
        ),
        (
            "call without arguments",
            after(
                vec![AssistantPart::ToolCall(ToolCall::new("call_1", "get_time", ""))],
                vec![ToolResult::text(&ToolCall::new("call_1", "get_time", ""), "12:00")],
            ),
        ),
    ]
}

pub(crate) fn person() -> Value {
    json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": false,
    })
}

fn forms() -> Named {
    let schema = || JsonSchemaFormat::new("Person", person());
    let ask = || ChatRequest::user("Name a person, as JSON.");
    vec![
        ("format text", question().with_format(ResponseFormat::Text)),
        ("format json", ask().with_format(ResponseFormat::Json)),
        ("format schema", ask().with_format(schema().into())),
        ("format strict schema", ask().with_format(schema().with_strict(true).into())),
        ("format loose schema", ask().with_format(schema().with_strict(false).into())),
        ("format described schema", ask().with_format(schema().with_description("A person").into())),
    ]
}

fn reasoning() -> Named {
    let effort = || ReasoningOptions::effort(ReasoningEffort::Low);
    vec![
        ("reasoning budget", question().with_reasoning(effort().with_budget_tokens(1024))),
        ("reasoning summary", question().with_reasoning(effort().with_summary(ReasoningSummary::Auto))),
    ]
}

fn efforts() -> Vec<(String, ChatRequest)> {
    use ReasoningEffort::{High, Low, Max, Medium, Minimal, None, XHigh};
    let named = |effort: ReasoningEffort| {
        let name = format!("effort {}", effort.as_str());
        (name, question().with_reasoning(ReasoningOptions::effort(effort)))
    };
    [None, Minimal, Low, Medium, High, XHigh, Max].map(named).into()
}

fn ways_out() -> Named {
    let raw =
        RawJson::of(&json!({"messages": [{"role": "developer", "content": "Be brief."}], "n": 1})).unwrap();
    vec![
        ("extra body", question().with_extra("verbosity", "low").with_extra("store", true)),
        ("extra header", question().with_header("x-trace", "1").unwrap()),
        ("raw", ChatRequest::raw(raw)),
    ]
}
