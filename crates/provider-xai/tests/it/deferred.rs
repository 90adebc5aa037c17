//! Answers that xAI works off when it has time.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{ChatRequest, Context, ErrorKind, Provider as _, Retry, Secret};
use provider_mock::WireReply;
use provider_xai::{Account, Api, Config, Pending, Pinned, PinnedElsewhere, Xai};
use serde_json::json;

use crate::support::{account, answer_of, config, read_by, resources, script, target};

const EVERY: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

fn started() -> WireReply {
    let (name, _) = read_by("deferred").remove(0);
    answer_of(&name)
}

fn not_yet() -> WireReply {
    WireReply::status(202)
}

fn done() -> WireReply {
    answer_of("xai_chat_success.json")
}

async fn start(account: &Account) -> Pending {
    account.deferred("grok-4.7").start(&Context::new(), &ChatRequest::user("Hi")).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn started_asked_for_and_collected() {
    let transport = script([started(), not_yet(), not_yet(), done()]);
    let account = account(&transport, Api::Responses);
    let request = ChatRequest::user("Hi").with_stop("END");
    let deferred = account.deferred("grok-4.7");
    let rendered = deferred.render(&Context::new(), &request).unwrap();
    let mut pending = deferred.start(&Context::new(), &request).await.unwrap();
    assert_eq!(pending.pinned().id, "eeeeeeee-0000-4000-8000-000000000005");
    assert_eq!(pending.poll(&Context::new()).await.unwrap(), None);

    let begun = tokio::time::Instant::now();
    let answer = pending.collect(&Context::new(), EVERY, LONG).await.unwrap();
    assert_eq!(begun.elapsed(), EVERY, "one pause between two questions");
    assert_eq!(answer.text(), "Titan.");
    assert_eq!(answer.cost.unwrap().money.to_string(), "0.000146625 USD");
    assert_eq!(answer.warnings, rendered.warnings, "what was left out is told with the answer");
    assert_eq!(answer.warnings.len(), 1);

    let sent = transport.recorded();
    assert_eq!(sent[0].json().unwrap(), rendered.body);
    assert_eq!(rendered.body["deferred"], true);
    assert_eq!((sent[0].method(), sent[0].path()), ("POST", "/v1/chat/completions"));
    let path = "/v1/chat/deferred-completion/eeeeeeee-0000-4000-8000-000000000005";
    assert!(sent[1..].iter().all(|sent| (sent.method(), sent.path()) == ("GET", path)));

    let error = pending.poll(&Context::new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.possibly_billed()),
        (ErrorKind::InvalidRequest, false),
        "xAI gives it once"
    );
    transport.assert_sent_count(4);
}

#[tokio::test(start_paused = true)]
async fn another_program_finds_it_again() {
    let transport = script([started(), done()]);
    let account = account(&transport, Api::Chat);
    let ticket = serde_json::to_string(start(&account).await.pinned()).unwrap();
    let pinned: Pinned = serde_json::from_str(&ticket).unwrap();
    let answer = account.resume(pinned).unwrap().collect(&Context::new(), EVERY, LONG).await.unwrap();
    assert_eq!((answer.text().as_str(), answer.served_by), ("Titan.", target("grok-4.7")));
}

