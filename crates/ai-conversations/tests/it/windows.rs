//! What of a history is sent, and that nothing of it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ai_conversations::{
    Answer, Conversation, CountedBy, MemoryStore, Outcome, Store, Summarise, Summary, Turn, Window,
    WindowReport, repair,
};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use laravel_ai_core::{
    AssistantPart, ChatRequest, ChatResponse, Context, Error, ErrorKind, Finish, FinishReason, Media,
    Message, Result, Target, TokenCount, TokenCounter, ToolCall, ToolResult, UserPart, WarningKind,
};
use proptest::prelude::*;

use crate::model::{Act, Script, answer, finished, owner, started, stored, target};

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Counts as a vendor would: words, a frame for each message, and something that is not in the request.
#[derive(Debug, Default)]
struct Words {
    target: Option<Target>,
    calls: AtomicUsize,
}

impl Words {
    fn shared() -> Arc<Self> {
        Arc::new(Self { target: Some(target()), calls: AtomicUsize::new(0) })
    }

    fn of(request: &ChatRequest) -> u64 {
        let text = serde_json::to_string(&request.messages).unwrap();
        let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).count();
        words as u64 + 3 * request.messages.len() as u64 + 17
    }
}

#[async_trait]
impl TokenCounter for Words {
    fn target(&self) -> &Target {
        self.target.as_ref().unwrap()
    }

    async fn count(&self, _: &Context, request: Arc<ChatRequest>) -> Result<TokenCount> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(TokenCount::exact(Self::of(&request)))
    }
}

fn call(id: &str) -> ToolCall {
    ToolCall::new(id, "weather", r#"{"city": "Lima"}"#)
}

fn calls(id: &str) -> Message {
    Message::Assistant(vec![AssistantPart::ToolCall(call(id))])
}

fn result(id: &str) -> Message {
    Message::tool([ToolResult::text(&call(id), "sunny")])
}

/// Stores messages as if those before an answer had been its question. What comes after the last one waits.
async fn say(
    store: &MemoryStore,
    conversation: &Conversation,
    messages: impl IntoIterator<Item = Message>,
) -> u64 {
    let (mut asked, mut next) = (0, 0);
    for message in messages {
        match message {
            Message::Assistant(content) => {
                let answer = Answer::from(&ChatResponse::new(target(), content, FinishReason::Stop));
                let outcome = Outcome::Answered(answer);
                store.settle(&owner(), conversation.id, asked..next, outcome).await.unwrap();
                asked = next + 1;
            }
            other => _ = store.append(&owner(), conversation.id, next, vec![other]).await.unwrap(),
        }
        next += 1;
    }
    next
}

async fn talk(messages: impl IntoIterator<Item = Message>) -> (Arc<MemoryStore>, Conversation) {
    let (store, conversation) = started().await;
    say(&store, &conversation, messages).await;
    (store, conversation)
}

fn five_exchanges() -> Vec<Message> {
    (1..=5)
        .flat_map(|n| [Message::user(format!("question {n}")), Message::assistant(format!("answer {n}"))])
        .collect()
}

async fn preview(
    store: &MemoryStore,
    conversation: &Conversation,
    request: ChatRequest,
    window: &Window,
) -> Result<(Vec<String>, WindowReport)> {
    let ctx = Context::new();
    let (request, report) = Turn::preview(store, &owner(), conversation.id, request, window, &ctx).await?;
    Ok((request.messages.iter().map(shape).collect(), report))
}

fn left_out(report: &WindowReport) -> Vec<(u64, u64)> {
    report.left_out.iter().map(|range| (range.start, range.end)).collect()
}

fn shape(message: &Message) -> String {
    match message {
        Message::Tool(results) => {
            format!("result {}", results.iter().map(|it| it.call_id.as_str()).collect::<Vec<_>>().join(" "))
        }
        Message::Assistant(parts) => match parts.iter().find_map(AssistantPart::as_tool_call) {
            Some(call) => format!("call {}", call.id),
            None => message.text(),
        },
        other => other.text(),
    }
}

#[tokio::test]
async fn the_last_messages_go_and_the_report_says_which_did_not() {
    let (store, conversation) = talk(five_exchanges()).await;
    let request = || ChatRequest::new([Message::system("Be brief."), Message::user("question 6")]);
    let (sent, report) = preview(&store, &conversation, request(), &Window::last(5)).await.unwrap();
    assert_eq!(sent, ["Be brief.", "question 4", "answer 4", "question 5", "answer 5", "question 6"]);
    assert_eq!((left_out(&report), report.left_out_count()), (vec![(0, 6)], 6));
    assert_eq!(report.to_string(), "6 messages of the conversation were not sent (0 to 5)");

    // Exchanges are whole, so it may be fewer.
    let (sent, _) = preview(&store, &conversation, request(), &Window::last(4)).await.unwrap();
    assert_eq!(sent, ["Be brief.", "question 5", "answer 5", "question 6"]);
    // The question always goes.
    let (sent, _) = preview(&store, &conversation, request(), &Window::last(0)).await.unwrap();
    assert_eq!(sent, ["Be brief.", "question 6"]);
    let (sent, report) = preview(&store, &conversation, request(), &Window::last(11)).await.unwrap();
    assert_eq!((sent.len(), report), (12, WindowReport::default()));
    assert_eq!(stored(&store, &conversation).await.len(), 10, "nothing was stored for a preview");
}

#[tokio::test]
async fn the_answer_carries_what_was_left_out_as_a_warning_and_the_store_keeps_everything() {
    let (store, conversation) = talk(five_exchanges()).await;
    let before = stored(&store, &conversation).await;
    let model = Script::new([answer("6"), Act::Stream(finished(&["7"]), None), answer("8")]);
    let begin = async |text: &str, window: Window| {
        let request = ChatRequest::user(text);
        let ctx = Context::new();
        Turn::begin_in(store.clone(), owner(), conversation.id, request, &window, &ctx).await.unwrap()
    };
    let turn = begin("question 6", Window::last(1)).await;
    assert_eq!(left_out(turn.window()), [(0, 10)]);
    let sent = turn.send(&model, &Context::new()).await.unwrap();
    let stream = begin("question 7", Window::last(1)).await.stream(&model, &Context::new()).await.unwrap();
    let streamed = stream.into_response().await.unwrap();
    for (response, count) in [(sent, 10), (streamed, 12)] {
        let warnings: Vec<_> = response.warnings.iter().map(|it| (it.kind, it.message.as_str())).collect();
        let expected = format!("{count} messages of the conversation were not sent (0 to {})", count - 1);
        assert_eq!(warnings, [(WarningKind::HistoryTrimmed, expected.as_str())]);
    }
    let whole = begin("question 8", Window::whole()).await.send(&model, &Context::new()).await.unwrap();
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);

    let seen: Vec<_> = model.seen.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(seen, [1, 1, 15], "what a window left out is there when there is none");
    assert_eq!(stored(&store, &conversation).await[..10], before);
}

