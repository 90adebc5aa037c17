//! What is recorded is played back, and nothing else is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, Request, Response};
use laravel_ai_core::{Body, Context, Error, ErrorKind, Transport};
use proptest::prelude::*;
use provider_http::Framer;
use provider_http::cassette::{Cassette, CassetteTransport, Mismatch, Mode};
use serde_json::Value;

use crate::scripted::{Scripted, TestClock, pieces};

const KEY: &str = "test-canary-key-0123456789";

struct Tape(tempfile::TempDir);

impl Tape {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("deep/tape.json")
    }

    fn cassette(&self, mode: Mode) -> Cassette {
        Cassette::new(self.path(), mode)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

fn over(cassette: Cassette, answers: Vec<Response<Body>>) -> (CassetteTransport, Arc<Scripted>) {
    let scripted = Scripted::new(answers);
    (cassette.over(Arc::clone(&scripted) as Arc<dyn Transport>, Arc::new(TestClock)).unwrap(), scripted)
}

fn request(body: &str) -> Request<Bytes> {
    request_to("https://user:pw@api.example.com/v1/chat?api-version=2&key=canary-in-query", body)
}

fn request_to(uri: &str, body: &str) -> Request<Bytes> {
    let mut request = Request::post(uri)
        .header("content-type", "application/json")
        .header("x-custom", "one")
        .header("cookie", "canary-cookie")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    request.headers_mut().insert("authorization", HeaderValue::from_str(&format!("Bearer {KEY}")).unwrap());
    request
}

async fn send(transport: &CassetteTransport, body: &str) -> Result<(u16, Bytes), Error> {
    let response = transport.send(&Context::new(), request(body)).await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().bytes(1 << 20).await?))
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_played_in_order_and_by_meaning() {
    let tape = Tape::new();
    let (transport, _) = over(
        tape.cassette(Mode::Record),
        vec![pieces(200, vec![Ok("fi"), Ok("rst")]), pieces(201, vec![Ok("2nd")])],
    );
    for _ in 0..2 {
        send(&transport, r#"{"a": 1, "b": [{"c": null, "d": 2.0}]}"#).await.unwrap();
    }
    let (transport, network) = over(tape.cassette(Mode::Replay), vec![]);
    // The order of members and the form of numbers mean nothing.
    let asked = r#"{"b": [{"d": 2, "c": null}], "a": 1.0}"#;
    assert_eq!(transport.unplayed(), 2);
    assert_eq!(send(&transport, asked).await.unwrap(), (200, "first".into()));
    assert_eq!(send(&transport, asked).await.unwrap(), (201, "2nd".into()));
    assert_eq!(transport.unplayed(), 0);
    let error = send(&transport, asked).await.unwrap_err();
    assert!(error.to_string().contains("was played already"), "{error}");
    assert_eq!(network.requests.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_told_with_the_nearest_and_its_differences() {
    let tape = Tape::new();
    let answers = vec![pieces(200, vec![Ok("x")]), pieces(200, vec![Ok("y")])];
    let (transport, _) = over(tape.cassette(Mode::Record), answers);
    send(&transport, r#"{"model": "m", "messages": [{"content": "Hello"}], "far": 1, "away": 2}"#)
        .await
        .unwrap();
    send(&transport, r#"{"model": "m", "messages": [{"content": "Goodbye"}]}"#).await.unwrap();
    let (transport, _) = over(tape.cassette(Mode::Replay), vec![]);
    let error =
        send(&transport, r#"{"model": "n", "messages": [{"content": "Goodbye"}], "new": true}"#).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Configuration, false));
    let mismatch = error.vendor::<Mismatch>().unwrap();
    assert_eq!(mismatch.nearest, Some(2));
    let told: Vec<_> = mismatch.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["/model: \"m\" was recorded, \"n\" is asked", "/new: nothing was recorded, true is asked"]
    );
    assert!(!error.to_string().contains('\n') && error.to_string().contains("/model"), "{error}");
    assert!(mismatch.to_string().contains("\n  /model"), "{mismatch}");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_recorded_where_that_is_wanted_and_never_in_replay() {
    let tape = Tape::new();
    let error = tape.cassette(Mode::Replay).over(Scripted::new([]), Arc::new(TestClock)).unwrap_err();
    assert!(error.to_string().contains("no such file") && error.to_string().contains("tape.json"), "{error}");
    let (auto, network) = over(tape.cassette(Mode::Auto), vec![pieces(200, vec![Ok("a")])]);
    send(&auto, "{}").await.unwrap();
    let (auto, second) = over(tape.cassette(Mode::Auto), vec![pieces(200, vec![Ok("b")])]);
    assert_eq!(send(&auto, "{}").await.unwrap().1, "a");
    assert_eq!(send(&auto, "[1]").await.unwrap().1, "b");
    assert_eq!((network.requests.lock().unwrap().len(), second.requests.lock().unwrap().len()), (1, 1));
    assert_eq!(tape.json()["exchanges"].as_array().unwrap().len(), 2);
    let (record, _) = over(tape.cassette(Mode::Record), vec![pieces(200, vec![Ok("c")])]);
    send(&record, "{}").await.unwrap();
    assert_eq!(tape.json()["exchanges"].as_array().unwrap().len(), 1, "it begins anew");
    std::fs::remove_file(tape.path()).unwrap();
    let (off, _) = over(tape.cassette(Mode::Off), vec![pieces(200, vec![Ok("d")])]);
    assert_eq!(send(&off, "{}").await.unwrap().1, "d");
    assert!(!tape.path().exists());
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_written() {
    let tape = Tape::new();
    let quoted: &'static str = "no: test-canary-key-0123456789, and canary-of-the-user";
    let mut answer = pieces(401, vec![Ok("begin test-canary-"), Ok("key-0123456789 "), Ok(quoted)]);
    for (name, value) in [("set-cookie", "canary-cookie"), ("x-secret", "canary"), ("retry-after", "7")] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let cassette = tape
        .cassette(Mode::Record)
        .with_timing()
        .with_response_header("Set-Cookie")
        .with_redaction(|text| text.replace("canary-of-the-user", "***"));
    let (transport, _) = over(cassette, vec![answer]);
    let (_, body) =
        send(&transport, &format!("{{\"key\": \"{KEY}\", \"a\": \"canary-of-the-user\"}}")).await.unwrap();
    assert!(body.starts_with(b"begin test-canary-key"), "the program sees what came");
    let text = tape.text();
    assert!(!text.contains("canary"), "{text}");
    let exchange = &tape.json()["exchanges"][0];
    assert_eq!(exchange["request"]["url"], "https://api.example.com/v1/chat");
    assert_eq!(exchange["request"]["query"]["api-version"][0], "2");
    assert_eq!(exchange["request"]["query"]["key"][0], "***");
    assert_eq!(exchange["request"]["headers"].as_object().unwrap().len(), 1);
    assert_eq!(exchange["outcome"]["answer"]["headers"]["retry-after"][0], "7");
    assert_eq!(exchange["outcome"]["answer"]["headers"]["x-request-id"][0], "req_1");

    // Another key means the same request.
    let cassette =
        tape.cassette(Mode::Replay).with_redaction(|text| text.replace("canary-of-the-user", "***"));
    let (transport, _) = over(cassette, vec![]);
    let mut other = request("{\"key\": \"another-key-0123456789\", \"a\": \"canary-of-the-user\"}");
    let key = HeaderValue::from_static("Bearer another-key-0123456789");
    other.headers_mut().insert("authorization", key);
    assert_eq!(transport.send(&Context::new(), other).await.unwrap().status(), 401);
}

#[tokio::test(start_paused = true)]
async fn answers_that_broke_off_break_off_again() {
    let tape = Tape::new();
    let broken = Error::new(ErrorKind::Transport, "the connection was reset");
    let (transport, _) = over(
        tape.cassette(Mode::Record),
        vec![pieces(200, vec![Ok("half"), Err(broken)]), pieces(200, vec![Ok("one"), Ok("two")])],
    );
    assert!(send(&transport, "[1]").await.is_err());
    let response = transport.send(&Context::new(), request("[2]")).await.unwrap();
    let mut body = response.into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), "one");
    drop(body);
    let ends: Vec<_> =
        (0..2).map(|i| tape.json()["exchanges"][i]["outcome"]["answer"]["end"].clone()).collect();
    assert_eq!(ends, ["broken", "dropped"]);

    let (transport, _) = over(tape.cassette(Mode::Replay), vec![]);
    for (asked, came) in [("[1]", "half"), ("[2]", "one")] {
        let mut body = transport.send(&Context::new(), request(asked)).await.unwrap().into_body();
        assert_eq!(body.next().await.unwrap().unwrap(), came);
        assert_eq!(body.next().await.unwrap().unwrap_err().kind(), ErrorKind::Transport);
        assert!(body.next().await.is_none());
    }
}

#[derive(Debug)]
struct Dead;

#[async_trait::async_trait]
impl Transport for Dead {
    async fn send(&self, _: &Context, _: Request<Bytes>) -> laravel_ai_core::Result<Response<Body>> {
        Err(Error::new(ErrorKind::Transport, "nobody is there").with_possibly_billed(false))
    }
}

#[tokio::test]
async fn a_connection_that_failed_fails_again() {
    let tape = Tape::new();
    let recording = tape.cassette(Mode::Record).over(Arc::new(Dead), Arc::new(TestClock)).unwrap();
    send(&recording, "{}").await.unwrap_err();
    let (transport, _) = over(tape.cassette(Mode::Replay), vec![]);
    let error = send(&transport, "{}").await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, false));
}

#[tokio::test(start_paused = true)]
async fn time_is_kept_or_dropped() {
    let tape = Tape::new();
    let slow =
        futures_util::stream::iter([("a", 0), ("b", 700), ("c", 300)]).then(|(piece, pause)| async move {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok(Bytes::from(piece))
        });
    let answer = Response::new(Body::stream(slow));
    let (transport, _) = over(tape.cassette(Mode::Record).with_timing(), vec![answer]);
    send(&transport, "{}").await.unwrap();
    for (cassette, took) in
        [(tape.cassette(Mode::Replay).with_timing(), 1_000), (tape.cassette(Mode::Replay), 0)]
    {
        let (transport, _) = over(cassette, vec![]);
        let start = tokio::time::Instant::now();
        assert_eq!(send(&transport, "{}").await.unwrap().1, "abc");
        assert_eq!(start.elapsed(), Duration::from_millis(took));
    }
    let (transport, _) = over(tape.cassette(Mode::Replay).with_timing(), vec![]);
    let mut ctx = Context::new();
    ctx.deadline = Some(tokio::time::Instant::now().into_std() + Duration::from_millis(800));
    let body = transport.send(&ctx, request("{}")).await.unwrap().into_body();
    assert_eq!(body.bytes(10).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_come_back_as_they_were() {
    let tape = Tape::new();
    let binary: &'static [u8] = b"\x00\xff\xfe binary";
    let (transport, _) = over(tape.cassette(Mode::Record), vec![Response::new(Body::full(binary))]);
    send(&transport, "{}").await.unwrap();
    let (transport, _) = over(tape.cassette(Mode::Replay), vec![]);
    assert_eq!(send(&transport, "{}").await.unwrap().1, binary);
}

#[test]
fn files_that_are_none_say_so() {
    let tape = Tape::new();
    std::fs::create_dir_all(tape.path().parent().unwrap()).unwrap();
    for (text, what) in [
        ("{", "no cassette"),
        (r#"{"version": 2, "new": 1}"#, "version 2"),
        (r#"{"version": 1}"#, "no cassette"),
        (
            r#"{"version": 1, "exchanges": [{"request": {"method": "GET", "url": "u"}, "outcome": {"answer": {"status": 200, "body": [{"base64": "?"}], "end": "complete"}}}]}"#,
            "exchange 1 is no base64",
        ),
    ] {
        std::fs::write(tape.path(), text).unwrap();
        for mode in [Mode::Replay, Mode::Auto] {
            let error = tape.cassette(mode).over(Scripted::new([]), Arc::new(TestClock)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_test_names_besides_counts() {
    let tape = Tape::new();
    let (transport, _) =
        over(tape.cassette(Mode::Record).with_request_header("X-Custom"), vec![pieces(200, vec![Ok("x")])]);
    send(&transport, "{}").await.unwrap();
    let (transport, _) = over(tape.cassette(Mode::Replay).with_request_header("x-custom"), vec![]);
    let mut other = request("{}");
    other.headers_mut().insert("x-custom", HeaderValue::from_static("two"));
    let error = transport.send(&Context::new(), other).await.unwrap_err();
    assert!(error.to_string().contains("header x-custom"), "{error}");
    let elsewhere = request_to("https://api.example.com/v2/chat?api-version=3&key=k", "{}");
    let error = transport.send(&Context::new(), elsewhere).await.unwrap_err();
    let places: Vec<_> =
        error.vendor::<Mismatch>().unwrap().differences.iter().map(|it| &*it.place).collect();
    assert_eq!(places, ["url", "query api-version"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn events_are_the_same_at_any_split(length in 1_usize..40, text in "[a-zé\u{1f600}\n\r:]{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let body = format!("event: a\ndata: {}\n\n: c\r\ndata: [DONE]\r\n\r\n", text.replace(['\n', '\r'], " "));
            let tape = Tape::new();
            let answer = Response::new(Body::full(Bytes::from(body.clone())));
            let (transport, _) = over(tape.cassette(Mode::Record), vec![answer]);
            send(&transport, "{}").await.unwrap();
            let frames = async |cassette: Cassette| {
                let (transport, _) = over(cassette, vec![]);
                let mut body = transport.send(&Context::new(), request("{}")).await.unwrap().into_body();
                let mut framer = Framer::sse();
                let mut seen = Vec::new();
                let mut longest = 0;
                while let Some(piece) = body.next().await {
                    let piece = piece.unwrap();
                    longest = longest.max(piece.len());
                    framer.push(piece);
                    while let Some(frame) = framer.next_frame().unwrap() {
                        seen.push((frame.event().map(str::to_owned), frame.data().to_owned()));
                    }
                }
                (seen, longest)
            };
            let (whole, _) = frames(tape.cassette(Mode::Replay)).await;
            let (torn, longest) = frames(tape.cassette(Mode::Replay).with_pieces_of(length)).await;
            assert_eq!(torn, whole);
            assert!(longest <= length);
        });
    }
}
