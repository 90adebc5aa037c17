//! Context windows through the front door, with the store in memory and on a database alike.

use std::sync::Arc;

use ai::conversations::{CountedBy, Status};
use ai::mock::{Mock, Reply};
use ai::openai_compatible::{Config, OpenAiCompatible};
use ai::{Ai, ErrorKind, FinishReason, MemoryStore, Store, Summarise, WarningKind, Window};

/// The library over a script, with each kind of store.
async fn everywhere(test: impl AsyncFn(Ai, Mock)) {
    let set_up = || {
        let mock = Mock::new().with_connection("work");
        (Ai::builder().provider(Arc::new(mock.clone())).default_model("work/gpt-test"), mock)
    };
    let (builder, mock) = set_up();
    test(builder.build().unwrap(), mock).await;
    #[cfg(feature = "database")]
    {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ai.db").display());
        let (builder, mock) = set_up();
        test(builder.database(url).start().await.unwrap(), mock).await;
    }
}

fn sent(mock: &Mock) -> Vec<String> {
    let last = mock.recorded().into_iter().next_back().unwrap();
    last.request.messages.iter().map(ai::Message::text).collect()
}

async fn three_questions(chat: &mut ai::Conversation) {
    for question in ["My name is Ada.", "Capital of Peru?", "And of Chile?"] {
        chat.ask(question).await.unwrap();
    }
}

#[tokio::test]
async fn the_last_messages_are_sent_and_all_are_kept() {
    everywhere(async |ai, mock| {
        let mut chat = ai.conversation().for_user("7").system("Be brief.").window(Window::last(3));
        three_questions(&mut chat).await;
        chat.pin(0).await.unwrap();
        mock.reply("Ada.");
        let answer = chat.ask("Who am I?").await.unwrap();
        let messages = sent(&mock);
        assert_eq!(messages[..2], ["Be brief.", "My name is Ada."]);
        assert_eq!(
            (messages.len(), messages[2].as_str(), messages[4].as_str()),
            (5, "And of Chile?", "Who am I?")
        );
        let warning = answer.warnings.iter().find(|it| it.kind == WarningKind::HistoryTrimmed).unwrap();
        assert_eq!(warning.message, "3 messages of the conversation were not sent (1 to 3)");
        assert_eq!(warning.message, chat.window_report().to_string());

        chat.unpin(0).await.unwrap();
        let rendered = chat.message("Who?").render().await.unwrap().body.to_string();
        assert!(rendered.contains("Ada.") && !rendered.contains("My name is"), "{rendered}");

        let owner = ai::Owner::user("7");
        let id = ai.store().list(&owner, None, 1).await.unwrap()[0].id;
        let stored = ai.store().messages(&owner, id).await.unwrap();
        assert_eq!((stored.len(), stored[0].message.text().as_str()), (8, "My name is Ada."));
        assert!(stored.iter().all(|message| message.status == Status::Complete && !message.pinned));

        // Without a window everything goes again.
        let mut whole = ai.conversation().for_user("7").continue_(id);
        let answer = whole.ask("And all in all?").await.unwrap();
        assert_eq!((sent(&mock).len(), answer.warnings.len()), (9, 0));
    })
    .await;
}