/// xAI gives an answer once, so a question that is given up on its way must not be asked anew.
#[tokio::test(start_paused = true)]
async fn giving_up_the_wait_loses_no_answer() {
    let slow = || done().delay(Duration::from_secs(30));
    let transport = script([started(), slow()]);
    let mut pending = start(&account(&transport, Api::Responses)).await;
    for _ in 0..3 {
        let waited = tokio::time::timeout(Duration::from_secs(5), pending.poll(&Context::new())).await;
        assert!(waited.is_err(), "it takes longer");
    }
    let late = pending.collect(&Context::new(), EVERY, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    let answer = pending.poll(&Context::new()).await.unwrap().expect("the first question's answer");
    assert_eq!(answer.text(), "Titan.");
    transport.assert_sent_count(2);
}

#[tokio::test(start_paused = true)]
async fn the_wait_has_an_end_and_the_answer_outlives_it() {
    let transport = script([started()]);
    transport.sequence_then((0..20).map(|_| not_yet()), done());
    let transport = {
        let all = script([started()].into_iter().chain((0..7).map(|_| not_yet())).chain([done()]));
        drop(transport);
        all
    };
    let mut pending = start(&account(&transport, Api::Responses)).await;
    let begun = tokio::time::Instant::now();
    let error = pending.collect(&Context::new(), EVERY, Duration::from_secs(35)).await.unwrap_err();
    assert!(begun.elapsed() <= Duration::from_secs(35));
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Timeout, Retry::Never),
        "a retry would ask and pay anew"
    );
    assert!(error.possibly_billed());
    // After 0, 10, 20 and 30 seconds.
    transport.assert_sent_count(5);

    let deadline = tokio::time::Instant::now().into_std() + Duration::from_secs(15);
    let ctx = Context::new().with_deadline(deadline);
    assert_eq!(pending.collect(&ctx, EVERY, LONG).await.unwrap_err().kind(), ErrorKind::Timeout);
    transport.assert_sent_count(7);
    // Nobody asks more than once a second.
    let begun = tokio::time::Instant::now();
    assert_eq!(pending.collect(&Context::new(), Duration::ZERO, LONG).await.unwrap().text(), "Titan.");
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_it_may_be_asked_again() {
    let limit = WireReply::status(429).body(r#"{"code":"resource-exhausted","error":"Too many requests"}"#);
    let gone = WireReply::status(404).body(r#"{"code":"not-found","error":"No such request"}"#);
    let transport = script([started(), limit, WireReply::connect_error(), done(), started(), gone]);
    let account = account(&transport, Api::Responses);
    let mut pending = start(&account).await;
    for kind in [ErrorKind::RateLimited, ErrorKind::Transport] {
        let error = pending.collect(&Context::new(), EVERY, LONG).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(pending.collect(&Context::new(), EVERY, LONG).await.unwrap().text(), "Titan.");
    let error = start(&account).await.poll(&Context::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidRequest, Some(404)));
}

#[tokio::test]
async fn what_can_not_be_started() {
    let transport = script([
        WireReply::status(403)
            .body(r#"{"code":"permission-denied","error":"Your team has used all available credits"}"#),
        WireReply::json(&json!({"id": "something else"})),
    ]);
    let account = account(&transport, Api::Responses);
    let deferred = account.deferred("grok-4.7");
    let ask = async |request: ChatRequest| deferred.start(&Context::new(), &request).await.unwrap_err();
    assert_eq!(ask(ChatRequest::user("Hi")).await.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(ask(ChatRequest::user("Hi")).await.kind(), ErrorKind::Decode, "no id, no answer");
    let dead = ChatRequest::user("Hi").with_extra("search_parameters", json!({}));
    assert_eq!(ask(dead).await.kind(), ErrorKind::InvalidRequest);
    transport.assert_sent_count(2);
}

#[tokio::test]
async fn it_belongs_to_the_key_that_asked() {
    let transport = script([started()]);
    let pinned = start(&account(&transport, Api::Responses)).await.pinned().clone();
    let other =
        Xai::account("work", Config::new(Secret::new("xai-test-other")), &resources(&transport)).unwrap();
    let error = other.resume(pinned.clone()).unwrap().poll(&Context::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.vendor::<PinnedElsewhere>().is_some());
    let mut foreign = pinned;
    foreign.target = laravel_ai_core::Target::new("openai", "work", "gpt-6-luna");
    assert!(other.resume(foreign).is_err());
    transport.assert_sent_count(1);
}

#[test]
fn it_moves_between_threads_and_shows_no_key() {
    fn is_send<T: Send>(_: &T) {}
    let transport = script([started()]);
    let account = Xai::account("work", config(), &resources(&transport)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut pending = runtime.block_on(start(&account));
    is_send(&pending);
    is_send(&pending.poll(&Context::new()));
    let shown = format!("{:?} {pending:?}", account.deferred("m"));
    assert!(!shown.contains(crate::support::KEY), "{shown}");
    assert_eq!(account.name(), "work");
    drop(Arc::new(account));
}
