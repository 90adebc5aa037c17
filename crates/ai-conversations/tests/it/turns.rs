use std::sync::Arc;

use ai_conversations::{Conflict, ConversationId, Outcome, Owner, Status, Store, Turn};
use laravel_ai_core::{ChatRequest, Context, ErrorKind, FinishReason, Message, RawJson, Retry, Usage};

use crate::model::{Act, Script, answer, begin, owner, started, stored, summary, target};

#[tokio::test]
async fn a_question_is_stored_before_it_is_sent_and_the_answer_after() {
    let (store, conversation) = started().await;
    let model = Script::new([answer("Lima"), answer("Santiago")]).watching(&store, &conversation);
    for question in ["Peru?", "Chile?"] {
        let response =
            begin(&store, &conversation, question).await.send(&model, &Context::new()).await.unwrap();
        assert!(response.warnings.is_empty());
    }
    let expected = ["user: Peru?", "assistant: Lima", "user: Chile?", "assistant: Santiago"];
    assert_eq!(summary(&store, &conversation).await, expected.map(|it| (it.to_owned(), Status::Complete)));
    let messages = stored(&store, &conversation).await;
    assert_eq!(messages[1].usage, Some(Usage::new(10, 2)));
    assert_eq!(messages[1].target, Some(target()));
    assert_eq!(messages[1].finish.as_ref().unwrap().reason, FinishReason::Stop);
    assert_eq!((&messages[0].usage, &messages[0].target), (&None, &None));
    let seen = model.seen.lock().unwrap();
    assert_eq!(seen[1], [Message::user("Peru?"), Message::assistant("Lima"), Message::user("Chile?")]);
}

#[tokio::test]
async fn instructions_go_first_and_are_not_stored() {
    let (store, conversation) = started().await;
    let model = Script::new([answer("a"), answer("b")]);
    for question in ["1", "2"] {
        let request =
            ChatRequest::new([Message::system("Be brief."), Message::user(question)]).with_temperature(0.5);
        let turn = Turn::begin(store.clone(), owner(), conversation.id, request).await.unwrap();
        assert_eq!(turn.request().temperature, Some(0.5));
        turn.send(&model, &Context::new()).await.unwrap();
    }
    assert_eq!(stored(&store, &conversation).await.len(), 4);
    let expected =
        [Message::system("Be brief."), Message::user("1"), Message::assistant("a"), Message::user("2")];
    assert_eq!(model.seen.lock().unwrap()[1], expected);
}

#[tokio::test]
async fn a_failure_is_stored_and_a_passing_one_stays_in_the_history() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Fail(ErrorKind::Server), answer("Lima")]);
    let error = begin(&store, &conversation, "Peru?").await.send(&model, &Context::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(
        summary(&store, &conversation).await,
        [("user: Peru?".into(), Status::Failed(ErrorKind::Server))]
    );

    begin(&store, &conversation, "try again").await.send(&model, &Context::new()).await.unwrap();
    assert_eq!(model.seen.lock().unwrap()[1], [Message::user("Peru?"), Message::user("try again")]);
    let statuses: Vec<_> = summary(&store, &conversation).await.into_iter().map(|it| it.1).collect();
    assert_eq!(statuses, [Status::Complete; 3], "the answer is to both");
}

#[tokio::test]
async fn a_question_that_would_fail_every_later_call_is_left_out() {
    let (store, conversation) = started().await;
    let model = Script::new([answer("hi"), Act::Fail(ErrorKind::ContextTooLong), answer("Lima")]);
    begin(&store, &conversation, "hello").await.send(&model, &Context::new()).await.unwrap();
    begin(&store, &conversation, "too long").await.send(&model, &Context::new()).await.unwrap_err();
    let turn = begin(&store, &conversation, "Peru?").await;
    assert_eq!(turn.repairs().len(), 1);
    let response = turn.send(&model, &Context::new()).await.unwrap();
    assert_eq!(
        response.warnings[0].message,
        "a question that could not be answered was left out (message 2 of the conversation)"
    );
    let expected = [Message::user("hello"), Message::assistant("hi"), Message::user("Peru?")];
    assert_eq!(model.seen.lock().unwrap()[2], expected);
    let left = &stored(&store, &conversation).await[2];
    assert_eq!(left.status, Status::Failed(ErrorKind::ContextTooLong), "left out, not lost");
}

#[tokio::test]
async fn a_question_without_answer_can_be_asked_again() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Fail(ErrorKind::ContextTooLong), answer("Lima")]);
    begin(&store, &conversation, "Peru?").await.send(&model, &Context::new()).await.unwrap_err();
    let again = || Turn::begin(store.clone(), owner(), conversation.id, ChatRequest::default());
    again().await.unwrap().send(&model, &Context::new()).await.unwrap();
    let expected = ["user: Peru?", "assistant: Lima"];
    assert_eq!(summary(&store, &conversation).await, expected.map(|it| (it.to_owned(), Status::Complete)));
    let error = again().await.unwrap_err();
    assert_eq!(error.message(), "there is nothing to answer: give the turn a message");
}

