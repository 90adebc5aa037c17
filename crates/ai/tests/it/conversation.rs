//! Conversations: memory, callbacks, and what happens when a call fails.

use std::sync::{Arc, Mutex};

use ai::mock::Reply;
use ai::{Ai, Conversation, ErrorKind, Message, Owner, Progress, ToolResult};
use futures_util::StreamExt;
use serde_json::json;

fn last_sent(ai: &ai::FakeAi) -> Vec<(&'static str, String)> {
    let sent = ai.mock().recorded();
    sent.last().unwrap().request.messages.iter().map(|message| (message.role(), message.text())).collect()
}

#[tokio::test]
async fn the_whole_conversation_is_sent_with_its_instructions_and_options() {
    let ai = Ai::fake();
    ai.mock().sequence(["One", "Two"]);
    let mut chat = ai.conversation().system("Be brief").temperature(0.5);
    chat.ask("First?").await.unwrap();
    chat.ask("Second?").await.unwrap();

    let expected = [("system", "Be brief"), ("user", "First?"), ("assistant", "One"), ("user", "Second?")];
    assert_eq!(last_sent(&ai), expected.map(|(role, text)| (role, text.to_owned())));
    ai.mock().assert_sent(|sent| {
        sent.request.temperature == Some(0.5) && sent.context.labels.conversation.is_some()
    });
}

#[tokio::test]
async fn a_second_conversation_knows_nothing_of_the_first_unless_it_continues_it() {
    let ai = Ai::fake();
    let mut first = ai.conversation();
    first.ask("Secret?").await.unwrap();
    ai.conversation().ask("Hello").await.unwrap();
    assert_eq!(last_sent(&ai).len(), 1);

    let id = first.id().unwrap();
    ai.conversation().continue_(id).ask("Again?").await.unwrap();
    assert_eq!(last_sent(&ai).len(), 3);

    let stranger =
        ai.conversation().for_owner(Owner::user("43")).continue_(id).ask("Whose?").await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::InvalidRequest);
    ai.mock().assert_sent_count(3);
}

#[tokio::test]
async fn a_failed_question_is_stored_and_can_be_asked_again() {
    let ai = Ai::fake();
    ai.mock().sequence([Reply::fail(ErrorKind::Overloaded), Reply::text("Here I am")]);
    let mut chat = ai.conversation().message("Hello?");
    assert_eq!(chat.send().await.unwrap_err().kind(), ErrorKind::Overloaded);
    let stored = ai.store().messages(&Owner::local(), chat.id().unwrap()).await.unwrap();
    assert_eq!(stored.len(), 1, "the question is not lost");

    assert_eq!(chat.send().await.unwrap().text(), "Here I am");
    assert_eq!(last_sent(&ai), [("user", "Hello?".to_owned())], "and not doubled");
}

#[tokio::test]
async fn what_a_broken_stream_delivered_is_stored() {
    let ai = Ai::fake();
    ai.mock().reply(Reply::text("Once upon a time").then_fail(ErrorKind::StreamInterrupted));
    let mut chat = ai.conversation().message("A story");
    let error = chat.stream().await.unwrap().into_response().await.unwrap_err();
    assert_eq!(error.partial().unwrap().text(), "Once upon a time");
    let stored = ai.store().messages(&Owner::local(), chat.id().unwrap()).await.unwrap();
    assert_eq!(stored[1].message.text(), "Once upon a time");
}

#[tokio::test]
async fn what_a_dropped_stream_delivered_is_stored() {
    let ai = Ai::fake();
    ai.mock().reply("Once upon a time");
    let mut chat = ai.conversation().message("A story");
    let mut stream = chat.stream().await.unwrap();
    let mut read = String::new();
    while read.is_empty() {
        read.push_str(stream.next().await.unwrap().unwrap().as_text().unwrap_or_default());
    }
    drop(stream);
    let stored = ai.store().messages(&Owner::local(), chat.id().unwrap()).await.unwrap();
    assert_eq!(stored[1].message.text(), read);
    assert!("Once upon a time".starts_with(&read) && read.len() < "Once upon a time".len());
}

