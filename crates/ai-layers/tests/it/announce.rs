//! What the caller saw, as events.

use std::sync::Arc;

use ai_events::{Event, EventKind};
use ai_layers::{Announce, Pipeline};
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::{
    Context, Cost, EmbeddingRequest, ErrorKind, Layer, Money, Provenance, Provider, Usage,
};
use provider_mock::{Mock, Reply};

use crate::support::{ask, ask_streamed, bus, clock, hello, model, seconds};

#[tokio::test(start_paused = true)]
async fn every_call_has_one_beginning_and_one_end() {
    let (bus, recorder) = bus();
    let announced = |reply: Reply| Announce::new(clock(), bus.clone()).chat(model(&Mock::new().reply(reply)));
    ask(&announced(Reply::text("Hi"))).await.unwrap();
    ask_streamed(&announced(Reply::text("Hi"))).await.unwrap();
    ask(&announced(Reply::fail(ErrorKind::Server))).await.unwrap_err();
    ask_streamed(&announced(Reply::fail(ErrorKind::Server))).await.unwrap_err();
    ask_streamed(&announced(Reply::text("Hi").then_fail(ErrorKind::Server))).await.unwrap_err();
    let ends = ["ResponseGenerated", "ResponseGenerated", "CallFailed", "CallFailed", "StreamInterrupted"];
    let names: Vec<_> = ends.iter().flat_map(|end| ["MessageSent", end]).collect();
    recorder.assert_names(&names);
    let events = recorder.events();
    for pair in events.chunks(2) {
        assert_eq!(pair[0].run, pair[1].run);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_told_with_what_it_used_and_cost() {
    let (bus, recorder) = bus();
    let cost = Cost::new(Money::usd(5.into()), Provenance::ProviderReported);
    let reply =
        || Reply::text("a b").delay(seconds(1)).pace(seconds(1)).usage(Usage::new(7, 3)).cost(cost.clone());
    let mock = Mock::new().replies([reply(), reply()]);
    let announced = Announce::new(clock(), bus).chat(model(&mock));
    ask(&announced).await.unwrap();
    ask_streamed(&announced).await.unwrap();
    recorder.assert_names(&[
        "MessageSent",
        "CostCalculated",
        "ResponseGenerated",
        "MessageSent",
        "CostCalculated",
        "ResponseGenerated",
    ]);
    let told = |event: &Event| match &event.kind {
        EventKind::ResponseGenerated { usage, cost, latency, first_content, attempts, .. } => {
            (usage.clone(), cost.clone(), *latency, *first_content, *attempts)
        }
        other => panic!("{other:?}"),
    };
    let events = recorder.events();
    assert_eq!(told(&events[2]), (Usage::new(7, 3), Some(cost.clone()), seconds(3), None, 1));
    assert_eq!(told(&events[5]), (Usage::new(7, 3), Some(cost.clone()), seconds(3), Some(seconds(2)), 1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_cancelled_at_once_with_what_came() {
    let (bus, recorder) = bus();
    let mock = Mock::new().reply(Reply::text("one two three").pace(seconds(1)));
    let announced = Announce::new(clock(), bus).chat(model(&mock));
    let mut stream = announced.stream(&Context::new(), hello()).await.unwrap();
    for _ in 0..4 {
        stream.next().await.unwrap().unwrap();
    }
    recorder.assert_names(&["MessageSent"]);
    drop(stream);
    recorder.assert_names(&["MessageSent", "Cancelled"]);
    match &recorder.events()[1].kind {
        EventKind::Cancelled { partial, latency, .. } => {
            assert_eq!(partial.get().unwrap().text(), "one two ");
            assert_eq!(*latency, seconds(2));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_cancelled_whatever_it_waits_for() {
    let (bus, recorder) = bus();
    let pipeline = Pipeline::standard(clock(), bus);
    let ctx = Context::new();
    let stalled = pipeline.chat(model(&Mock::new().reply(Reply::stall())));
    assert!(stalled.chat(&ctx, hello()).now_or_never().is_none());
    recorder.assert_names(&["MessageSent", "AttemptStarted", "AttemptFinished", "Cancelled"]);
    recorder.clear();
    let waiting = pipeline.chat(model(&Mock::new().with_connection("b").fail(ErrorKind::Server)));
    assert!(waiting.stream(&ctx, hello()).now_or_never().is_none(), "it waits for its second try");
    recorder.assert_names(&["MessageSent", "AttemptStarted", "AttemptFinished", "Retrying", "Cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn content_is_there_only_when_it_was_asked_for() {
    for with_content in [false, true] {
        let (bus, recorder) = bus();
        let announce = Announce::new(clock(), bus);
        let announce = if with_content { announce.with_content() } else { announce };
        ask(&announce.chat(model(&Mock::new().reply("Hi")))).await.unwrap();
        let events = recorder.events();
        let (EventKind::MessageSent { request, messages, .. }, EventKind::ResponseGenerated { response, .. }) =
            (&events[0].kind, &events[1].kind)
        else {
            panic!("{events:?}");
        };
        assert_eq!((request.get().is_some(), response.get().is_some()), (with_content, with_content));
        assert_eq!(*messages, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn embeddings_are_told_and_questions_to_a_catalogue_are_no_messages() {
    let (bus, recorder) = bus();
    let (announce, mock) = (Announce::new(clock(), bus), Mock::new());
    let embedding = announce.embedding(mock.embedding_model("e").unwrap());
    let request = Arc::new(EmbeddingRequest::new(["Lima", "Quito"]));
    embedding.embed(&Context::new(), request).await.unwrap();
    announce.catalog(mock.catalog().unwrap()).models(&Context::new()).await.unwrap();
    announce.token_counter(mock.token_counter("m").unwrap()).count(&Context::new(), hello()).await.unwrap();
    recorder.assert_names(&["MessageSent", "ResponseGenerated"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_says_how_many_tries_there_were() {
    let (bus, recorder) = bus();
    let layered = Pipeline::standard(clock(), bus).chat(model(&Mock::new().fail(ErrorKind::Server)));
    let stream = layered.stream(&Context::new(), hello()).await;
    assert!(stream.is_err());
    recorder.assert_published(|event| matches!(event.kind, EventKind::CallFailed { attempts: 3, .. }));
}