#[tokio::test]
async fn pinned_messages_go_with_what_they_answer() {
    let (store, conversation) = talk(five_exchanges()).await;
    for pinned in [0, 5] {
        assert!(store.pin(&owner(), conversation.id, pinned, true).await.unwrap());
    }
    let request = ChatRequest::user("question 6");
    let (sent, report) = preview(&store, &conversation, request.clone(), &Window::last(3)).await.unwrap();
    let expected = ["question 1", "question 3", "answer 3", "question 5", "answer 5", "question 6"];
    assert_eq!(sent, expected);
    assert_eq!(left_out(&report), [(1, 4), (6, 8)]);
    let shown = "5 messages of the conversation were not sent (1 to 3, 6 to 7)";
    assert_eq!(report.to_string(), shown);

    assert!(store.pin(&owner(), conversation.id, 0, false).await.unwrap());
    let (sent, _) = preview(&store, &conversation, request, &Window::last(3)).await.unwrap();
    assert_eq!(sent, expected[1..]);
}

#[tokio::test]
async fn calls_are_never_parted_from_their_results() {
    let run = [
        Message::user("question 1"),
        Message::assistant("answer 1"),
        Message::user("weather?"),
        calls("a"),
        result("a"),
        calls("b"),
        result("b"),
        calls("c"),
    ];
    let (store, conversation) = talk(run).await;
    let request = || ChatRequest::new([result("c")]);
    let (sent, report) = preview(&store, &conversation, request(), &Window::last(5)).await.unwrap();
    assert_eq!(sent, ["weather?", "call b", "result b", "call c", "result c"]);
    assert_eq!(left_out(&report), [(0, 2), (3, 5)], "the run itself is cut, but not what it is about");
    for last in [4, 3, 0] {
        let (sent, _) = preview(&store, &conversation, request(), &Window::last(last)).await.unwrap();
        assert_eq!(sent, ["weather?", "call c", "result c"]);
    }
    store.pin(&owner(), conversation.id, 4, true).await.unwrap();
    let (sent, _) = preview(&store, &conversation, request(), &Window::last(0)).await.unwrap();
    assert_eq!(sent, ["weather?", "call a", "result a", "call c", "result c"]);
}