#[tokio::test]
async fn callbacks_see_deltas_the_text_so_far_and_the_end() {
    let ai = Ai::fake();
    ai.mock().reply("Once upon a time");
    let log = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&log);
    let ends = Arc::clone(&log);
    let response = ai
        .conversation()
        .message("A story")
        .on_event(move |progress| match progress {
            Progress::Text { delta, so_far } => {
                assert!(so_far.ends_with(delta));
                events.lock().unwrap().push(so_far.to_owned());
            }
            Progress::Finished(response) => {
                events.lock().unwrap().push(format!("finished: {}", response.text()))
            }
            _ => {}
        })
        .on_success(move |response| ends.lock().unwrap().push(format!("success: {}", response.text())))
        .send()
        .await
        .unwrap();
    let log = log.lock().unwrap();
    let texts = log.len() - 2;
    assert!(texts > 1, "{log:?}");
    assert_eq!(log[texts - 1], response.text());
    assert_eq!(log[texts..], ["finished: Once upon a time", "success: Once upon a time"]);
}

#[tokio::test]
async fn an_error_reaches_the_callback_and_the_caller() {
    let ai = Ai::fake();
    ai.mock().fail(ErrorKind::QuotaExceeded);
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let mut chat: Conversation =
        ai.conversation().message("Hello").on_error(move |error| *noted.lock().unwrap() = Some(error.kind()));
    assert_eq!(chat.send().await.unwrap_err().kind(), ErrorKind::QuotaExceeded);
    assert_eq!(*seen.lock().unwrap(), Some(ErrorKind::QuotaExceeded));
}

#[tokio::test]
async fn tool_results_are_the_next_question() {
    let ai = Ai::fake();
    ai.mock().sequence([Reply::tool_call("weather", json!({"city": "Lima"})), Reply::text("Mild")]);
    let mut chat = ai.conversation().tool(ai::FunctionTool::new("weather"));
    let response = chat.ask("Weather?").await.unwrap();
    let results: Vec<_> = response.tool_calls().map(|call| ToolResult::text(call, "19 degrees")).collect();
    assert_eq!(chat.ask(Message::tool(results)).await.unwrap().text(), "Mild");
    assert_eq!(
        last_sent(&ai).iter().map(|(role, _)| *role).collect::<Vec<_>>(),
        ["user", "assistant", "tool"]
    );
}

#[tokio::test]
async fn nothing_to_send_is_said_before_anything_is_stored() {
    let ai = Ai::fake();
    let mut chat = ai.conversation().system("Be brief");
    let error = chat.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("`message`"), "{error}");
    assert_eq!(chat.id(), None);
    ai.mock().assert_nothing_sent();
}

#[tokio::test]
async fn render_shows_history_and_question_and_stores_nothing() {
    let ai = Ai::fake();
    ai.mock().reply("One");
    let mut chat = ai.conversation().system("Be brief");
    chat.ask("First?").await.unwrap();
    let chat = chat.message("Second?");
    let rendered = chat.render().await.unwrap().body.to_string();
    for text in ["Be brief", "First?", "One", "Second?"] {
        assert!(rendered.contains(text), "{rendered}");
    }
    assert_eq!(ai.store().messages(&Owner::local(), chat.id().unwrap()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_stream_calls_the_callbacks_as_it_is_read() {
    let ai = Ai::fake();
    ai.mock().sequence([
        Reply::text("Once upon a time"),
        Reply::text("Once").then_fail(ErrorKind::StreamInterrupted),
        Reply::fail(ErrorKind::Overloaded),
    ]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let (events, errors, ends) = (Arc::clone(&log), Arc::clone(&log), Arc::clone(&log));
    let mut chat = ai
        .conversation()
        .on_event(move |progress| {
            if let Progress::Finished(response) = progress {
                events.lock().unwrap().push(format!("finished: {}", response.text()));
            }
        })
        .on_success(move |response| ends.lock().unwrap().push(format!("success: {}", response.text())))
        .on_error(move |error| errors.lock().unwrap().push(format!("error: {}", error.kind())))
        .message("A story");

    let stream = chat.stream().await.unwrap();
    assert!(log.lock().unwrap().is_empty(), "nothing was read yet");
    assert_eq!(stream.into_response().await.unwrap().text(), "Once upon a time");
    chat = chat.message("Another");
    assert!(chat.stream().await.unwrap().into_response().await.is_err());
    chat = chat.message("And another");
    assert!(chat.stream().await.is_err());

    let expected = [
        "finished: Once upon a time",
        "success: Once upon a time",
        "error: stream interrupted",
        "error: provider overloaded",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}