#[tokio::test]
async fn pins_are_refused_where_there_is_nothing_to_pin() {
    everywhere(async |ai, _| {
        let mut chat = ai.conversation().for_user("7");
        let error = chat.pin(0).await.unwrap_err();
        assert!(error.message().contains("not stored yet"), "{error}");
        chat.ask("Hello").await.unwrap();
        let error = chat.pin(2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("no message 2 in"), "{error}");
        let id = chat.id().unwrap();
        let stranger = ai.conversation().for_user("8").continue_(id);
        let error = stranger.pin(0).await.unwrap_err();
        assert!(error.message().contains("of this owner"), "{error}");
        assert!(stranger.summarise(&Summarise::everything()).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn tokens_are_counted_by_the_vendor() {
    everywhere(async |ai, mock| {
        let mut chat = ai.conversation().window(Window::tokens(1_000));
        three_questions(&mut chat).await;
        let whole = chat.window_report().counted.unwrap();
        assert_eq!(whole.by, CountedBy::Vendor);
        let request = mock.recorded().pop().unwrap().request.as_ref().clone();
        assert_eq!(whole.tokens, ai.route().count_tokens(request).await.unwrap().tokens);

        let mut chat = chat.window(Window::tokens(whole.tokens)).message("Thanks");
        let answer = chat.stream().await.unwrap().into_response().await.unwrap();
        assert!(answer.warnings.iter().any(|it| it.message.ends_with("counted by the vendor")));
        assert!(chat.window_report().counted.unwrap().tokens <= whole.tokens);
        let mut chat = chat.window(Window::tokens(3));
        let error = chat.ask("This does not fit.").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ContextTooLong);
        mock.assert_sent_count(4);
    })
    .await;
}

#[tokio::test]
async fn where_nobody_counts_it_is_said_what_to_do() {
    let local = Config::new("http://127.0.0.1:1/v1");
    let ai =
        Ai::builder().connect::<OpenAiCompatible>("local", local).default_model("local/m").build().unwrap();
    let error = ai.conversation().window(Window::tokens(1_000)).ask("Hello").await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Unsupported, false));
    for way in ["with_tokenizer", "with_estimates"] {
        assert!(error.message().contains(way), "{error}");
    }
    assert_eq!(ai.store().list(&ai::Owner::local(), None, 1).await.unwrap(), [], "nothing is begun");
    let estimated = Window::tokens(1_000).with_estimates();
    let rendered = ai.conversation().window(estimated).message("Hello").render().await;
    assert!(rendered.is_ok());
}

#[tokio::test]
async fn a_summary_is_asked_for_and_stands_for_what_was_said() {
    everywhere(async |ai, mock| {
        let mut chat = ai.conversation().window(Window::from_summary());
        three_questions(&mut chat).await;
        mock.reply("Ada asked about Peru.");
        let summary = chat.summarise(&Summarise::all_but_last(2)).await.unwrap().unwrap();
        assert_eq!((summary.text.as_str(), summary.until), ("Ada asked about Peru.", 4));
        assert!(summary.usage.input.is_some() && summary.target.is_some());
        mock.assert_sent_count(4);

        chat.ask("Who am I?").await.unwrap();
        let messages = sent(&mock);
        assert_eq!(messages.len(), 4);
        assert!(messages[0].ends_with("Ada asked about Peru."), "{messages:?}");
        assert_eq!(chat.window_report().summary_until, Some(4));

        mock.reply(Reply::text("Ada").finish(FinishReason::Length));
        let error = chat.summarise(&Summarise::everything()).await.unwrap_err();
        assert!(error.message().contains("cut"), "{error}");
        assert_eq!(chat.summarise(&Summarise::all_but_last(4)).await.unwrap(), None);
        mock.assert_sent_count(6);
        let id = chat.id().unwrap();
        let kept = ai.store().summary(&ai::Owner::local(), id).await.unwrap();
        assert_eq!(kept, Some(summary));
    })
    .await;
}

#[cfg(feature = "costs")]
#[tokio::test]
async fn a_summary_is_in_the_ledger_like_every_call() {
    let ledger = Arc::new(ai::costs::MemoryLedger::new());
    let mock = Mock::new().with_connection("work");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = Ai::builder().provider(Arc::new(mock.clone())).ledger(ledger.clone()).store(store);
    let ai = builder.default_model("work/gpt-test").build().unwrap();
    let mut chat = ai.conversation().window(Window::last(1));
    chat.ask("My name is Ada.").await.unwrap();
    chat.ask("Capital of Peru?").await.unwrap();
    assert_eq!(ledger.take().len(), 2, "a window alone asks no model");
    let summary = chat.summarise(&Summarise::everything()).await.unwrap().unwrap();
    let rows = ledger.take();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].labels.conversation, chat.id().map(|id| id.to_string()));
    assert_eq!(rows[0].labels.other.get("purpose").map(String::as_str), Some("summary"));
    assert_eq!(rows[0].usage.input, summary.usage.input);
}
