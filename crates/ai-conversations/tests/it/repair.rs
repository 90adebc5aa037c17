use ai_conversations::{Answer, Repair, RepairKind, Status, StoredMessage, repair};
use laravel_ai_core::{AssistantPart, ErrorKind, Message, ToolCall, ToolResult};
use proptest::prelude::*;

fn call(id: &str) -> ToolCall {
    ToolCall::new(id, format!("tool-{id}"), "{}")
}

fn calls(ids: &[&str]) -> Message {
    Message::Assistant(ids.iter().map(|id| AssistantPart::ToolCall(call(id))).collect())
}

fn results(ids: &[&str]) -> Message {
    Message::tool(ids.iter().map(|id| ToolResult::text(&call(id), "done")))
}

/// What is stored when everything went well.
fn complete(messages: impl IntoIterator<Item = Message>) -> Vec<StoredMessage> {
    let stored = |(sequence, message)| {
        let mut stored = StoredMessage::pending(sequence, message);
        stored.status = Status::Complete;
        stored
    };
    (0..).zip(messages).map(stored).collect()
}

fn shapes(messages: &[Message]) -> Vec<String> {
    let results = |results: &[ToolResult]| -> Vec<String> {
        let mark = |result: &ToolResult| if result.is_error { "!" } else { "" };
        results.iter().map(|result| format!("{}{}", result.call_id, mark(result))).collect()
    };
    let shape = |message: &Message| match message {
        Message::Tool(list) => format!("tool {}", results(list).join(" ")),
        Message::Assistant(parts) => {
            let ids: Vec<_> =
                parts.iter().map(|part| part.as_tool_call().map_or("text", |call| &call.id)).collect();
            format!("assistant {}", ids.join(" "))
        }
        other => other.role().to_owned(),
    };
    messages.iter().map(shape).collect()
}

fn kinds(repairs: &[Repair]) -> Vec<(u64, RepairKind, &str)> {
    repairs.iter().map(|repair| (repair.sequence, repair.kind, repair.subject.as_str())).collect()
}

#[test]
fn a_sound_history_is_not_touched() {
    let messages = [
        Message::user("weather?"),
        calls(&["1", "2"]),
        results(&["2", "1"]),
        Message::assistant("sunny"),
        Message::user("thanks"),
    ];
    assert_eq!(repair(complete(messages.clone())), (messages.to_vec(), Vec::new()));
}

#[test]
fn calls_without_results_are_closed_where_they_stand() {
    let (messages, repairs) =
        repair(complete([Message::user("?"), calls(&["1", "2"]), Message::user("hello?")]));
    assert_eq!(shapes(&messages), ["user", "assistant 1 2", "tool 1! 2!", "user"]);
    assert_eq!(
        kinds(&repairs),
        [(1, RepairKind::CallClosed, "tool-1"), (1, RepairKind::CallClosed, "tool-2")]
    );
    assert_eq!(
        repairs[0].warning().message,
        "a tool call without a result was closed with an error result (message 1 of the conversation)"
    );
    let (messages, _) = repair(complete([calls(&["1", "2"]), results(&["2"])]));
    assert_eq!(
        shapes(&messages),
        ["assistant 1 2", "tool 2 1!"],
        "at the end, and beside the result that is there"
    );
    let (messages, _) = repair(complete([calls(&["1"]), calls(&["2"]), results(&["2"])]));
    assert_eq!(shapes(&messages), ["assistant 1", "tool 1!", "assistant 2", "tool 2"]);
}

#[test]
fn results_in_two_messages_are_brought_together() {
    let (messages, repairs) = repair(complete([calls(&["1", "2"]), results(&["1"]), results(&["2"])]));
    assert_eq!(shapes(&messages), ["assistant 1 2", "tool 1 2"]);
    assert!(repairs.is_empty());
}

#[test]
fn results_without_their_call_are_left_out() {
    let (messages, repairs) = repair(complete([
        results(&["0"]),
        calls(&["1"]),
        results(&["1", "1", "9"]),
        Message::user("x"),
        results(&["1"]),
    ]));
    assert_eq!(shapes(&messages), ["assistant 1", "tool 1", "user"]);
    let left = |sequence, name| (sequence, RepairKind::ResultLeftOut, name);
    assert_eq!(kinds(&repairs), [left(0, "tool-0"), left(2, "tool-1"), left(2, "tool-9"), left(4, "tool-1")]);
}

