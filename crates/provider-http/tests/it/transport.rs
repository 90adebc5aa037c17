//! The transport over HTTP/1.1: what is sent, what comes back, and how it fails. Real time, real sockets, bounded waits.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, Request};
use laravel_ai_core::{Context, ErrorKind, Result, Retry, Timeouts, Transport};
use provider_http::ReqwestTransport;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::server::{Connection, Server, answer};

const SOON: Duration = Duration::from_millis(100);

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

fn post(url: &str) -> Request<Bytes> {
    Request::post(url)
        .header("authorization", "Bearer canary-key")
        .header("x-goog-api-key", "canary-key")
        .header("api-key", "canary-key")
        .body(Bytes::from_static(b"{\"canary\":1}"))
        .unwrap()
}

fn transport() -> ReqwestTransport {
    ReqwestTransport::new().unwrap()
}

async fn read(transport: &ReqwestTransport, request: Request<Bytes>) -> Result<(u16, Bytes)> {
    let (head, body) = transport.send(&Context::new(), request).await?.into_parts();
    Ok((head.status.as_u16(), body.bytes(usize::MAX).await?))
}

#[tokio::test]
async fn a_request_goes_straight() {
    let server = Server::start(|mut connection: Connection| async move {
        let request = connection.request().await.unwrap();
        let seen = format!("{}{}", request.head, String::from_utf8(request.body).unwrap());
        connection.write(answer(418, &[("x-a", "1")], seen)).await;
    })
    .await;
    let response = transport().send(&Context::new(), post(&server.url("/v1?a=%20b"))).await.unwrap();
    let (head, body) = response.into_parts();
    assert_eq!((head.status.as_u16(), &head.headers["x-a"]), (418, &HeaderValue::from_static("1")));
    let seen = String::from_utf8(body.bytes(10_000).await.unwrap().to_vec()).unwrap();
    assert!(seen.starts_with("post /v1?a=%20b http/1.1\r\n"), "{seen}");
    assert!(seen.contains("user-agent: laravel-ai-rs/") && seen.contains("accept-encoding: gzip"), "{seen}");
    assert!(seen.ends_with("{\"canary\":1}"), "{seen}");
}