#[tokio::test]
async fn a_question_left_by_a_crash_is_part_of_the_history() {
    let (store, conversation) = started().await;
    store.append(&owner(), conversation.id, 0, vec![Message::user("lost")]).await.unwrap();
    let model = Script::new([answer("found")]);
    begin(&store, &conversation, "hello?").await.send(&model, &Context::new()).await.unwrap();
    assert_eq!(model.seen.lock().unwrap()[0], [Message::user("lost"), Message::user("hello?")]);
    assert!(summary(&store, &conversation).await.iter().all(|it| it.1 == Status::Complete));
}

#[tokio::test]
async fn a_dropped_call_is_stored_as_cancelled() {
    let (store, conversation) = started().await;
    let turn = begin(&store, &conversation, "Peru?").await;
    assert_eq!(summary(&store, &conversation).await[0].1, Status::Pending);
    drop(turn);
    assert_eq!(summary(&store, &conversation).await[0].1, Status::Failed(ErrorKind::Cancelled));

    let turn = begin(&store, &conversation, "Chile?").await;
    let model = Script::new([Act::Hang(Vec::new())]);
    let context = Context::new();
    let call = turn.send(&model, &context);
    assert!(futures_util::FutureExt::now_or_never(call).is_none());
    let statuses: Vec<_> = summary(&store, &conversation).await.into_iter().map(|it| it.1).collect();
    assert_eq!(statuses, [Status::Failed(ErrorKind::Cancelled); 2]);
}

#[tokio::test]
async fn the_slower_of_two_writers_gets_a_conflict_and_its_answer() {
    let (store, conversation) = started().await;
    let slow = begin(&store, &conversation, "slow").await;
    let quick = begin(&store, &conversation, "quick").await;
    let model = Script::new([answer("too late"), answer("in time")]);
    let error = slow.send(&model, &Context::new()).await.unwrap_err();
    assert_eq!(*error.vendor::<Conflict>().unwrap(), conflict(1, 2));
    assert_eq!(error.partial().unwrap().text(), "too late");
    assert_eq!(error.partial().unwrap().usage, Usage::new(10, 2));
    assert_eq!(
        (error.kind(), error.retry(), error.possibly_billed()),
        (ErrorKind::InvalidRequest, Retry::Never, true)
    );
    assert_eq!(
        error.message(),
        "the answer could not be stored: the conversation was changed meanwhile: expected message 1 to be the next, it is 2; load it again"
    );
    quick.send(&model, &Context::new()).await.unwrap();
    let texts: Vec<_> = summary(&store, &conversation).await.into_iter().map(|it| it.0).collect();
    assert_eq!(texts, ["user: slow", "user: quick", "assistant: in time"]);
}

fn conflict(expected: u64, actual: u64) -> Conflict {
    *ai_conversations::Conflict::error(expected, actual).vendor().unwrap()
}

#[tokio::test]
async fn what_is_wrong_in_itself_is_refused_and_not_stored() {
    let (store, conversation) = started().await;
    let call = laravel_ai_core::ToolCall::new("1", "weather", "{}");
    for request in [
        ChatRequest::default(),
        ChatRequest::new([Message::system("only instructions")]),
        ChatRequest::new([Message::User(Vec::new())]),
        ChatRequest::new([Message::tool([laravel_ai_core::ToolResult::text(&call, "orphan")])]),
        ChatRequest::user("x").with_temperature(f64::NAN),
        ChatRequest::raw(RawJson::parse("{}").unwrap()),
    ] {
        let error = Turn::begin(store.clone(), owner(), conversation.id, request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
    assert!(stored(&store, &conversation).await.is_empty());
    let begin = |owner: Owner, id| Turn::begin(store.clone(), owner, id, ChatRequest::user("x"));
    let foreign = begin(Owner::user("8"), conversation.id).await.unwrap_err();
    let unknown = begin(owner(), ConversationId::new()).await.unwrap_err();
    assert!(foreign.message().starts_with("there is no conversation"));
    assert!(unknown.message().starts_with("there is no conversation"));
}

#[tokio::test]
async fn a_turn_can_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (store, conversation) = started().await;
    let model: Arc<dyn laravel_ai_core::ChatModel> = Arc::new(Script::new([answer("ok")]));
    let turn = begin(&store, &conversation, "x").await;
    let context = Context::new();
    is_send(is_send(turn).send(&*model, &context)).await.unwrap();
    assert_eq!(Outcome::cancelled().question_status(), Status::Failed(ErrorKind::Cancelled));
}