#[test]
fn cut_calls_and_empty_messages_are_left_out() {
    let mut cut = call("1");
    cut.truncated = true;
    let both =
        Message::Assistant(vec![AssistantPart::text("let me see"), AssistantPart::ToolCall(cut.clone())]);
    let only = Message::Assistant(vec![AssistantPart::ToolCall(cut)]);
    let (messages, repairs) = repair(complete([both, only]));
    assert_eq!(shapes(&messages), ["assistant text"]);
    assert_eq!(
        kinds(&repairs),
        [
            (0, RepairKind::CallLeftOut, "tool-1"),
            (1, RepairKind::CallLeftOut, "tool-1"),
            (1, RepairKind::EmptyLeftOut, "assistant")
        ]
    );
}

#[test]
fn a_question_at_fault_goes_with_what_there_is_of_its_answer() {
    let failed = |kind| {
        let mut stored =
            complete([Message::user("question"), Message::assistant("half an ans"), Message::user("next")]);
        stored[0].status = Status::Failed(kind);
        stored[1] = StoredMessage::answer(1, Status::Interrupted, Answer::default());
        stored[1].message = Message::assistant("half an ans");
        stored
    };
    let (messages, repairs) = repair(failed(ErrorKind::ContentFiltered));
    assert_eq!(messages, [Message::user("next")]);
    assert_eq!(kinds(&repairs), [(0, RepairKind::QuestionLeftOut, "user")]);
    let (messages, repairs) = repair(failed(ErrorKind::Transport));
    assert_eq!((messages.len(), repairs.len()), (3, 0), "a passing failure stays");
}

fn anything() -> impl Strategy<Value = Vec<StoredMessage>> {
    let ids = || prop::collection::vec(prop::sample::select(vec!["1", "2", "3"]), 0..4);
    let message = prop_oneof![
        Just(Message::user("x")),
        Just(Message::assistant("y")),
        Just(Message::User(Vec::new())),
        ids().prop_map(|ids| {
            let mut ids = ids;
            ids.sort_unstable();
            ids.dedup();
            calls(&ids)
        }),
        ids().prop_map(|ids| results(&ids)),
    ];
    let status = prop::sample::select(vec![
        Status::Pending,
        Status::Complete,
        Status::Failed(ErrorKind::Server),
        Status::Failed(ErrorKind::InvalidRequest),
        Status::Interrupted,
        Status::Cancelled,
    ]);
    prop::collection::vec((message, status), 0..12).prop_map(|list| {
        let stored = |(sequence, (message, status))| {
            let mut stored = StoredMessage::pending(sequence, message);
            stored.status = status;
            stored
        };
        (0..).zip(list).map(stored).collect()
    })
}

proptest! {
    /// After any crash: every call has exactly one result right behind it, and nothing is empty.
    #[test]
    fn whatever_is_stored_can_be_sent(stored in anything()) {
        let (messages, _) = repair(stored);
        for (index, message) in messages.iter().enumerate() {
            prop_assert!(!message.is_empty());
            let called: Vec<_> = match index.checked_sub(1).map(|before| &messages[before]) {
                Some(Message::Assistant(parts)) => {
                    parts.iter().filter_map(|part| part.as_tool_call()).map(|call| call.id.clone()).collect()
                }
                _ => Vec::new(),
            };
            let mut given: Vec<_> = match message {
                Message::Tool(results) => results.iter().map(|result| result.call_id.clone()).collect(),
                _ => Vec::new(),
            };
            given.sort();
            prop_assert_eq!(called, given);
        }
        if let Some(Message::Assistant(parts)) = messages.last() {
            prop_assert!(parts.iter().all(|part| part.as_tool_call().is_none()));
        }
        let again = repair(complete(messages.clone()));
        prop_assert_eq!(again, (messages, Vec::new()));
    }
}
