//! What every [`Store`] keeps to, as functions that panic where one does not: for the tests of stores of your own.
//!
//! Each needs a store that it may fill; owners and ids are its own, so one store serves them all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "assertions")]

use std::sync::Arc;

use futures_util::future::join_all;
use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, Cost, Currency, ErrorKind, Finish, FinishReason, Message, Money,
    Opaque, Provenance, RawJson, Reasoning, Refusal, Target, ToolCall, ToolResult, Usage,
};
use uuid::Uuid;

use crate::{
    Answer, Conflict, Conversation, ConversationId, NewConversation, Outcome, Owner, Status, Store,
    StoredMessage, Summary, Turn, Window,
};

/// Every law, one after the other.
///
/// # Panics
/// Where the store breaks one.
pub async fn all(store: &Arc<dyn Store>) {
    foreign_owners_find_nothing(store).await;
    writes_for_another_state_conflict(store).await;
    of_many_writers_one_wins(store).await;
    lists_are_newest_first(store).await;
    messages_come_back_as_they_were(store).await;
    outcomes_are_marked(store).await;
    handed_over_outcomes_are_stored(store).await;
    owners_are_told_apart_exactly(store).await;
    pins_stay_until_they_are_taken_away(store).await;
    the_last_summary_is_kept(store).await;
    what_a_window_leaves_out_stays(store).await;
}

fn someone() -> Owner {
    Owner::user(Uuid::now_v7().to_string())
}

async fn begun(store: &Arc<dyn Store>) -> Conversation {
    store.create(&someone(), NewConversation::new()).await.unwrap()
}

async fn stored(store: &Arc<dyn Store>, conversation: &Conversation) -> Vec<StoredMessage> {
    store.messages(&conversation.owner, conversation.id).await.unwrap()
}

/// To a foreign owner a conversation does not exist, whatever is asked.
///
/// # Panics
/// Where it does.
pub async fn foreign_owners_find_nothing(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    store.append(owner, id, 0, vec![Message::user("private")]).await.unwrap();
    let summary = Some(Summary::new(1, "private"));
    assert!(store.keep_summary(owner, id, summary.clone()).await.unwrap());
    for foreign in [someone(), Owner::new("team", owner.id.clone())] {
        assert_eq!(store.find(&foreign, id).await.unwrap(), None);
        assert_eq!(store.list(&foreign, None, 10).await.unwrap(), []);
        let unknown = Conflict::unknown(id);
        for error in [
            store.messages(&foreign, id).await.unwrap_err(),
            store.append(&foreign, id, 1, vec![Message::user("x")]).await.unwrap_err(),
            store.settle(&foreign, id, 0..1, Outcome::cancelled()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.message()), (unknown.kind(), unknown.message()));
        }
        store.hand_over(&foreign, id, 0..1, Outcome::cancelled());
        store.flush().await.unwrap();
        assert!(!store.rename(&foreign, id, Some("mine".into())).await.unwrap());
        assert!(!store.pin(&foreign, id, 0, true).await.unwrap());
        assert!(!store.keep_summary(&foreign, id, Some(Summary::new(1, "mine"))).await.unwrap());
        assert!(!store.keep_summary(&foreign, id, None).await.unwrap());
        assert_eq!(store.summary(&foreign, id).await.unwrap(), None);
        assert!(!store.delete(&foreign, id).await.unwrap());
        let taken = store.create(&foreign, NewConversation::new().with_id(id)).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::InvalidRequest);
    }
    let messages = stored(store, &conversation).await;
    assert_eq!((messages.len(), messages.first().map(|it| it.status)), (1, Some(Status::Pending)));
    assert!(messages.iter().all(|message| !message.pinned));
    assert_eq!(store.summary(owner, id).await.unwrap(), summary);
    assert_eq!(store.find(owner, id).await.unwrap().unwrap().title, None);
    let nowhere = store.messages(owner, ConversationId::new()).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::InvalidRequest);
}

/// A write that was meant for another state is a [`Conflict`] and stores nothing.
///
/// # Panics
/// Where it is not, or does.
pub async fn writes_for_another_state_conflict(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let append = |next| store.append(&conversation.owner, conversation.id, next, vec![Message::user("x")]);
    assert_eq!(append(0).await.unwrap(), 1);
    for wrong in [0, 2, u64::MAX] {
        let error = append(wrong).await.unwrap_err();
        let conflict = error.vendor::<Conflict>().unwrap();
        assert_eq!((conflict.expected, conflict.actual, error.kind()), (wrong, 1, ErrorKind::InvalidRequest));
    }
    let late = store.settle(&conversation.owner, conversation.id, 0..0, Outcome::cancelled()).await;
    assert!(late.unwrap_err().vendor::<Conflict>().is_some());
    let found = store.find(&conversation.owner, conversation.id).await.unwrap().unwrap();
    assert_eq!((stored(store, &conversation).await.len(), found.message_count), (1, 1));
}

