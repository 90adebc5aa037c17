//! From a streamed body to frames and events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::Response;
use laravel_ai_core::{
    BlockId, BlockKind, Body, ChatStream, Context, Error, ErrorKind, Finish, FinishReason, ResponseFinish,
    Result, StreamEvent, Target, Usage,
};
use provider_http::{
    Call, Frame, FrameDecoder, FrameReader, Framer, HttpClient, ReqwestTransport, chat_stream,
};
use tokio::time::Instant;

use crate::scripted::{SlowClock, TestClock, pieces};
use crate::server::{Connection, Server};

/// Each frame is a piece of text; `[DONE]` finishes, `!` fails.
#[derive(Debug, Default)]
struct Words {
    begun: bool,
}

impl FrameDecoder for Words {
    fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
        let block = BlockId::new(0);
        if frame.data() == "[DONE]" {
            if self.begun {
                events.push_back(StreamEvent::BlockEnd { block, opaque: None });
            }
            let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), Usage::default());
            events.push_back(StreamEvent::Finish(Box::new(finish)));
            return Ok(());
        }
        if !std::mem::replace(&mut self.begun, true) {
            events.push_back(StreamEvent::BlockStart { block, kind: BlockKind::Text });
        }
        events.push_back(StreamEvent::TextDelta { block, text: frame.data().to_owned() });
        if frame.data() == "!" { Err(Error::new(ErrorKind::Server, "the vendor gave up")) } else { Ok(()) }
    }

    fn end(&mut self, _: &mut VecDeque<StreamEvent>) -> Result<()> {
        Ok(())
    }
}

fn reader(response: Response<Body>) -> FrameReader {
    FrameReader::new(response, Framer::sse(), Arc::new(TestClock))
}

fn events(response: Response<Body>) -> ChatStream {
    chat_stream(Target::new("test", "test", "model"), reader(response), Words::default())
}

