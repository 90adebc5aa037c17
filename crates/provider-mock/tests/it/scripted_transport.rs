//! The transport that answers from a script.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use laravel_ai_core::{Clock, Context, Error, ErrorKind, Result, Timeouts, Transport};
use provider_mock::{ScriptedTransport, TestClock, WireReply};
use serde_json::json;
use tokio::time::Instant;

use crate::panic_of;

fn post(path: &str) -> http::Request<Bytes> {
    http::Request::post(format!("https://api.example.com{path}")).body(Bytes::from(r#"{"n":1}"#)).unwrap()
}

async fn chunks(transport: &ScriptedTransport, ctx: &Context) -> Result<Vec<Result<Bytes>>> {
    Ok(transport.send(ctx, post("/v1")).await?.into_body().collect().await)
}

fn idle(seconds: u64) -> Context {
    Context::new().with_timeouts(Timeouts::default().with_idle(Duration::from_secs(seconds)))
}

#[tokio::test]
async fn answers_come_in_order_or_by_rule() {
    let transport = ScriptedTransport::new();
    transport.when(|sent| sent.path() == "/models").reply(json!({"data": []}));
    transport.sequence([WireReply::status(429).header("Retry-After", "2"), json!({"ok": 1}).into()]);
    let ctx = Context::new();
    let first = transport.send(&ctx, post("/chat?key=test")).await.unwrap();
    assert_eq!((first.status().as_u16(), &first.headers()["retry-after"]), (429, &"2".parse().unwrap()));
    let models = transport.send(&ctx, post("/models")).await.unwrap();
    assert_eq!(models.headers()["content-type"], "application/json");
    assert_eq!(models.into_body().bytes(99).await.unwrap(), r#"{"data":[]}"#);
    let second = transport.send(&ctx, post("/chat")).await.unwrap().into_body();
    assert_eq!(second.bytes(99).await.unwrap(), r#"{"ok":1}"#);
    let error = transport.send(&ctx, post("/chat")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    insta::assert_snapshot!(error.message(), @"no reply is left for POST api.example.com/chat: the sequence has 2; script more");
    transport.assert_sent(|sent| sent.method() == "POST" && sent.json().unwrap() == json!({"n": 1}));
    transport.assert_sent_count(4);
    insta::assert_snapshot!(panic_of(|| transport.assert_sent(|sent| sent.host() == "other")), @r"
    an expected request was not sent; these were:
      1. POST api.example.com/chat (7 bytes)
      2. POST api.example.com/models (7 bytes)
      3. POST api.example.com/chat (7 bytes)
      4. POST api.example.com/chat (7 bytes)
    ");
}

#[tokio::test]
async fn without_a_script_every_request_fails() {
    let error = ScriptedTransport::new().send(&Context::new(), post("/x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().contains("POST api.example.com/x"), "{error}");
}

#[tokio::test]
async fn a_closure_answers_by_request() {
    let transport = ScriptedTransport::new().reply_with(|sent| sent.json().unwrap()["n"].clone());
    assert_eq!(chunks(&transport, &Context::new()).await.unwrap()[0].as_ref().unwrap(), "1");
}

#[tokio::test]
async fn bodies_are_torn_anywhere_and_lose_nothing() {
    let reply = WireReply::events(["{\"t\": \"ñ🦙\"}", "a\nb", "[DONE]"]);
    let whole = chunks(&ScriptedTransport::new().reply(reply.clone()), &Context::new()).await.unwrap();
    let join = |chunks: Vec<Result<Bytes>>| chunks.into_iter().flat_map(Result::unwrap).collect::<Vec<u8>>();
    let expected = "data: {\"t\": \"ñ🦙\"}\n\ndata: a\ndata: b\n\ndata: [DONE]\n\n".as_bytes();
    assert_eq!((whole.len(), join(whole)), (3, expected.to_vec()));
    for length in 0..9 {
        let transport = ScriptedTransport::new().reply(reply.clone().split_every(length));
        let torn = chunks(&transport, &Context::new()).await.unwrap();
        assert!(torn.iter().all(|chunk| chunk.as_ref().unwrap().len() <= length.max(1)));
        assert_eq!(join(torn), expected);
    }
    let torn = |seed| {
        let transport = ScriptedTransport::new().reply(reply.clone().split_by_seed(seed));
        async move {
            chunks(&transport, &Context::new())
                .await
                .unwrap()
                .into_iter()
                .map(Result::unwrap)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(torn(1).await, torn(1).await);
    assert_ne!(torn(1).await, torn(2).await);
    assert_eq!(torn(1).await.concat(), expected);
}

#[tokio::test]
async fn connections_fail_and_break() {
    let transport = ScriptedTransport::new();
    transport.sequence([
        WireReply::connect_error(),
        WireReply::error(Error::new(ErrorKind::Timeout, "slow")),
        WireReply::status(200).body("half").reset().body("never"),
        WireReply::status(99),
    ]);
    let refused = chunks(&transport, &Context::new()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.possibly_billed()), (ErrorKind::Transport, false));
    assert_eq!(chunks(&transport, &Context::new()).await.unwrap_err().kind(), ErrorKind::Timeout);
    let broken = chunks(&transport, &Context::new()).await.unwrap();
    assert_eq!(broken.len(), 2, "nothing follows an error");
    assert_eq!(broken[1].as_ref().unwrap_err().kind(), ErrorKind::Transport);
    assert_eq!(chunks(&transport, &Context::new()).await.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(transport.open_bodies(), 0);
}

#[tokio::test]
async fn a_body_breaks_after_so_many_bytes() {
    for (bytes, kept) in [(0, ""), (3, "hal"), (6, "halfwh"), (9, "halfwhole")] {
        let transport = ScriptedTransport::new();
        transport.reply(WireReply::status(200).body("half").body("whole").cut_after(bytes));
        let mut seen = chunks(&transport, &Context::new()).await.unwrap();
        assert_eq!(seen.pop().unwrap().unwrap_err().kind(), ErrorKind::Transport);
        let seen: Vec<u8> = seen.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect();
        assert_eq!(seen, kept.as_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn time_passes_as_scripted() {
    let second = Duration::from_secs(1);
    let reply =
        WireReply::status(200).body("a").body("b").pace(second).wait(second * 3).body("c").delay(second * 10);
    let transport = ScriptedTransport::new().reply(reply);
    let start = Instant::now();
    let mut body = transport.send(&Context::new(), post("/")).await.unwrap().into_body();
    let mut arrivals = vec![start.elapsed().as_secs()];
    while let Some(chunk) = body.next().await {
        chunk.unwrap();
        arrivals.push(start.elapsed().as_secs());
    }
    assert_eq!(arrivals, [10, 11, 12, 15]);
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_the_call_hold() {
    let second = Duration::from_secs(1);
    let clock = Arc::new(TestClock::new());
    let transport = ScriptedTransport::new().with_clock(clock.clone());
    let slow = WireReply::status(200).body("a").wait(second * 4).wait(second * 4).body("b");
    let connect = Context::new().with_timeouts(Timeouts::default().with_connect(second * 2));
    // Each reply with the call's limits, when it fails, and after how many chunks.
    let cases = [
        (WireReply::stall_connecting(), connect.clone(), 2, 0),
        (WireReply::stall_answering(), idle(5), 5, 0),
        (WireReply::status(200).delay(second * 6), idle(5), 5, 0),
        (WireReply::status(200).body("a").stall(), idle(5), 5, 1),
        (slow.clone(), idle(5), 5, 1),
        (slow, Context::new(), 7, 1),
        (WireReply::stall_answering(), Context::new(), 7, 0),
        (WireReply::stall_connecting(), Context::new(), 7, 0),
    ];
    for (reply, ctx, after, delivered) in cases {
        transport.reply(reply);
        let start = Instant::now();
        let ctx = ctx.with_deadline(clock.now() + second * 7);
        let (count, error) = match chunks(&transport, &ctx).await {
            Ok(mut chunks) => {
                let error = chunks.pop().unwrap().unwrap_err();
                (chunks.len(), error)
            }
            Err(error) => (0, error),
        };
        assert_eq!((error.kind(), start.elapsed(), count), (ErrorKind::Timeout, second * after, delivered));
    }
    transport.reply(WireReply::stall_connecting());
    assert!(!chunks(&transport, &connect).await.unwrap_err().possibly_billed(), "nothing was sent");
    let quick =
        WireReply::status(200).delay(second * 4).wait(second * 4).body("a").wait(second * 4).body("b");
    transport.reply(quick.wait(second * 4).body("c"));
    let chunks = chunks(&transport, &idle(5)).await.unwrap();
    assert!(chunks.len() == 3 && chunks.iter().all(Result::is_ok), "head and chunks are life");
}

#[tokio::test]
async fn dropping_a_body_gives_the_connection_up() {
    let transport = ScriptedTransport::new().reply(WireReply::status(200).body("a").body("b").stall());
    let mut body = transport.send(&Context::new(), post("/")).await.unwrap().into_body();
    assert_eq!((transport.open_bodies(), transport.chunks_delivered()), (1, 0));
    body.next().await.unwrap().unwrap();
    assert_eq!((transport.open_bodies(), transport.chunks_delivered()), (1, 1));
    drop(body);
    assert_eq!(transport.open_bodies(), 0);
}
