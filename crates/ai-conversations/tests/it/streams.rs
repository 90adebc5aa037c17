use ai_conversations::{Conflict, Status, Store};
use futures_util::{FutureExt as _, StreamExt as _};
use laravel_ai_core::{Context, ErrorKind, Message, StreamEvent, Usage};

use crate::model::{Act, Script, begin, finished, owner, served_by, started, stored, summary, text};

const LIMA: [&str; 2] = ["Li", "ma"];

#[tokio::test]
async fn a_stream_is_stored_before_its_finish_is_delivered() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Stream(finished(&LIMA), None)]).watching(&store, &conversation);
    let mut stream =
        begin(&store, &conversation, "Peru?").await.stream(&model, &Context::new()).await.unwrap();
    while let Some(event) = stream.next().await {
        let is_finish = matches!(event.unwrap(), StreamEvent::Finish(_));
        let count = stored(&store, &conversation).await.len();
        assert_eq!(count, if is_finish { 2 } else { 1 });
    }
    let expected = ["user: Peru?", "assistant: Lima"];
    assert_eq!(summary(&store, &conversation).await, expected.map(|it| (it.to_owned(), Status::Complete)));
    let answer = &stored(&store, &conversation).await[1];
    assert_eq!(answer.usage, Some(Usage::new(10, 3)));
    assert_eq!(answer.target, Some(served_by()), "who answered, not who was asked");
    assert!(answer.finish.is_some());
}

#[tokio::test]
async fn the_whole_answer_is_the_same_through_the_recorder() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Stream(finished(&LIMA), None)]);
    let stream = begin(&store, &conversation, "Peru?").await.stream(&model, &Context::new()).await.unwrap();
    let response = stream.into_response().await.unwrap();
    assert_eq!((response.text().as_str(), response.usage), ("Lima", Usage::new(10, 3)));
    assert_eq!(response.served_by, served_by());
}

#[tokio::test]
async fn a_stream_that_breaks_keeps_what_was_delivered() {
    for (kind, error) in
        [(ErrorKind::Transport, Some(ErrorKind::Transport)), (ErrorKind::StreamInterrupted, None)]
    {
        let (store, conversation) = started().await;
        let model = Script::new([Act::Stream(text(&LIMA), error)]);
        let stream =
            begin(&store, &conversation, "Peru?").await.stream(&model, &Context::new()).await.unwrap();
        let error = stream.into_response().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.partial().unwrap().text(), "Lima");
        assert_eq!(
            summary(&store, &conversation).await,
            [("user: Peru?".into(), Status::Failed(kind)), ("assistant: Lima".into(), Status::Interrupted)]
        );
        let answer = &stored(&store, &conversation).await[1];
        assert_eq!(answer.usage, Some(Usage::new(10, 2)));
        assert_eq!((answer.target.clone(), answer.finish.clone()), (Some(served_by()), None));
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_keeps_what_was_delivered() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Hang(text(&LIMA)), Act::Hang(Vec::new())]);
    let mut stream =
        begin(&store, &conversation, "Peru?").await.stream(&model, &Context::new()).await.unwrap();
    while stream.next().now_or_never().is_some() {}
    drop(stream);
    assert_eq!(
        summary(&store, &conversation).await,
        [
            ("user: Peru?".into(), Status::Failed(ErrorKind::Cancelled)),
            ("assistant: Lima".into(), Status::Cancelled)
        ]
    );
    let answer = &stored(&store, &conversation).await[1];
    assert_eq!((answer.usage.clone(), answer.target.clone()), (Some(Usage::new(10, 2)), Some(served_by())));

    let stream = begin(&store, &conversation, "Chile?").await.stream(&model, &Context::new()).await.unwrap();
    drop(stream);
    let after = summary(&store, &conversation).await;
    assert_eq!(
        after[2..],
        [("user: Chile?".into(), Status::Failed(ErrorKind::Cancelled))],
        "nothing was delivered"
    );
    store.flush().await.unwrap();
}

#[tokio::test]
async fn after_an_interruption_the_conversation_goes_on() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Stream(text(&LIMA), None), Act::Stream(finished(&["!"]), None)]);
    let stream = begin(&store, &conversation, "Peru?").await.stream(&model, &Context::new()).await.unwrap();
    stream.into_response().await.unwrap_err();
    let stream = begin(&store, &conversation, "go on").await.stream(&model, &Context::new()).await.unwrap();
    stream.into_response().await.unwrap();
    let expected = [Message::user("Peru?"), Message::assistant("Lima"), Message::user("go on")];
    assert_eq!(model.seen.lock().unwrap()[1], expected);
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_a_failed_question() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Fail(ErrorKind::RateLimited)]);
    let error = begin(&store, &conversation, "x").await.stream(&model, &Context::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(summary(&store, &conversation).await[0].1, Status::Failed(ErrorKind::RateLimited));
}

#[tokio::test]
async fn a_conflict_ends_the_stream_in_place_of_its_finish() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Stream(finished(&LIMA), None)]);
    let stream = begin(&store, &conversation, "slow").await.stream(&model, &Context::new()).await.unwrap();
    store.append(&owner(), conversation.id, 1, vec![Message::user("quick")]).await.unwrap();
    let items: Vec<_> = stream.collect().await;
    let error = items.last().unwrap().as_ref().unwrap_err();
    assert!(error.vendor::<Conflict>().is_some());
    assert_eq!(error.partial().unwrap().text(), "Lima");
    assert!(items.iter().flatten().all(|event| !matches!(event, StreamEvent::Finish(_))));
}

#[tokio::test]
async fn repairs_are_warnings_of_the_stream() {
    let (store, conversation) = started().await;
    let model = Script::new([Act::Fail(ErrorKind::ContentFiltered), Act::Stream(finished(&LIMA), None)]);
    begin(&store, &conversation, "bad").await.stream(&model, &Context::new()).await.unwrap_err();
    let stream = begin(&store, &conversation, "good").await.stream(&model, &Context::new()).await.unwrap();
    let response = stream.into_response().await.unwrap();
    assert_eq!(response.warnings.len(), 1);
    assert_eq!(response.text(), "Lima");
}