async fn text_and_end(mut stream: ChatStream) -> (String, Option<Error>) {
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => text += event.as_text().unwrap_or_default(),
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

fn broken() -> Error {
    Error::new(ErrorKind::Transport, "the connection broke")
}

#[tokio::test]
async fn frames_come_as_their_bytes_come() {
    let mut frames = reader(pieces(200, vec![Ok("data: 1\n\nda"), Ok(""), Ok("ta: 2\n\ndata: 3")]));
    assert_eq!(frames.request_id(), Some("req_1"));
    let mut seen = Vec::new();
    while let Some(frame) = frames.next_frame().await.unwrap() {
        seen.push(frame.data().to_owned());
    }
    assert_eq!(seen, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_body_that_breaks_gives_no_half_frame() {
    let mut frames = reader(pieces(200, vec![Ok("data: 1\n\ndata: 2"), Err(broken())]));
    assert_eq!(frames.next_frame().await.unwrap().unwrap().data(), "1");
    assert_eq!(frames.next_frame().await.unwrap_err().kind(), ErrorKind::Transport);
    assert!(frames.next_frame().await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_in_place_of_a_stream_is_one_frame() {
    for document in [
        "\n {\"error\": {\n\n\"message\": \"no\"}}\n",
        "\u{feff}{\"error\": \"no\"}",
        "[{\"error\":\n\n\"no\"}]",
        "\"no\"",
        "<!doctype html>\n\n<html>data: no</html>",
    ] {
        for parts in [vec![Ok(document)], document.split_inclusive('\n').map(Ok).collect()] {
            let mut frames = reader(pieces(200, parts));
            let frame = frames.next_frame().await.unwrap().unwrap();
            assert_eq!(frame.data().trim(), document.trim_start_matches('\u{feff}').trim());
            assert!(frames.next_frame().await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn a_finished_stream_ends_with_its_finish() {
    let (text, error) =
        text_and_end(events(pieces(200, vec![Ok("data: a\n\ndata: b\n\ndata: [DONE]\n\ndata: c\n\n")])))
            .await;
    assert_eq!((text.as_str(), error.is_none()), ("ab", true));
}

#[tokio::test]
async fn a_stream_that_breaks_or_just_ends_is_interrupted_and_keeps_its_text() {
    for parts in [vec![Ok("data: a\n\ndata: b\n\n"), Err(broken())], vec![Ok("data: a\n\ndata: b\n\n")]] {
        let (text, error) = text_and_end(events(pieces(200, parts))).await;
        let error = error.unwrap();
        assert_eq!((text.as_str(), error.kind()), ("ab", ErrorKind::StreamInterrupted));
        assert_eq!(error.partial().unwrap().text(), "ab");
    }
    let silent = Error::new(ErrorKind::Timeout, "no more of the answer came");
    let (_, error) = text_and_end(events(pieces(200, vec![Ok("data: a\n\n"), Err(silent)]))).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn what_a_frame_gave_before_it_failed_is_delivered() {
    let (text, error) =
        text_and_end(events(pieces(200, vec![Ok("data: a\n\ndata: !\n\ndata: b\n\n")]))).await;
    let error = error.unwrap();
    assert_eq!((text.as_str(), error.kind(), error.request_id()), ("a!", ErrorKind::Server, Some("req_1")));
    assert_eq!(error.status(), Some(200), "as for an answer that is read whole");
}

/// The rest of a body never holds the answer up for long.
#[tokio::test(start_paused = true)]
async fn the_rest_of_the_body_is_read_within_bounds() {
    let endless = |piece: &'static str| {
        let done = futures_util::stream::iter([Ok(Bytes::from("data: a\n\ndata: [DONE]\n\n"))]);
        let rest = futures_util::stream::unfold(piece, |piece| async move {
            if piece.is_empty() {
                std::future::pending::<()>().await;
            }
            Some((Ok(Bytes::from(piece)), piece))
        });
        Response::new(Body::stream(done.chain(rest)))
    };
    for piece in ["", "data: more\n\n"] {
        let before = Instant::now();
        let (text, error) = text_and_end(events(endless(piece))).await;
        assert_eq!((text.as_str(), error.is_none()), ("a", true));
        let limit = Duration::from_millis(if piece.is_empty() { 50 } else { 0 });
        assert!(before.elapsed() <= limit + Duration::from_millis(1), "{:?}", before.elapsed());
    }
}

/// Forty streams whose body ends three milliseconds after the last event.
#[tokio::test]
async fn forty_streams_use_one_connection() {
    let server = Server::start(|mut connection: Connection| async move {
        while connection.request().await.is_some() {
            connection.begin_chunked("text/event-stream").await;
            for word in ["a", "b"] {
                connection.chunk(&format!("data: {word}\n\n")).await;
            }
            connection.chunk("data: [DONE]\n\n").await;
            tokio::time::sleep(Duration::from_millis(3)).await;
            connection.end_chunked().await;
        }
    })
    .await;
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    // The limit of the wait is another test's subject; a busy machine must not reach it here.
    let client = HttpClient::new(transport, Arc::new(SlowClock), &server.url("/v1")).unwrap();
    let ctx = Context::new();
    for _ in 0..40 {
        let reader = client.stream(&ctx, Call::post("chat", "{}"), Framer::sse()).await.unwrap();
        let stream = chat_stream(Target::new("test", "test", "model"), reader, Words::default());
        assert_eq!(stream.into_response().await.unwrap().text(), "ab");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_stream_that_is_dropped_or_failed_closes_its_connection() {
    let (sender, mut closed) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut connection: Connection| {
        let sender = sender.clone();
        async move {
            connection.request().await;
            connection.begin_chunked("text/event-stream").await;
            connection.chunk("data: a\n\ndata: !\n\n").await;
            connection.closes_within(Duration::from_secs(5)).await;
            sender.send(()).unwrap();
        }
    })
    .await;
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let client = HttpClient::new(transport, Arc::new(TestClock), &server.url("/v1")).unwrap();
    for read_to_the_error in [false, true] {
        let mut times = Vec::new();
        for _ in 0..3 {
            let reader =
                client.stream(&Context::new(), Call::post("chat", "{}"), Framer::sse()).await.unwrap();
            let mut stream = chat_stream(Target::new("test", "test", "model"), reader, Words::default());
            while let Some(Ok(_)) = stream.next().await {
                if !read_to_the_error {
                    break;
                }
            }
            let before = Instant::now();
            // After an error the connection is given up even while the stream is still held.
            let held = read_to_the_error.then_some(stream);
            tokio::time::timeout(Duration::from_secs(5), closed.recv()).await.unwrap().unwrap();
            times.push(before.elapsed());
            drop(held);
        }
        // The best of three: a busy machine may hold one up.
        assert!(times.iter().any(|time| *time < Duration::from_millis(100)), "{times:?}");
    }
}
