//! HTTP/2: many streams to one host, back-pressure and resets.
#![allow(
    clippy::disallowed_methods,
    reason = "a test's server runs beside the test and ends with its runtime"
)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use h2::server::SendResponse;
use http::{Request, Response};
use laravel_ai_core::{Context, Transport};
use provider_http::ReqwestTransport;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

struct Http2Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Http2Server {
    /// Allows `streams` at once on each connection and hands every request to `handle`.
    async fn start<F, R>(streams: u32, handle: F) -> Self
    where
        F: Fn(SendResponse<Bytes>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let handle = handle.clone();
                tokio::spawn(async move {
                    let builder =
                        h2::server::Builder::new().max_concurrent_streams(streams).handshake(stream).await;
                    let Ok(mut connection) = builder else { return };
                    while let Some(Ok((_, respond))) = connection.accept().await {
                        tokio::spawn(handle(respond));
                    }
                });
            }
        });
        Self { url, connections }
    }

    fn request(&self) -> Request<Bytes> {
        Request::post(&self.url).body(Bytes::from_static(b"{}")).unwrap()
    }
}

fn transport() -> ReqwestTransport {
    ReqwestTransport::builder().http2_prior_knowledge().build().unwrap()
}

#[tokio::test]
async fn two_hundred_and_fifty_streams_run_at_once_where_a_connection_allows_a_hundred() {
    let open = Arc::new(AtomicUsize::new(0));
    let all_open = Arc::clone(&open);
    let server = Http2Server::start(100, move |mut respond| {
        let open = Arc::clone(&all_open);
        async move {
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data("data: 1\n\n".into(), false).unwrap();
            open.fetch_add(1, Ordering::SeqCst);
            // No stream ends before all are open.
            while open.load(Ordering::SeqCst) < 250 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            body.send_data("data: 2\n\n".into(), true).unwrap();
        }
    })
    .await;
    let transport = transport();
    let ctx = Context::new();
    let calls = (0..250).map(|_| async {
        let body = transport.send(&ctx, server.request()).await?.into_body();
        body.bytes(1000).await
    });
    let answers = timeout(Duration::from_secs(20), futures_util::future::join_all(calls))
        .await
        .unwrap_or_else(|_| panic!("stalled with {} of 250 streams open", open.load(Ordering::SeqCst)));
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == "data: 1\n\ndata: 2\n\n"));
    let connections = server.connections.load(Ordering::SeqCst);
    assert_eq!(connections, 3, "three connections carry 250 streams");

    // Afterwards there is room again, for more requests than were left before.
    for _ in 0..50 {
        transport.send(&ctx, server.request()).await.unwrap().into_body().bytes(1000).await.unwrap();
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), connections);
}

#[tokio::test]
async fn dropping_the_body_resets_the_stream_and_keeps_the_connection() {
    let (sender, mut resets) = mpsc::unbounded_channel();
    let server = Http2Server::start(100, move |mut respond| {
        let sender = sender.clone();
        async move {
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data("data: 1\n\n".into(), false).unwrap();
            let reason = std::future::poll_fn(|cx| body.poll_reset(cx)).await;
            _ = sender.send(reason.ok());
        }
    })
    .await;
    let transport = transport();
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut body = transport.send(&Context::new(), server.request()).await.unwrap().into_body();
        body.next().await.unwrap().unwrap();
        let dropped = Instant::now();
        drop(body);
        let reason = timeout(Duration::from_secs(5), resets.recv()).await.unwrap().unwrap();
        times.push(dropped.elapsed());
        assert_eq!(reason, Some(h2::Reason::CANCEL));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    // The best of three: a busy machine may hold one up.
    assert!(times.iter().any(|time| *time < Duration::from_millis(100)), "{times:?}");
}

#[tokio::test]
async fn a_stream_that_is_reset_is_never_a_short_answer() {
    // NO_ERROR is a clean end to hyper, so only the announced length tells.
    for (reason, length) in
        [(h2::Reason::INTERNAL_ERROR, None), (h2::Reason::CANCEL, None), (h2::Reason::NO_ERROR, Some("100"))]
    {
        let server = Http2Server::start(100, move |mut respond| async move {
            let mut head = Response::new(());
            if let Some(length) = length {
                head.headers_mut().insert("content-length", length.parse().unwrap());
            }
            let mut body = respond.send_response(head, false).unwrap();
            body.send_data("data: 1\n\n".into(), false).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            body.send_reset(reason);
        })
        .await;
        let body = transport().send(&Context::new(), server.request()).await.unwrap().into_body();
        let error = body.bytes(1000).await.unwrap_err();
        assert_eq!(error.kind(), laravel_ai_core::ErrorKind::Transport, "{reason:?}");
    }
}

/// Sends as long as the client gives it room, and says when it had to stop.
async fn pour(mut respond: SendResponse<Bytes>, stopped: mpsc::UnboundedSender<usize>) {
    let piece = Bytes::from(vec![b'x'; 0x4000]);
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    let mut total = 0;
    loop {
        body.reserve_capacity(piece.len());
        let room =
            timeout(Duration::from_millis(200), std::future::poll_fn(|cx| body.poll_capacity(cx))).await;
        let Ok(Some(Ok(room))) = room else { break };
        total += room.min(piece.len());
        body.send_data(piece.slice(..room.min(piece.len())), false).unwrap();
        assert!(total < 100 << 20, "nothing stops the server");
    }
    _ = stopped.send(total);
    std::future::pending().await
}

#[tokio::test]
async fn a_paused_reader_stops_its_own_stream_and_no_other() {
    let (sender, mut written) = mpsc::unbounded_channel();
    let server = Http2Server::start(100, move |respond| pour(respond, sender.clone())).await;
    let transport = transport();
    let ctx = Context::new();
    // Many that do not read, on one connection, and then one that does.
    let mut paused = Vec::new();
    for _ in 0..60 {
        paused.push(transport.send(&ctx, server.request()).await.unwrap().into_body());
    }
    for _ in 0..60 {
        let total = timeout(Duration::from_secs(20), written.recv()).await.unwrap().unwrap();
        assert!(total <= 1 << 20, "{total} bytes were taken from the server while nobody read");
    }
    let mut read = transport.send(&ctx, server.request()).await.unwrap().into_body();
    let mut total = 0;
    while total < 4 << 20 {
        total += timeout(Duration::from_secs(5), read.next())
            .await
            .expect("the paused ones stop it")
            .unwrap()
            .unwrap()
            .len();
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

/// `REFUSED_STREAM` says that nothing was processed (RFC 9113, section 8.7); every other reset leaves that open.
#[tokio::test]
async fn only_a_stream_that_the_server_refused_is_sent_again() {
    for (reason, sent) in [(h2::Reason::REFUSED_STREAM, 2), (h2::Reason::INTERNAL_ERROR, 1)] {
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let server = Http2Server::start(100, move |mut respond| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                if first {
                    respond.send_reset(reason);
                } else {
                    respond.send_response(Response::new(()), true).unwrap();
                }
            }
        })
        .await;
        let answer = transport().send(&Context::new(), server.request()).await;
        assert_eq!((answer.is_ok(), seen.load(Ordering::SeqCst)), (sent == 2, sent), "{reason:?}");
    }
}
