//! Going on with another target.

use std::sync::Arc;
use std::time::Duration;

use ai_events::EventKind;
use ai_layers::{Attempt, Candidate, Failover, Jitter, Resilience, Retry, Tried};
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::{
    AssistantPart, ChatModel, ChatRequest, Context, Error, ErrorKind, FinishReason, Layer, Message, Opaque,
    RawJson, Reasoning, Retry as Advice, Secret, StreamEvent, WarningKind,
};
use provider_mock::{Mock, Reply};
use tokio::time::{Instant, sleep};

use crate::support::{ask, ask_as, bus, clock, hello, limited, model, read, seconds, times};

fn named(name: &str, reply: impl Into<Reply>) -> Mock {
    Mock::new().with_connection(name).reply(reply)
}

fn over(failover: &Failover, mocks: &[&Mock]) -> Arc<dyn ChatModel> {
    failover.chat(mocks.iter().map(|mock| Candidate::new(model(mock)))).unwrap()
}

fn sent(mocks: &[&Mock]) -> Vec<usize> {
    mocks.iter().map(|mock| mock.recorded().len()).collect()
}

#[tokio::test(start_paused = true)]
async fn by_kind_it_moves_on_or_stops() {
    for kind in ErrorKind::ALL {
        for streamed in [false, true] {
            let (one, two) = (named("one", Reply::fail(kind)), named("two", "Hi"));
            let outcome = ask_as(&over(&Failover::new(clock()), &[&one, &two]), streamed).await;
            let moves = kind.retry() != Advice::Never;
            assert_eq!(outcome.is_ok(), moves, "{kind:?} {streamed}");
            assert_eq!(sent(&[&one, &two]), [1, usize::from(moves)], "{kind:?} {streamed}");
            match outcome {
                Ok(answer) => assert_eq!(answer.served_by.connection(), "two"),
                Err(error) => assert_eq!(error.kind(), kind),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_moves_on_up_to_its_first_content_and_never_after() {
    let early = named("one", Reply::text("").then_fail(ErrorKind::StreamInterrupted));
    let two = named("two", "Hello there");
    let stream =
        over(&Failover::new(clock()), &[&early, &two]).stream(&Context::new(), hello()).await.unwrap();
    let events: Vec<_> = stream.map(Result::unwrap).collect().await;
    let starts = events.iter().filter(|event| matches!(event, StreamEvent::Start(_)));
    assert_eq!(starts.count(), 1, "nothing of the first is seen");
    assert!(matches!(&events[0], StreamEvent::Start(start) if start.served_by.connection() == "two"));

    let late = named("one", Reply::text("Hello there").then_fail(ErrorKind::StreamInterrupted));
    let two = named("two", "Never");
    let stream =
        over(&Failover::new(clock()), &[&late, &two]).stream(&Context::new(), hello()).await.unwrap();
    let (text, error) = read(stream).await;
    let error = error.unwrap();
    assert_eq!((text.as_str(), error.kind()), ("Hello there", ErrorKind::StreamInterrupted));
    assert_eq!(error.partial().unwrap().text(), "Hello there");
    two.assert_nothing_sent();
}

#[tokio::test(start_paused = true)]
async fn the_switch_is_told_with_from_to_and_why() {
    let (bus, recorder) = bus();
    let (one, two, three) = (
        named("one", Reply::fail(ErrorKind::Server)),
        named("two", limited(seconds(9))),
        named("three", "Hi"),
    );
    ask(&over(&Failover::new(clock()).with_events(bus), &[&one, &two, &three])).await.unwrap();
    let told: Vec<_> = recorder
        .events()
        .iter()
        .map(|event| match &event.kind {
            EventKind::ProviderSwitched { from, to, reason } => {
                (from.connection().to_owned(), to.connection().to_owned(), reason.kind)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [("one", "two", ErrorKind::Server), ("two", "three", ErrorKind::RateLimited)];
    assert_eq!(told, expected.map(|(from, to, kind)| (from.to_owned(), to.to_owned(), kind)));
}

#[tokio::test(start_paused = true)]
async fn the_last_error_carries_those_before_and_what_they_may_cost() {
    let (one, two) =
        (named("one", Reply::fail(ErrorKind::Timeout)), named("two", Reply::fail(ErrorKind::QuotaExceeded)));
    let error = ask(&over(&Failover::new(clock()), &[&one, &two])).await.unwrap_err();
    assert_eq!((error.kind(), error.target().unwrap().connection()), (ErrorKind::QuotaExceeded, "two"));
    assert!(error.possibly_billed(), "the first may be");
    let tried = error.vendor::<Tried>().unwrap();
    assert_eq!(tried.failures().len(), 1);
    assert_eq!(tried.to_string(), "tried before: one/model: timed out");
}

#[derive(Debug)]
struct Vendors;

impl std::fmt::Display for Vendors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("code 7")
    }
}

impl std::error::Error for Vendors {}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_error_is_still_found() {
    let one = named("one", Reply::fail(ErrorKind::Server));
    let two = named("two", Error::from(ErrorKind::Server).with_source(Vendors));
    let error = ask(&over(&Failover::new(clock()), &[&one, &two])).await.unwrap_err();
    assert!(error.vendor::<Tried>().is_some() && error.vendor::<Vendors>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_candidate_has_its_own_options() {
    let (one, two) = (named("one", Reply::fail(ErrorKind::Server)), named("two", "Hi"));
    let candidates = [
        Candidate::new(model(&one)),
        Candidate::new(model(&two)).with(|request| request.max_output_tokens = Some(7)),
    ];
    ask(&Failover::new(clock()).chat(candidates).unwrap()).await.unwrap();
    let limit = |mock: &Mock| mock.recorded()[0].request.max_output_tokens;
    assert_eq!((limit(&one), limit(&two)), (None, Some(7)));
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_is_what_the_first_is_sent() {
    let one = named("one", "Hi");
    let candidate = Candidate::new(model(&one)).with(|request| request.max_output_tokens = Some(7));
    let layered = Failover::new(clock()).chat([candidate]).unwrap();
    let shown = layered.render(&Context::new(), &hello()).unwrap();
    let asked = ChatRequest::user("Hello").with_max_output_tokens(7);
    let expected = model(&one).render(&Context::new(), &asked).unwrap();
    assert_eq!(format!("{:?}", shown.body), format!("{:?}", expected.body));
}

#[tokio::test(start_paused = true)]
async fn tries_that_are_set_for_a_connection_hold_with_a_fallback_too() {
    for (set, first) in [(1, 1), (3, 2), (6, 5)] {
        let mut numbers = Resilience::standard();
        numbers.attempts = times(set);
        let pipeline = numbers.pipeline(clock(), bus().0);
        let (one, two) = (named("one", Reply::fail(ErrorKind::Server)), named("two", "Hi"));
        let candidates = [&one, &two].map(|mock| Candidate::new(pipeline.candidate(model(mock))));
        ask(&pipeline.failover(candidates).unwrap()).await.unwrap();
        assert_eq!(sent(&[&one, &two]), [first, 1], "{set}");
    }
}

fn with_state() -> ChatRequest {
    let target = model(&named("one", "Hi")).target().clone();
    let mut reasoning = Reasoning::new("so");
    reasoning.opaque = Some(Opaque::new(target, RawJson::parse("{}").unwrap()));
    let answer = Message::Assistant(vec![AssistantPart::Reasoning(reasoning), AssistantPart::text("Lima")]);
    ChatRequest::new([Message::user("Capital?"), answer, Message::user("Sure?")])
}

#[tokio::test(start_paused = true)]
async fn state_of_the_first_stays_behind_with_a_warning() {
    for streamed in [false, true] {
        let (one, two) = (named("one", Reply::fail(ErrorKind::Server)), named("two", "Hi"));
        let layered = over(&Failover::new(clock()), &[&one, &two]);
        let ctx = Context::new();
        let answer = if streamed {
            layered.stream(&ctx, Arc::new(with_state())).await.unwrap().into_response().await
        } else {
            layered.chat(&ctx, Arc::new(with_state())).await
        };
        let kinds: Vec<_> = answer.unwrap().warnings.iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, [WarningKind::StateDropped]);
        let opaque = |mock: &Mock| match &mock.recorded()[0].request.messages[1] {
            Message::Assistant(parts) => parts[0].opaque().is_some(),
            other => panic!("{other:?}"),
        };
        assert_eq!((opaque(&one), opaque(&two)), (true, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_strict_request_passes_over_who_would_lose_something() {
    let (one, two) = (named("one", Reply::fail(ErrorKind::Server)), named("two", "Hi"));
    let layered = over(&Failover::new(clock()), &[&one, &two]);
    let request = Arc::new(with_state().with_strict(true));
    let error = layered.chat(&Context::new(), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "the failure of the one that was asked");
    assert_eq!(error.vendor::<Tried>().unwrap().failures()[0].1.kind(), ErrorKind::Unsupported);
    two.assert_nothing_sent();
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_not_good_enough_move_on_but_are_better_than_none() {
    let empty = |answer: &laravel_ai_core::ChatResponse| answer.content.is_empty();
    for streamed in [false, true] {
        let failover = Failover::new(clock()).on_response(empty);
        let (one, two) = (named("one", Reply::parts([]).finish(FinishReason::Stop)), named("two", "Hi"));
        assert_eq!(ask_as(&over(&failover, &[&one, &two]), streamed).await.unwrap().text(), "Hi");
        assert_eq!(ask_as(&over(&failover, &[&two, &one]), streamed).await.unwrap().text(), "Hi");
        assert_eq!(sent(&[&one, &two]), [1, 2]);

        let broken = named("three", Reply::fail(ErrorKind::Server));
        let answer = ask_as(&over(&failover, &[&one, &broken]), streamed).await.unwrap();
        assert_eq!((answer.content.len(), answer.served_by.connection()), (0, "one"));
        let answer = ask_as(&over(&failover, &[&one, &one]), streamed).await.unwrap();
        assert_eq!(answer.finish.reason, FinishReason::Stop, "the last is taken as it is");
    }
}

#[tokio::test(start_paused = true)]
async fn the_application_decides_what_moves_on() {
    let failover = Failover::new(clock()).on_error(|error| error.kind() == ErrorKind::InvalidRequest);
    for (kind, moves) in [(ErrorKind::InvalidRequest, true), (ErrorKind::Server, false)] {
        let (one, two) = (named("one", Reply::fail(kind)), named("two", "Hi"));
        assert_eq!(ask(&over(&failover, &[&one, &two])).await.is_ok(), moves);
    }
}

/// Retry and attempts inside of a candidate, as a pipeline has them.
fn retried(mock: &Mock) -> Candidate {
    let retry = Retry::new(clock()).jitter(Jitter::UpTo(0.0));
    Candidate::new(retry.chat(Attempt::new(clock()).chat(model(mock))))
}

#[tokio::test(start_paused = true)]
async fn all_candidates_share_their_tries_and_each_gets_one() {
    let failing = |name| named(name, Reply::fail(ErrorKind::Server));
    for (attempts, expected) in
        [(None, vec![1, 1, 1]), (Some(7), vec![3, 3, 1]), (Some(4), vec![2, 1, 1]), (Some(2), vec![1, 1, 0])]
    {
        let mocks = [failing("one"), failing("two"), failing("three")];
        let failover = Failover::new(clock());
        let failover = attempts.map_or(failover.clone(), |attempts| failover.attempts(times(attempts)));
        let layered = failover.chat(mocks.iter().map(retried)).unwrap();
        ask(&layered).await.unwrap_err();
        assert_eq!(sent(&mocks.each_ref()), expected, "{attempts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_not_waited_out_while_another_target_waits() {
    let (bus, _) = bus();
    let (one, two) = (named("one", limited(seconds(20))), named("two", "Hi"));
    let failover = Failover::new(clock()).with_events(bus);
    let layered = failover.chat([retried(&one), retried(&two)]).unwrap();
    let start = Instant::now();
    ask(&layered).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    // While it runs, the other comes first.
    ask(&layered).await.unwrap();
    assert_eq!(sent(&[&one, &two]), [1, 2]);
    sleep(seconds(20)).await;
    one.reply("Hi");
    ask(&layered).await.unwrap();
    assert_eq!(sent(&[&one, &two]), [2, 2]);

    let alone = failover.chat([retried(&named("four", limited(seconds(20))))]).unwrap();
    let start = Instant::now();
    ask(&alone).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(40), "alone, it is worth the wait");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_gone_rests_long_and_comes_last() {
    let (gone, two) = (named("one", Reply::fail(ErrorKind::ModelNotFound)), named("two", "Hi"));
    let layered = over(&Failover::new(clock()), &[&gone, &two]);
    for _ in 0..5 {
        ask(&layered).await.unwrap();
    }
    assert_eq!(sent(&[&gone, &two]), [1, 5]);
    two.fail(ErrorKind::Server);
    let error = ask(&layered).await.unwrap_err();
    assert_eq!(
        (error.kind(), sent(&[&gone, &two])),
        (ErrorKind::ModelNotFound, vec![2, 6]),
        "but it is not forgotten"
    );
    two.reply("Hi");
    sleep(seconds(300)).await;
    ask(&layered).await.unwrap();
    assert_eq!(sent(&[&gone, &two])[0], 3);
}

#[tokio::test(start_paused = true)]
async fn state_stays_behind_also_when_the_first_is_not_even_asked() {
    let (one, two) = (named("one", Reply::fail(ErrorKind::QuotaExceeded)), named("two", "Hi"));
    let layered = over(&Failover::new(clock()), &[&one, &two]);
    ask(&layered).await.unwrap();
    let answer = layered.chat(&Context::new(), Arc::new(with_state())).await.unwrap();
    assert_eq!(sent(&[&one, &two]), [1, 2], "the first rests");
    let kinds: Vec<_> = answer.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::StateDropped]);
    assert!(
        matches!(&two.recorded()[1].request.messages[1], Message::Assistant(parts) if parts[0].opaque().is_none())
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenants_own_dead_key_lets_nobody_else_go_elsewhere() {
    let theirs = Secret::new("sk-of-a-tenant").fingerprint();
    let (ours, two) = (named("one", "Hi"), named("two", "Hi"));
    let target = model(&ours).target().clone();
    for kind in [ErrorKind::Authentication, ErrorKind::QuotaExceeded, ErrorKind::Permission] {
        let refused = Error::new(kind, "no").with_target(&target.clone().with_credential(theirs));
        let one = named("one", "Hi").sequence_then([Reply::error(refused)], "Hi");
        let layered = over(&Failover::new(clock()), &[&one, &two]);
        assert_eq!(ask(&layered).await.unwrap().served_by.connection(), "two", "{kind:?}");
        assert_eq!(ask(&layered).await.unwrap().served_by.connection(), "one", "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_after_deadline_or_budget() {
    let slow = |name| named(name, Reply::fail(ErrorKind::Server).delay(seconds(10)));
    let (one, two) = (slow("one"), slow("two"));
    ask(&over(&Failover::new(clock()).budget(seconds(5)), &[&one, &two])).await.unwrap_err();
    assert_eq!(sent(&[&one, &two]), [1, 0]);
    let ctx = Context::new().with_deadline(Instant::now().into_std() + seconds(10));
    over(&Failover::new(clock()), &[&one, &two]).chat(&ctx, hello()).await.unwrap_err();
    assert_eq!(sent(&[&one, &two]), [2, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_asks_nobody_else() {
    let (one, two) = (named("one", Reply::stall()), named("two", "Hi"));
    let layered = over(&Failover::new(clock()), &[&one, &two]);
    let ctx = Context::new();
    assert!(layered.chat(&ctx, hello()).now_or_never().is_none());
    sleep(seconds(60)).await;
    assert_eq!(sent(&[&one, &two]), [1, 0]);
    assert_eq!(Failover::new(clock()).chat([]).unwrap_err().kind(), ErrorKind::Configuration);
}