/// Of many writers at once each number is one's, and the others are told.
///
/// # Panics
/// Where two get it, or none.
pub async fn of_many_writers_one_wins(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let writes = (0..20).map(|index| {
        let message = Message::user(index.to_string());
        let write = store.append(&conversation.owner, conversation.id, 0, vec![message]);
        async { write.await.map_err(|error| error.vendor::<Conflict>().copied()) }
    });
    let done = join_all(writes).await;
    let won = done.iter().filter(|done| done.is_ok()).count();
    assert_eq!((won, stored(store, &conversation).await.len()), (1, 1));
    assert!(
        done.iter().all(|done| !matches!(done, Err(None))),
        "who loses is told of the conflict: {done:?}"
    );
}

/// Conversations are listed newest first, page by page.
///
/// # Panics
/// Where they are not.
pub async fn lists_are_newest_first(store: &Arc<dyn Store>) {
    let owner = someone();
    let mut made = Vec::new();
    for title in ["a", "b", "c"] {
        made.push(store.create(&owner, NewConversation::new().with_title(title)).await.unwrap().id);
        begun(store).await;
    }
    let titles = async |before, limit| -> Vec<String> {
        let page = store.list(&owner, before, limit).await.unwrap();
        page.into_iter().map(|it| it.title.unwrap()).collect()
    };
    assert_eq!(titles(None, 2).await, ["c", "b"]);
    assert_eq!(titles(made.get(1).copied(), 2).await, ["a"]);
    assert_eq!(titles(None, 0).await, [""; 0]);
    let last = made.pop().unwrap();
    assert!(store.rename(&owner, last, None).await.unwrap());
    assert!(store.rename(&owner, last, None).await.unwrap(), "nothing to change is no stranger");
    assert_eq!(store.find(&owner, last).await.unwrap().unwrap().title, None);
    assert!(store.delete(&owner, last).await.unwrap());
    assert!(!store.delete(&owner, last).await.unwrap());
    assert_eq!(store.find(&owner, last).await.unwrap(), None);
    assert_eq!(titles(None, 9).await, ["b", "a"]);
}