#[tokio::test]
async fn tokens_are_counted_and_the_report_says_by_whom() {
    let (store, conversation) = talk(five_exchanges()).await;
    let request = || ChatRequest::user("question 6");
    let counter = Words::shared();
    let whole = Window::tokens(1_000_000).with_counter(counter.clone());
    let (sent, report) = preview(&store, &conversation, request(), &whole).await.unwrap();
    let all = report.counted.unwrap();
    assert_eq!((sent.len(), all.by, counter.calls.load(Ordering::Relaxed)), (11, CountedBy::Vendor, 1));

    let less = Window::tokens(all.tokens - 1).with_counter(counter.clone());
    let (sent, report) = preview(&store, &conversation, request(), &less).await.unwrap();
    assert_eq!((sent.len(), left_out(&report)), (9, vec![(0, 2)]));
    assert!(report.counted.unwrap().tokens < all.tokens);
    let shown = report.to_string();
    assert!(shown.ends_with(" tokens, counted by the vendor"), "{shown}");

    let local = Window::tokens(12).with_tokenizer(words);
    let (sent, report) = preview(&store, &conversation, request(), &local).await.unwrap();
    let counted = report.counted.unwrap();
    assert_eq!((sent.len(), counted.tokens, counted.by), (1, 6, CountedBy::Tokenizer));
    let local = Window::tokens(18).with_tokenizer(words);
    let (sent, report) = preview(&store, &conversation, request(), &local).await.unwrap();
    assert_eq!((sent.len(), report.counted.unwrap().tokens), (3, 18));

    let estimated = Window::tokens(30).with_estimates();
    let (sent, report) = preview(&store, &conversation, request(), &estimated).await.unwrap();
    assert_eq!((sent.len(), report.counted.unwrap().by), (3, CountedBy::Estimate));
    assert!(report.to_string().ends_with("tokens, estimated"), "{report}");

    // An image is nothing that a tokenizer can count.
    let image = Media::from_bytes(&b"\x89PNG\r\n\x1a\n"[..]).unwrap();
    let shown = ChatRequest::new([Message::User(vec![UserPart::text("this?"), UserPart::Image(image)])]);
    let roomy = Window::tokens(2_000).with_tokenizer(words);
    let (_, report) = preview(&store, &conversation, shown, &roomy).await.unwrap();
    assert_eq!(report.counted.unwrap().by, CountedBy::Estimate);
}

#[tokio::test]
async fn what_has_to_go_and_does_not_fit_is_told_before_anything_is_stored() {
    let (store, conversation) = talk(five_exchanges()).await;
    let counter = Words::shared();
    let window = Window::tokens(10).with_counter(counter);
    let (request, ctx) = (ChatRequest::user("question 6"), Context::new());
    let begun = Turn::begin_in(store.clone(), owner(), conversation.id, request, &window, &ctx).await;
    let error = begun.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::ContextTooLong, false));
    assert!(error.message().contains("window of 10 tokens") && error.message().contains("unpin"), "{error}");

    let uncounted = Window::tokens(1_000);
    assert!(uncounted.needs_counter() && !Window::last(3).needs_counter());
    assert!(!uncounted.clone().with_estimates().needs_counter());
    let error = preview(&store, &conversation, ChatRequest::user("6"), &uncounted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(stored(&store, &conversation).await.len(), 10);
}

#[tokio::test]
async fn a_counter_that_fails_is_the_error_of_the_turn() {
    #[derive(Debug)]
    struct Away(Target);

    #[async_trait]
    impl TokenCounter for Away {
        fn target(&self) -> &Target {
            &self.0
        }

        async fn count(&self, _: &Context, _: Arc<ChatRequest>) -> Result<TokenCount> {
            Err(Error::new(ErrorKind::Overloaded, "later"))
        }
    }

    let (store, conversation) = talk(five_exchanges()).await;
    let window = Window::tokens(1_000).with_counter(Arc::new(Away(target())));
    let error = preview(&store, &conversation, ChatRequest::user("6"), &window).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded, "nothing is estimated behind anyone's back");
}