/// Runs the test above in a process whose environment names a proxy that is not there.
#[tokio::test]
async fn the_environment_is_not_read() {
    let program = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(program);
    command.args(["--exact", "transport::a_request_goes_straight"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let output = command.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the test ran at all");
}

#[tokio::test]
async fn a_given_proxy_is_used_but_for_its_exceptions() {
    let proxy = Server::answering(answer(200, &[], "from the proxy")).await;
    let through = ReqwestTransport::builder().proxy(proxy.url("")).build().unwrap();
    assert_eq!(read(&through, get("http://vendor.invalid/v1")).await.unwrap().1, "from the proxy");

    let server = Server::answering(answer(200, &[], "from the server")).await;
    let beside =
        ReqwestTransport::builder().proxy(proxy.url("")).proxy_exceptions("127.0.0.1").build().unwrap();
    assert_eq!(read(&beside, get(&server.url("/"))).await.unwrap().1, "from the server");

    let error = ReqwestTransport::builder().proxy("http://user:canary@[nonsense").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn a_compressed_answer_is_unpacked_and_a_cut_one_is_an_error() {
    // printf hello | gzip -n
    let packed: [u8; 25] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0,
        0, 0,
    ];
    let server = Server::answering(answer(200, &[("content-encoding", "gzip")], packed)).await;
    assert_eq!(read(&transport(), get(&server.url("/"))).await.unwrap().1, "hello");

    let server = Server::answering(answer(200, &[("content-encoding", "gzip")], &packed[..20])).await;
    let error = read(&transport(), get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_never_a_short_answer() {
    let cuts: [(&str, bool); 5] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345", true),
        ("HTTP/1.1 200 OK\r\ncontent-le", false),
    ];
    for (bytes, reset) in cuts {
        let server = Server::start(move |mut connection: Connection| async move {
            connection.request().await;
            connection.write(bytes).await;
            if reset {
                connection.reset();
            }
        })
        .await;
        let error = read(&transport(), get(&server.url("/"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{bytes:?}: {error}");
        assert!(error.possibly_billed(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_never_made_is_not_billed() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = read(&transport(), get(&format!("http://{closed}/"))).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, false));
    assert_eq!(error.retry(), Retry::SameTarget { after: None });
    assert!(error.message().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_error_shows_neither_url_nor_key() {
    let reset = Server::start(|mut connection: Connection| async move {
        connection.request().await;
        connection.reset();
    })
    .await;
    let cut = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nonsense = Server::answering("canary\r\n\r\n").await;
    let bases = [reset.url(""), format!("http://{closed}"), nonsense.url(""), "https://127.0.0.1:1".into()];
    let slow = Context::new().with_timeouts(Timeouts::default().with_idle(SOON));
    for base in bases.iter().chain([&cut.url("")]) {
        let url = format!("{base}/canary-path?key=canary-query");
        let response = transport().send(&slow, post(&url)).await;
        let error = match response {
            Ok(response) => response.into_body().bytes(100).await.unwrap_err(),
            Err(error) => error,
        };
        let mut printed = format!("{error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            printed += &format!(" {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!printed.contains("canary"), "{printed}");
    }
}

/// A server that says when a request came and when the client left.
async fn watching(stream: bool) -> (Server, mpsc::UnboundedReceiver<&'static str>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection: Connection| {
        let sender = sender.clone();
        async move {
            connection.request().await;
            if stream {
                connection.begin_chunked("text/event-stream").await;
                connection.chunk("data: 1\n\n").await;
            }
            sender.send("asked").unwrap();
            connection.closes_within(Duration::from_secs(5)).await;
            sender.send("left").unwrap();
        }
    })
    .await;
    (server, receiver)
}

/// The best of three: a busy machine may hold one up.
fn assert_soon(times: &[Duration]) {
    assert!(times.iter().any(|time| *time < Duration::from_millis(100)), "{times:?}");
}

#[tokio::test]
async fn dropping_the_call_before_the_answer_closes_the_connection() {
    let (server, mut seen) = watching(false).await;
    let transport = transport();
    let ctx = Context::new();
    let mut times = Vec::new();
    for _ in 0..3 {
        let sending = transport.send(&ctx, post(&server.url("/")));
        tokio::select! {
            _ = sending => panic!("there is no answer"),
            note = seen.recv() => assert_eq!(note, Some("asked")),
        }
        let dropped = Instant::now();
        assert_eq!(seen.recv().await, Some("left"));
        times.push(dropped.elapsed());
    }
    assert_soon(&times);
}

#[tokio::test]
async fn dropping_the_body_closes_the_connection() {
    let (server, mut seen) = watching(true).await;
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut body = transport().send(&Context::new(), post(&server.url("/"))).await.unwrap().into_body();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: 1\n\n");
        assert_eq!(seen.recv().await, Some("asked"));
        let dropped = Instant::now();
        drop(body);
        assert_eq!(seen.recv().await, Some("left"));
        times.push(dropped.elapsed());
    }
    assert_soon(&times);
}

/// How much a server can write while the client does not read: its own send buffer, which the kernel would let grow to
/// megabytes and is fixed here, the client's receive buffer, and what the client holds itself.
#[tokio::test]
async fn a_paused_reader_stops_the_server() {
    let (sender, mut written) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection: Connection| {
        let sender = sender.clone();
        async move {
            connection.request().await;
            connection.begin_chunked("text/event-stream").await;
            let piece = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
            let mut total = 0;
            // The server is stopped when a write takes a fifth of a second.
            while let Ok(()) =
                tokio::time::timeout(Duration::from_millis(200), connection.write(&piece)).await
            {
                total += piece.len();
                assert!(total < 100 << 20, "nothing stops the server");
            }
            sender.send(total).unwrap();
        }
    })
    .await;
    let mut body = transport().send(&Context::new(), post(&server.url("/"))).await.unwrap().into_body();
    body.next().await.unwrap().unwrap();
    let total = tokio::time::timeout(Duration::from_secs(20), written.recv()).await.unwrap().unwrap();
    assert!(total <= 1 << 20, "{total} bytes were taken from the server while nobody read");
}

#[tokio::test]
async fn silence_ends_a_call_and_any_byte_is_life() {
    let idle = Duration::from_millis(600);
    let ctx = Context::new().with_timeouts(Timeouts::default().with_idle(idle));
    let server = Server::start(|mut connection: Connection| async move {
        let request = connection.request().await.unwrap();
        if request.head.contains("/silent-head") {
            connection.closes_within(Duration::from_secs(5)).await;
            return;
        }
        connection.begin_chunked("text/event-stream").await;
        // Comments for longer than the limit.
        for _ in 0..10 {
            connection.chunk(": alive\n").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        connection.chunk("data: 1\n\n").await;
        connection.closes_within(Duration::from_secs(5)).await;
    })
    .await;
    let error = transport().send(&ctx, post(&server.url("/silent-head"))).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Timeout, true));

    let mut body = transport().send(&ctx, post(&server.url("/"))).await.unwrap().into_body();
    let mut seen = String::new();
    let error = loop {
        match body.next().await.unwrap() {
            Ok(piece) => seen += std::str::from_utf8(&piece).unwrap(),
            Err(error) => break error,
        }
    };
    assert!(seen.ends_with("data: 1\n\n"), "{seen}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn a_pause_of_the_reader_is_not_the_servers_silence() {
    let ctx = Context::new().with_timeouts(Timeouts::default().with_idle(Duration::from_millis(400)));
    let server = Server::start(|mut connection: Connection| async move {
        connection.request().await;
        connection.begin_chunked("text/event-stream").await;
        connection.chunk("data: 1\n\n").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        connection.chunk("data: 2\n\n").await;
        connection.end_chunked().await;
    })
    .await;
    let mut body = transport().send(&ctx, post(&server.url("/"))).await.unwrap().into_body();
    body.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(body.next().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn the_deadline_ends_everything() {
    let server = Server::start(|mut connection: Connection| async move {
        let request = connection.request().await.unwrap();
        if request.head.contains("/stream") {
            connection.begin_chunked("text/event-stream").await;
            while tokio::time::timeout(SOON, connection.chunk(": alive\n")).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        connection.closes_within(Duration::from_secs(5)).await;
    })
    .await;
    let soon = || Context::new().with_deadline((Instant::now() + Duration::from_millis(200)).into_std());
    let error = transport().send(&soon(), post(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");

    let body = transport().send(&soon(), post(&server.url("/stream"))).await.unwrap().into_body();
    let error = tokio::time::timeout(Duration::from_secs(2), body.bytes(1 << 20)).await.unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && error.message().contains("deadline"), "{error}");

    let passed = soon();
    tokio::time::sleep(Duration::from_millis(210)).await;
    let before = server.connections();
    let error = transport().send(&passed, post(&server.url("/"))).await.unwrap_err();
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Timeout, false));
    assert_eq!(server.connections(), before, "nothing was sent");
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
#[tokio::test]
async fn each_request_has_its_own_connect_limit() {
    // A proxy that never answers CONNECT: the connection to the vendor is never made.
    let proxy = Server::start(|mut connection: Connection| async move {
        connection.closes_within(Duration::from_secs(30)).await;
    })
    .await;
    let connect = |time| Timeouts::default().with_connect(Duration::from_millis(time));
    let builder = || ReqwestTransport::builder().proxy(proxy.url(""));
    let patient = builder().build().unwrap();
    let hasty = builder().connect_timeout(Duration::from_millis(150)).build().unwrap();
    let soon = (Instant::now() + Duration::from_millis(300)).into_std();
    for (transport, ctx) in [
        (&hasty, Context::new()),
        (&hasty, Context::new().with_timeouts(connect(150))),
        (&patient, Context::new().with_timeouts(connect(150))),
        // Given up before the limit: it is still known that nothing was sent.
        (&patient, Context::new().with_timeouts(connect(60_000).with_idle(Duration::from_millis(150)))),
        (&patient, Context::new().with_timeouts(connect(60_000)).with_deadline(soon)),
    ] {
        let before = Instant::now();
        let error = transport.send(&ctx, post("https://vendor.invalid/")).await.unwrap_err();
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Timeout, false), "{error}");
        assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    }
}

#[tokio::test]
async fn no_key_follows_a_redirect_to_another_origin() {
    let thief = Server::answering(answer(200, &[], "stolen")).await;
    for status in [301, 302, 303, 307, 308] {
        let away = Server::answering(answer(status, &[("location", &thief.url("/v1"))], "")).await;
        let (seen, _) = read(&transport(), post(&away.url("/v1"))).await.unwrap();
        assert_eq!(seen, status, "the redirect itself is the answer");
    }
    assert_eq!(thief.connections(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_origin_keeps_method_and_body_or_is_not_followed() {
    let server = Server::start(|mut connection: Connection| async move {
        while let Some(request) = connection.request().await {
            let status = request.head.split(['/', ' ', '?']).nth(2).unwrap().parse().unwrap_or(200);
            let reply = match status {
                200 => {
                    answer(200, &[], format!("{}{}", request.head, String::from_utf8_lossy(&request.body)))
                }
                // For ever.
                399 => answer(307, &[("location", "/399")], ""),
                _ => answer(status, &[("location", "/there")], ""),
            };
            connection.write(reply).await;
        }
    })
    .await;
    for status in [307, 308] {
        let (seen, body) =
            read(&transport(), post(&server.url(&format!("/{status}?key=canary-query")))).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(seen, 200);
        assert!(body.starts_with("post /there ") && body.ends_with("{\"canary\":1}"), "{body}");
        assert!(body.contains("x-goog-api-key: canary-key") && !body.contains("canary-query"), "{body}");
    }
    for status in [301, 302, 303] {
        assert_eq!(read(&transport(), post(&server.url(&format!("/{status}")))).await.unwrap().0, status);
    }
    assert_eq!(read(&transport(), post(&server.url("/399"))).await.unwrap().0, 307, "a loop ends");
}

#[tokio::test]
#[allow(clippy::disallowed_types, reason = "the constructor for a client of the application is the subject")]
async fn a_client_of_the_application_works_too() {
    // reqwest panics if it is built for any provider of cryptography and the application has chosen none.
    _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let server = Server::answering(answer(200, &[], "hello")).await;
    let transport = ReqwestTransport::from(reqwest::Client::builder().no_proxy().build().unwrap());
    assert_eq!(read(&transport, get(&server.url("/"))).await.unwrap().1, "hello");
    let none = ReqwestTransport::from_clients([]);
    assert_eq!(read(&none, get(&server.url("/"))).await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::answering(answer(200, &[], "hello")).await;
    let transport = Arc::new(transport());
    for _ in 0..20 {
        read(&transport, get(&server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

/// A pooled connection may be closed while the next request is on its way. A server that saw a part of a POST may have
/// acted on it, so it never sees it again; one that closed before sees it on a new connection.
#[tokio::test]
async fn a_post_that_a_server_has_seen_is_not_sent_again() {
    for (reset, whole) in [(false, true), (true, true), (false, false)] {
        let (sender, mut seen) = mpsc::unbounded_channel();
        let server = Server::start(move |mut connection: Connection| {
            let sender = sender.clone();
            async move {
                connection.request().await;
                sender.send(()).unwrap();
                connection.write(answer(200, &[], "hello")).await;
                if whole {
                    connection.request().await;
                } else {
                    connection.stream.readable().await.unwrap();
                }
                sender.send(()).unwrap();
                if reset {
                    connection.reset();
                }
            }
        })
        .await;
        let transport = transport();
        assert_eq!(read(&transport, post(&server.url("/"))).await.unwrap().1, "hello");
        let error = read(&transport, post(&server.url("/"))).await.unwrap_err();
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, true), "{error}");
        drop(transport);
        let count = std::iter::from_fn(|| seen.try_recv().ok()).count();
        assert_eq!(count, 2, "reset {reset}, whole {whole}");
    }
    let (sender, mut closed) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection: Connection| {
        let sender = sender.clone();
        async move {
            connection.request().await;
            connection.write(answer(200, &[], "hello")).await;
            drop(connection);
            sender.send(()).unwrap();
        }
    })
    .await;
    let transport = transport();
    for _ in 0..10 {
        assert_eq!(read(&transport, post(&server.url("/"))).await.unwrap().1, "hello");
        closed.recv().await.unwrap();
    }
    assert_eq!(server.connections(), 10);
}