/// Messages come back part by part as they were given, those that nobody knows too.
///
/// # Panics
/// Where one changed.
pub async fn messages_come_back_as_they_were(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    let target = Target::new("openai", "work", "gpt-test");
    let state = RawJson::parse(r#"{"id":"rs_1","encrypted":"a\u0000b","n":1.0}"#).unwrap();
    let mut reasoning = Reasoning::new("Hm \u{1f914}\u{0}");
    reasoning.opaque = Some(Opaque::new(target.clone(), state.clone()));
    let unknown: AssistantPart = serde_json::from_str(r#"{"type":"hologram","beams":[1,2]}"#).unwrap();
    let call = ToolCall::new("call_1", "weather", "{ \"city\" : \"Lima\" }");
    let answer = vec![
        AssistantPart::Reasoning(reasoning),
        AssistantPart::text("Grüße \u{1f44b}\n\u{202e}\"'\\%_"),
        AssistantPart::ToolCall(call.clone()),
        AssistantPart::Refusal(Refusal::new("no")),
        AssistantPart::Native(Opaque::new(target.clone(), state)),
        unknown,
    ];
    let question = vec![
        Message::system("Be brief."),
        Message::user("x".repeat(200_000)),
        Message::Assistant(answer.clone()),
        Message::Tool(vec![ToolResult::text(&call, "22 °C")]),
    ];
    assert_eq!(store.append(owner, id, 0, question.clone()).await.unwrap(), 4);

    let mut usage = Usage::new(24, 3);
    usage.cached_input = Some(7);
    let amount = "0.000000000000000000000123".parse().unwrap();
    let given = Answer {
        content: answer,
        usage,
        cost: Some(Cost::new(Money::new(amount, Currency::USD), Provenance::ProviderReported)),
        target: Some(target),
        finish: Some(Finish::new(FinishReason::Stop)),
    };
    store.settle(owner, id, 0..4, Outcome::Answered(given.clone())).await.unwrap();

    let messages = stored(store, &conversation).await;
    assert!(messages.iter().zip(0..).all(|(message, number)| message.sequence == number));
    let (last, asked) = messages.split_last().unwrap();
    assert!(asked.iter().map(|message| &message.message).eq(&question));
    assert!(asked.iter().all(|message| message.status == Status::Complete));
    assert_eq!(*last, StoredMessage::answer(4, Status::Complete, given));
    assert_eq!(store.find(owner, id).await.unwrap().unwrap().message_count, 5);
}

/// A failed, cancelled or broken answer is stored and marked.
///
/// # Panics
/// Where it is not.
pub async fn outcomes_are_marked(store: &Arc<dyn Store>) {
    let partial = Answer { content: vec![AssistantPart::text("Li")], ..Answer::default() };
    let failed = |kind, partial: Option<Answer>| Outcome::Failed { kind, partial };
    for (outcome, question, answer) in [
        (failed(ErrorKind::Overloaded, None), Status::Failed(ErrorKind::Overloaded), None),
        (Outcome::cancelled(), Status::Failed(ErrorKind::Cancelled), None),
        (
            failed(ErrorKind::StreamInterrupted, Some(partial.clone())),
            Status::Failed(ErrorKind::StreamInterrupted),
            Some(Status::Interrupted),
        ),
        (
            failed(ErrorKind::Cancelled, Some(partial)),
            Status::Failed(ErrorKind::Cancelled),
            Some(Status::Cancelled),
        ),
    ] {
        let conversation = begun(store).await;
        let (owner, id) = (&conversation.owner, conversation.id);
        store.append(owner, id, 0, vec![Message::user("old")]).await.unwrap();
        store.append(owner, id, 1, vec![Message::user("Capital of Peru?")]).await.unwrap();
        store.settle(owner, id, 1..2, outcome).await.unwrap();
        let statuses: Vec<_> = stored(store, &conversation).await.into_iter().map(|it| it.status).collect();
        let expected: Vec<_> = [Status::Pending, question].into_iter().chain(answer).collect();
        assert_eq!(statuses, expected, "only the question itself is marked");
    }
}

/// What a caller that was dropped handed over is stored by the time `flush` returns; where another writer came first,
/// nothing is.
///
/// # Panics
/// Where it is not.
pub async fn handed_over_outcomes_are_stored(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    store.append(owner, id, 0, vec![Message::user("Hello")]).await.unwrap();
    store.hand_over(owner, id, 0..1, Outcome::cancelled());
    store.hand_over(owner, id, 0..9, Outcome::Answered(Answer::default()));
    store.flush().await.unwrap();
    let statuses: Vec<_> = stored(store, &conversation).await.into_iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Status::Failed(ErrorKind::Cancelled)]);
}

/// Owners that differ in case, accents or blanks are different; one that can't be kept is refused.
///
/// # Panics
/// Where they are not.
pub async fn owners_are_told_apart_exactly(store: &Arc<dyn Store>) {
    let name = format!("é-{}", Uuid::now_v7());
    let conversation = store.create(&Owner::user(&name), NewConversation::new()).await.unwrap();
    let others =
        [name.to_uppercase(), format!("{name} "), format!(" {name}"), name.replace('é', "e"), String::new()];
    for other in others {
        assert_eq!(store.find(&Owner::user(&other), conversation.id).await.unwrap(), None, "{other:?}");
        assert_eq!(store.list(&Owner::user(&other), None, 9).await.unwrap(), [], "{other:?}");
    }
    assert!(store.find(&Owner::user(&name), conversation.id).await.unwrap().is_some());
}

/// A pinned message is pinned until the pin is taken away, whatever happens to it in between, and nothing else of it
/// changes.
///
/// # Panics
/// Where it is not.
pub async fn pins_stay_until_they_are_taken_away(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let other = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    let pins = async |conversation: &Conversation| -> Vec<bool> {
        stored(store, conversation).await.into_iter().map(|message| message.pinned).collect()
    };
    let question = vec![Message::user("My name is Ana."), Message::user("Capital of Peru?")];
    store.append(owner, id, 0, question.clone()).await.unwrap();
    store.append(&other.owner, other.id, 0, question).await.unwrap();
    let before = stored(store, &conversation).await;

    assert!(store.pin(owner, id, 0, true).await.unwrap());
    assert!(store.pin(owner, id, 0, true).await.unwrap(), "nothing to change is no stranger");
    assert_eq!(pins(&conversation).await, [true, false]);
    assert_eq!(pins(&other).await, [false, false], "the pin is that of one conversation");
    for nowhere in [2, u64::MAX] {
        assert!(!store.pin(owner, id, nowhere, true).await.unwrap());
    }
    store.settle(owner, id, 0..2, Outcome::Answered(Answer::default())).await.unwrap();
    assert_eq!(pins(&conversation).await, [true, false, false]);
    assert!(store.pin(owner, id, 2, true).await.unwrap(), "answers are pinned like questions");
    assert!(store.pin(owner, id, 0, false).await.unwrap());
    assert_eq!(pins(&conversation).await, [false, false, true]);
    let after = stored(store, &conversation).await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.message == after.message));
    assert_eq!(store.find(owner, id).await.unwrap().unwrap().message_count, 3);
}

