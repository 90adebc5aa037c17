//! Conversations with answers that were really given, and what is in them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatModel, ChatRequest, Context, Media, Message, Target, ToolResult, ToolResultPart,
    UserPart,
};
use proptest::collection::vec;
use proptest::prelude::*;
use provider_mock::{ScriptedTransport, WireReply};
use serde_json::{Value, json};

use super::body;
use crate::requests;

/// The picture of all conversations.
pub(super) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// An answer as its driver read it.
pub(super) type Answer = Vec<AssistantPart>;

/// What the vendor sent: the fixture `crate/file`.
pub(super) fn reply(fixture: &str) -> WireReply {
    let (owner, file) = fixture.split_once('/').unwrap();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let path = crates.join(owner).join("tests/fixtures").join(file);
    let content = match path.extension().and_then(|it| it.to_str()) {
        Some("sse") => "text/event-stream",
        Some("ndjson") => "application/x-ndjson",
        _ => "application/json",
    };
    WireReply::status(200).header("content-type", content).body(fs::read(&path).unwrap())
}

/// The answer of a fixture, read by the driver of its vendor.
pub(super) async fn decoded(model: &dyn ChatModel, transport: &ScriptedTransport, fixture: &str) -> Answer {
    transport.sequence([reply(fixture)]);
    let (ctx, question) = (Context::new(), Arc::new(ChatRequest::user("?")));
    let answer = match fixture.ends_with(".json") {
        true => model.chat(&ctx, question).await,
        false => model.stream(&ctx, question).await.unwrap().into_response().await,
    };
    let content = answer.unwrap_or_else(|error| panic!("{fixture}: {error}")).content;
    assert!(!content.is_empty(), "{fixture}");
    content
}

/// How a turn goes: the question has a picture, and the results are of these forms.
type Turn = (Answer, bool, Vec<u8>);

/// Conversations of some of the answers, in any order.
pub(super) fn some_of(answers: &[Answer]) -> impl Strategy<Value = ChatRequest> + use<> {
    let some = proptest::sample::subsequence(answers.to_vec(), 1..=answers.len().min(4)).prop_shuffle();
    some.prop_flat_map(|answers| {
        let turn = |answer: Answer| {
            let calls = answer.iter().filter(|part| part.as_tool_call().is_some()).count();
            (Just(answer), proptest::bool::ANY, vec(0_u8..4, calls))
        };
        (proptest::bool::ANY, answers.into_iter().map(turn).collect::<Vec<_>>())
    })
    .prop_map(|(instructed, turns)| conversation(instructed, turns))
}

/// For each answer the conversation that goes on after it.
pub(super) fn each(answers: &[Answer]) -> Vec<ChatRequest> {
    let one = |answer: &Answer| conversation(true, vec![(answer.clone(), true, vec![0, 1, 2, 3])]);
    answers.iter().map(one).collect()
}

fn conversation(instructed: bool, turns: Vec<Turn>) -> ChatRequest {
    let mut messages = Vec::new();
    if instructed {
        messages.push(Message::system("Be brief."));
    }
    for (turn, (answer, shows, forms)) in turns.into_iter().enumerate() {
        let mut question = vec![UserPart::text(format!("Question {turn}?"))];
        if shows {
            question.push(UserPart::Image(Media::from_url(requests::PNG).unwrap()));
        }
        messages.push(Message::User(question));
        let calls = answer.iter().filter_map(AssistantPart::as_tool_call);
        let results: Vec<_> = calls
            .zip(forms)
            .enumerate()
            .map(|(at, (call, form))| {
                let said = format!("Result {turn}-{at}.");
                match form {
                    0 => ToolResult::text(call, said),
                    1 => ToolResult::json(call, json!({"said": said})),
                    2 => ToolResult::error(call, said),
                    _ => ToolResult::of(
                        call,
                        vec![
                            ToolResultPart::Text(laravel_ai_core::TextPart::new(said)),
                            ToolResultPart::Text(laravel_ai_core::TextPart::new(format!(
                                "More {turn}-{at}."
                            ))),
                        ],
                    ),
                }
            })
            .collect();
        messages.push(Message::Assistant(answer));
        if !results.is_empty() {
            messages.push(Message::Tool(results));
        }
    }
    messages.push(Message::user("And now?"));
    ChatRequest::new(messages).with_tool(requests::weather()).with_tool(requests::time())
}