#[tokio::test]
async fn a_summary_is_made_when_asked_for_and_goes_in_place_of_what_it_stands_for() {
    let (store, conversation) = talk(five_exchanges()).await;
    let before = stored(&store, &conversation).await;
    let model = Script::new([answer("They spoke of 1 and 2."), answer("And of 3 to 5.")]);
    let id = conversation.id;
    let most = Summarise::all_but_last(5);
    let summary = most.run(&*store, &owner(), id, &model, &Context::new()).await.unwrap().unwrap();
    assert_eq!((summary.until, summary.text.as_str()), (4, "They spoke of 1 and 2."));
    assert_eq!((summary.usage.input, summary.target.clone()), (Some(10), Some(target())));
    let asked = model.seen.lock().unwrap()[0].clone();
    let text = asked[1].text();
    assert!(text.contains("[user]\nquestion 2\n\n[assistant]\nanswer 2\n"), "{text}");
    assert!(!text.contains("question 3"), "{text}");

    let request = || ChatRequest::new([Message::system("Be brief."), Message::user("question 6")]);
    let (sent, report) = preview(&store, &conversation, request(), &Window::last(3)).await.unwrap();
    let in_place = "[Summary of the conversation before this point]\nThey spoke of 1 and 2.";
    assert_eq!(sent, ["Be brief.", in_place, "question 5", "answer 5", "question 6"]);
    assert_eq!((left_out(&report), report.summary_until), (vec![(0, 8)], Some(4)));
    let shown = "8 messages of the conversation were not sent (0 to 7); a summary stands for those before 4";
    assert_eq!(report.to_string(), shown);
    let (sent, report) = preview(&store, &conversation, request(), &Window::from_summary()).await.unwrap();
    assert_eq!((sent.len(), sent[1].as_str(), left_out(&report)), (9, in_place, vec![(0, 4)]));
    let (sent, report) = preview(&store, &conversation, request(), &Window::last(20)).await.unwrap();
    assert_eq!((sent.len(), report.summary_until), (12, None), "everything fits, so everything goes");

    // The next summary is made of this one and what came after it.
    let everything = Summarise::everything();
    let next = everything.run(&*store, &owner(), id, &model, &Context::new()).await.unwrap().unwrap();
    assert_eq!(next.until, 10);
    let text = model.seen.lock().unwrap()[1][1].text();
    assert!(text.contains("They spoke of 1 and 2.") && text.contains("question 3"), "{text}");
    assert!(!text.contains("question 2"), "{text}");
    let none = everything.run(&*store, &owner(), id, &model, &Context::new()).await.unwrap();
    assert_eq!((none, model.seen.lock().unwrap().len()), (None, 2), "nothing new, so nobody is asked");
    assert_eq!(store.summary(&owner(), id).await.unwrap(), Some(next));
    assert_eq!(stored(&store, &conversation).await, before, "and what was said stays");
}

#[tokio::test]
async fn what_waits_for_its_answer_is_not_summarised() {
    let (store, conversation) = talk(five_exchanges()).await;
    store.append(&owner(), conversation.id, 10, vec![Message::user("long question")]).await.unwrap();
    let failed = Outcome::Failed { kind: ErrorKind::ContextTooLong, partial: None };
    store.settle(&owner(), conversation.id, 10..11, failed).await.unwrap();
    let summarise = Summarise::everything();
    let (request, until) = summarise.request(&*store, &owner(), conversation.id).await.unwrap().unwrap();
    assert_eq!(until, 10);
    assert!(!request.messages[1].text().contains("long question"));

    let model = Script::new([answer("short")]);
    summarise.run(&*store, &owner(), conversation.id, &model, &Context::new()).await.unwrap();
    let again = ChatRequest::new([]);
    let (sent, _) = preview(&store, &conversation, again, &Window::from_summary()).await.unwrap();
    assert_eq!(sent, ["[Summary of the conversation before this point]\nshort", "long question"]);
}

#[tokio::test]
async fn half_a_summary_is_not_kept() {
    for (reason, text) in [(FinishReason::Length, "half a"), (FinishReason::Stop, " ")] {
        let (store, conversation) = talk(five_exchanges()).await;
        let model = Ending { script: Script::new([]), text, reason };
        let run =
            Summarise::everything().run(&*store, &owner(), conversation.id, &model, &Context::new()).await;
        let error = run.unwrap_err();
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Decode, true), "{error}");
        assert_eq!(error.partial().unwrap().text(), text);
        assert_eq!(store.summary(&owner(), conversation.id).await.unwrap(), None);
    }
}