/// Of several summaries the last is kept, whole, and the messages stay as they are.
///
/// # Panics
/// Where it is not, or they do not.
pub async fn the_last_summary_is_kept(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    assert_eq!(store.summary(owner, id).await.unwrap(), None);
    store.append(owner, id, 0, vec![Message::user("My name is Ana.")]).await.unwrap();
    let before = stored(store, &conversation).await;

    let mut summary = Summary::new(1, "Grüße von Ana \u{1f44b}\u{0}\n'\"");
    summary.usage = Usage::new(24, 3);
    let amount = "0.000000000000000000000123".parse().unwrap();
    summary.cost = Some(Cost::new(Money::new(amount, Currency::USD), Provenance::ProviderReported));
    summary.target = Some(Target::new("openai", "work", "gpt-test"));
    for summary in [Some(Summary::new(0, "first")), Some(summary.clone()), Some(summary), None] {
        assert!(store.keep_summary(owner, id, summary.clone()).await.unwrap());
        assert!(store.keep_summary(owner, id, summary.clone()).await.unwrap(), "the same is no stranger");
        assert_eq!(store.summary(owner, id).await.unwrap(), summary);
    }
    for beyond in [2, u64::MAX] {
        assert!(!store.keep_summary(owner, id, Some(Summary::new(beyond, "x"))).await.unwrap());
    }
    assert_eq!(store.summary(owner, id).await.unwrap(), None);
    assert_eq!(stored(store, &conversation).await, before);
    assert_eq!(store.summary(owner, ConversationId::new()).await.unwrap(), None);
}

/// A window sends pins, the summary and the last messages; the rest is not sent, and stays.
///
/// # Panics
/// Where it does not.
pub async fn what_a_window_leaves_out_stays(store: &Arc<dyn Store>) {
    let conversation = begun(store).await;
    let (owner, id) = (&conversation.owner, conversation.id);
    let call = ToolCall::new("call_1", "weather", "{}");
    let answer = |parts| Outcome::Answered(Answer { content: parts, ..Answer::default() });
    store.append(owner, id, 0, vec![Message::user("My name is Ana.")]).await.unwrap();
    store.settle(owner, id, 0..1, answer(vec![AssistantPart::text("Hello Ana.")])).await.unwrap();
    store.append(owner, id, 2, vec![Message::user("Weather?")]).await.unwrap();
    store.settle(owner, id, 2..3, answer(vec![AssistantPart::ToolCall(call.clone())])).await.unwrap();
    store.append(owner, id, 4, vec![Message::tool([ToolResult::text(&call, "sunny")])]).await.unwrap();
    store.settle(owner, id, 4..5, answer(vec![AssistantPart::text("It is sunny.")])).await.unwrap();
    assert!(store.pin(owner, id, 0, true).await.unwrap());
    let summary = Summary::new(2, "Ana said hello.");
    assert!(store.keep_summary(owner, id, Some(summary.clone())).await.unwrap());
    let before = stored(store, &conversation).await;

    let ask = async |window: Window| {
        let (request, ctx) = (ChatRequest::user("And tomorrow?"), Context::new());
        Turn::preview(&**store, owner, id, request, &window, &ctx).await.unwrap()
    };
    let (request, report) = ask(Window::last(1)).await;
    let texts: Vec<_> = request.messages.iter().map(Message::text).collect();
    assert_eq!(texts, [summary.message().text().as_str(), "My name is Ana.", "And tomorrow?"]);
    assert_eq!((report.left_out_count(), report.summary_until), (5, Some(2)));
    let (request, report) = ask(Window::last(5)).await;
    assert_eq!((request.messages.len(), report.left_out_count()), (7, 1), "the call goes with its result");
    assert_eq!(ask(Window::whole()).await.0.messages.len(), 7);
    assert_eq!(stored(store, &conversation).await, before);
}