/// All texts that anyone said, in their order.
pub(super) fn words(request: &ChatRequest) -> Vec<String> {
    let mut words = Vec::new();
    for message in &request.messages {
        match message {
            // Instructions may stand apart.
            Message::System(_) => {}
            Message::User(parts) => words.extend(parts.iter().filter_map(|part| match part {
                UserPart::Text(text) => Some(text.text.clone()),
                _ => None,
            })),
            Message::Assistant(parts) => words.extend(parts.iter().filter_map(|part| match part {
                AssistantPart::Text(text) => Some(text.text.clone()),
                AssistantPart::Refusal(refusal) => Some(refusal.text.clone()),
                _ => None,
            })),
            Message::Tool(results) => {
                words.extend(results.iter().flat_map(|result| &result.content).filter_map(
                    |part| match part {
                        ToolResultPart::Text(text) => Some(text.text.clone()),
                        ToolResultPart::Json { value } => value["said"].as_str().map(str::to_owned),
                        _ => None,
                    },
                ));
            }
        }
    }
    words
}

/// Names and arguments of all calls.
pub(super) fn calls(request: &ChatRequest) -> Vec<(String, Value)> {
    let calls = super::parts(request).filter_map(AssistantPart::as_tool_call);
    calls.map(|call| (call.name.clone(), body::arguments(&call.arguments.clone().into()))).collect()
}

pub(super) fn call_ids(request: &ChatRequest) -> Vec<String> {
    super::parts(request).filter_map(AssistantPart::as_tool_call).map(|call| call.id.clone()).collect()
}

/// Each of them for its call and for its result.
pub(super) fn twice(ids: &[String]) -> Vec<String> {
    let mut twice: Vec<_> = ids.iter().chain(ids).cloned().collect();
    twice.sort();
    twice
}

/// How many pictures the user showed.
pub(super) fn pictures(request: &ChatRequest) -> usize {
    let shown = request.messages.iter().flat_map(|message| match message {
        Message::User(parts) => parts.as_slice(),
        _ => &[],
    });
    shown.filter(|part| matches!(part, UserPart::Image(_))).count()
}

/// What tells the state of `target` from anything else: signatures, encrypted texts and ids of items.
pub(super) fn marks(request: &ChatRequest, target: &Target) -> Vec<String> {
    let mut marks = Vec::new();
    for part in super::parts(request).filter(|part| !super::is_foreign(part, target)) {
        let Some(state) = part.opaque() else { continue };
        collect_marks(&state.data.decode().unwrap(), &mut marks);
    }
    marks
}

fn collect_marks(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_marks(item, into)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    (
                        "id" | "encrypted_content" | "thoughtSignature" | "thought_signature",
                        Value::String(mark),
                    ) => into.push(mark.clone()),
                    _ => collect_marks(member, into),
                }
            }
        }
        _ => {}
    }
}

/// The answers with reasoning of `target` that it has not encrypted.
pub(super) fn unencrypted(request: &ChatRequest, target: &Target) -> std::ops::Range<usize> {
    let lacks = |part: &AssistantPart| {
        let AssistantPart::Reasoning(reasoning) = part else { return false };
        let own = reasoning.opaque.as_ref().filter(|state| target.accepts_state_of(&state.target));
        own.is_some_and(|state| !state.data.as_str().contains("encrypted_content"))
    };
    let answers = request.messages.iter().filter(|message| match message {
        Message::Assistant(parts) => parts.iter().any(lacks),
        _ => false,
    });
    0..answers.count()
}