/// A model that ends for a reason.
#[derive(Debug)]
struct Ending {
    script: Script,
    text: &'static str,
    reason: FinishReason,
}

#[async_trait]
impl laravel_ai_core::ChatModel for Ending {
    fn target(&self) -> &Target {
        self.script.target()
    }

    fn capabilities(&self) -> &laravel_ai_core::Capabilities {
        self.script.capabilities()
    }

    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<laravel_ai_core::RenderedRequest> {
        self.script.render(ctx, request)
    }

    async fn chat(&self, ctx: &Context, _: Arc<ChatRequest>) -> Result<ChatResponse> {
        assert_eq!(ctx.labels.other.get("purpose").map(String::as_str), Some("summary"));
        assert!(ctx.labels.conversation.is_some());
        let content = vec![AssistantPart::text(self.text)];
        let mut response = ChatResponse::new(target(), content, self.reason);
        response.finish = Finish::new(self.reason);
        Ok(response)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<laravel_ai_core::ChatStream> {
        self.script.stream(ctx, request).await
    }
}

/// One thing that is said.
#[derive(Clone, Debug)]
enum Said {
    User(usize),
    Text(usize),
    /// A call with its result, or without.
    Call(usize, bool),
    System,
}

fn conversations() -> impl Strategy<Value = (Vec<Said>, Vec<usize>, Option<u64>)> {
    let said = prop_oneof![
        4 => (1..20usize).prop_map(Said::User),
        3 => (1..20usize).prop_map(Said::Text),
        4 => (1..20usize, prop::bool::weighted(0.9)).prop_map(|(words, done)| Said::Call(words, done)),
        1 => Just(Said::System),
    ];
    let pins = prop::collection::vec(0..60usize, 0..4);
    (prop::collection::vec(said, 0..30), pins, prop::option::of(0..40u64))
}

fn text(words: usize, number: usize) -> String {
    format!("{number} ") + &"word ".repeat(words)
}

fn messages_of(said: &[Said]) -> Vec<Message> {
    let mut messages = Vec::new();
    for (number, said) in said.iter().enumerate() {
        match said {
            Said::User(words) => messages.push(Message::user(text(*words, number))),
            Said::Text(words) => messages.push(Message::assistant(text(*words, number))),
            Said::System => messages.push(Message::system("From now on in verse.")),
            Said::Call(words, done) => {
                let call = ToolCall::new(number.to_string(), "tool", text(*words, number));
                messages.push(Message::Assistant(vec![AssistantPart::ToolCall(call.clone())]));
                if *done {
                    messages.push(Message::tool([ToolResult::text(&call, text(*words, number))]));
                }
            }
        }
    }
    messages
}

/// Every call is followed by its result, and every result follows its call.
fn is_sound(messages: &[Message]) -> bool {
    let ids = |message: &Message| -> Vec<String> {
        match message {
            Message::Assistant(parts) => {
                parts.iter().filter_map(AssistantPart::as_tool_call).map(|call| call.id.clone()).collect()
            }
            Message::Tool(results) => results.iter().map(|result| result.call_id.clone()).collect(),
            _ => Vec::new(),
        }
    };
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        match message {
            Message::Tool(_) => {
                if open != ids(message) {
                    return false;
                }
                open.clear();
            }
            other if open.is_empty() => open = ids(other),
            _ => return false,
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_window_leaves_out_the_rest_can_be_sent_and_nothing_is_lost(
        (said, pins, until) in conversations(),
        last in prop::option::of(0..30usize),
        tokens in prop::option::of(20..600u64),
        by in 0..3usize,
        from_summary in any::<bool>(),
        ends_in_a_run in any::<bool>(),
    ) {
        let check = async {
            let (store, conversation) = started().await;
            let mut history = messages_of(&said);
            let question = match ends_in_a_run {
                false => Message::user("the question"),
                true => {
                    history.push(calls("asked"));
                    result("asked")
                }
            };
            let next = say(&store, &conversation, history).await;
            for pin in &pins {
                store.pin(&owner(), conversation.id, *pin as u64, true).await.unwrap();
            }
            if let Some(until) = until {
                let summary = Some(Summary::new(until, "what was said"));
                store.keep_summary(&owner(), conversation.id, summary).await.unwrap();
            }
            let mut window = if from_summary { Window::from_summary() } else { Window::whole() };
            window = last.map_or(window.clone(), |last| window.with_last(last));
            window = tokens.map_or(window.clone(), |limit| window.with_tokens(limit));
            let counter = Words::shared();
            window = match by {
                0 => window.with_counter(counter.clone()),
                1 => window.with_tokenizer(words),
                _ => window.with_estimates(),
            };
            let before = stored(&store, &conversation).await;
            let asked = ChatRequest::new([Message::system("Be brief."), question.clone()]);
            let ctx = Context::new();
            let turn = Turn::begin_in(
                store.clone(), owner(), conversation.id, asked.clone(), &window, &ctx,
            ).await;
            // Each is one request to a vendor.
            assert!(counter.calls.load(Ordering::Relaxed) <= 10, "{:?}", counter.calls);
            let turn = match turn {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ContextTooLong, "{error}");
                    assert!(tokens.is_some());
                    assert_eq!(stored(&store, &conversation).await, before);
                    return;
                }
                Ok(turn) => turn,
            };
            let report = turn.window().clone();
            let sent = turn.request().messages.clone();

            // Nothing of the store was changed, and the question is stored.
            let after = stored(&store, &conversation).await;
            let same = |(a, b): (&ai_conversations::StoredMessage, &ai_conversations::StoredMessage)| {
                (&a.message, a.pinned) == (&b.message, b.pinned)
            };
            assert!(before.iter().zip(&after).all(same));
            assert_eq!((after.len() as u64, &after.last().unwrap().message), (next + 1, &question));

            // What is sent is what is stored without what the report says, and can be sent.
            assert!(is_sound(&sent), "{sent:#?}");
            let is_left_out =
                |sequence: u64| report.left_out.iter().any(|range| range.contains(&sequence));
            let kept: Vec<_> = after.iter().filter(|it| !is_left_out(it.sequence)).cloned().collect();
            let (rest, _) = repair(kept);
            let summary = report.summary_until.map(|until| Summary::new(until, "what was said").message());
            let expected: Vec<_> =
                [Message::system("Be brief.")].into_iter().chain(summary).chain(rest).collect();
            assert_eq!(sent, expected);
            assert!(report.summary_until.is_none_or(|until| is_left_out_before(&report, until)));

            // What has to go does.
            assert_eq!(turn.request().messages.last().unwrap(), &question);
            for message in &after {
                let has_to = message.pinned || matches!(message.message, Message::System(_));
                assert!(!(has_to && is_left_out(message.sequence)), "{}", message.sequence);
            }
            // Nothing but what the user said comes first, where the user spoke first.
            let first = |messages: &[Message]| {
                messages.iter().find(|it| !matches!(it, Message::System(_))).map(Message::role)
            };
            if first(&repair(after.clone()).0) == Some("user") {
                assert_eq!(first(&sent), Some("user"));
            }

            // The limits hold, and nothing leaves without need.
            let counted = report.counted.map(|counted| counted.tokens);
            assert_eq!(counted.is_some(), tokens.is_some());
            if let (Some(counted), Some(limit)) = (counted, tokens) {
                assert!(counted <= limit);
                if by == 0 {
                    assert_eq!(counted, Words::of(turn.request()));
                }
            }
            if last.is_none() && tokens.is_none() && !(from_summary && until.is_some()) {
                assert_eq!(report.left_out_count(), 0);
            }
            if let Some(last) = last && report.left_out_count() > 0 && tokens.is_none() && !from_summary {
                assert!(repair(after.clone()).0.len() > last, "it fitted");
            }
            // A wider window leaves out no more.
            if let Some(limit) = tokens {
                let wider = window.clone().with_tokens(limit + 40);
                drop(turn);
                let again = Turn::preview(
                    &*store, &owner(), conversation.id, ChatRequest::new([Message::system("Be brief.")]),
                    &wider, &ctx,
                ).await.unwrap().1;
                let more = again.left_out.iter().cloned().flatten().find(|it| !is_left_out(*it));
                assert_eq!(more, None);
                // And exactly what was counted is wide enough.
                let tight = window.with_tokens(counted.unwrap());
                let again = Turn::preview(
                    &*store, &owner(), conversation.id, ChatRequest::new([Message::system("Be brief.")]),
                    &tight, &ctx,
                ).await.unwrap().1;
                assert_eq!(again.left_out, report.left_out);
            }
        };
        check.now_or_never().unwrap();
    }
}

fn is_left_out_before(report: &WindowReport, until: u64) -> bool {
    report.left_out.first().is_some_and(|range| range.start < until)
}
