//! What only real sockets can do wrong, through the front door: refused, reset, no such host, no TLS, connections that died in
//! the pool, and callers who go away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ai::events::{EventKind, Recorder};
use ai::layers::Resilience;
use ai::{Ai, Config, Error, ErrorKind, Retry};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

/// Longer than anything here takes, and shorter than any patience.
const SOON: Duration = Duration::from_secs(5);

const ANSWER: &str = r#"{"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}"#;
const CHUNK: &str = "data: {\"id\": \"c\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\", \"choices\": [{\"index\": 0, \"delta\": {\"content\": \"Hello\"}, \"finish_reason\": null}]}\n\n";

/// A library whose connection `first` is at this address, and `second` at another, with so many tries.
fn at(first: &str, second: Option<SocketAddr>, attempts: u32) -> Ai {
    let connection = |name: &str, url: &str| {
        format!(
            "[connections.{name}]\ndriver = \"openai-compatible\"\nbase_url = \"{url}\"\napi_key = \"sk-test-real-time\"\n\
             retry = {{ attempts = {attempts}, delay = \"10ms\" }}\n"
        )
    };
    let mut toml = String::from("default_model = \"first/m\"\n") + &connection("first", first);
    if let Some(second) = second {
        toml += &connection("second", &format!("http://{second}/v1"));
    }
    Ai::builder()
        .config(Config::parse("ai.toml", &toml).unwrap())
        .resilience(Resilience::standard())
        .build()
        .unwrap()
}

/// Reads a request, head and body. `None` when the client is gone.
async fn request(socket: &mut TcpStream) -> Option<()> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(());
        }
    }
}

async fn answer(socket: &mut TcpStream) {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        ANSWER.len()
    );
    socket.write_all((head + ANSWER).as_bytes()).await.unwrap();
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A vendor that is well, for ever.
async fn well(listener: TcpListener) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        while request(&mut socket).await.is_some() {
            answer(&mut socket).await;
        }
    }
}

/// Sends once, and gives the error that has to come soon.
async fn fails(ai: &Ai) -> Error {
    timeout(SOON, ai.send("Hello")).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn a_refused_connection_is_told_at_once_and_another_vendor_asked() {
    let (gone, address) = listen().await;
    drop(gone);
    let (listener, second) = listen().await;
    let url = format!("http://{address}/v1");
    let error = fails(&at(&url, None, 1)).await;
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, false));
    assert_ne!(error.retry(), Retry::Never);
    assert!(!format!("{error:?} {error}").contains("sk-test"), "{error:?}");

    let ai = at(&url, Some(second), 2);
    let asked = async { ai.route().fallback("second/m").send("Hello").await };
    tokio::select! {
        answer = timeout(SOON, asked) => {
            // Two tries in all, as the configuration says: one of each.
            let answer = answer.expect("it hangs").unwrap();
            assert_eq!((answer.text().as_str(), answer.served_by.connection(), answer.attempts), ("Hello", "second", 2));
        }
        () = well(listener) => unreachable!(),
    }
}

#[tokio::test]
async fn a_host_that_is_none_and_a_server_without_tls_are_told_at_once() {
    let error = fails(&at("http://no-such-host.invalid/v1", None, 1)).await;
    assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, false));

    let (listener, address) = listen().await;
    let ai = at(&format!("https://{address}/v1"), None, 1);
    tokio::select! {
        error = fails(&ai) => {
            assert!(matches!(error.kind(), ErrorKind::Transport | ErrorKind::Configuration), "{error}");
            assert!(!error.possibly_billed(), "nothing was sent: {error}");
        }
        () = async {
            // It speaks HTTP, and hears a greeting of TLS.
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut greeting = [0; 5];
            let _ = socket.read(&mut greeting).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            drop(socket);
            std::future::pending::<()>().await;
        } => unreachable!(),
    }
}

#[tokio::test]
async fn a_reset_after_the_request_may_have_been_billed_and_is_tried_again() {
    let (listener, address) = listen().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let server = async {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            request(&mut socket).await;
            if seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                // Data that nobody read makes closing a reset.
                socket.set_zero_linger().unwrap();
                drop(socket);
            } else {
                answer(&mut socket).await;
            }
        }
    };
    let url = format!("http://{address}/v1");
    let calls = async {
        let error = fails(&at(&url, None, 1)).await;
        assert_eq!((error.kind(), error.possibly_billed()), (ErrorKind::Transport, true));
        seen.store(0, Ordering::Relaxed);
        let answer = timeout(SOON, at(&url, None, 2).send("Hello")).await.expect("it hangs").unwrap();
        assert_eq!((answer.text().as_str(), answer.attempts), ("Hello", 2));
    };
    tokio::select! {
        () = calls => {}
        () = server => unreachable!(),
    }
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_costs_no_call() {
    let (listener, address) = listen().await;
    let server = async {
        loop {
            // Each connection answers once, and is closed without a word, as by a restart.
            let (mut socket, _) = listener.accept().await.unwrap();
            if request(&mut socket).await.is_some() {
                answer(&mut socket).await;
            }
        }
    };
    let ai = at(&format!("http://{address}/v1"), None, 1);
    let calls = async {
        for call in 0..5 {
            let answer = timeout(SOON, ai.send("Hello")).await.expect("it hangs");
            assert_eq!(answer.unwrap().text(), "Hello", "call {call}");
            // So that the close arrives before the next call looks into the pool.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = calls => {}
        () = server => unreachable!(),
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_frees_the_socket_and_is_told_of() {
    let (listener, address) = listen().await;
    let ai = at(&format!("http://{address}/v1"), None, 1);
    let recorder = Recorder::new();
    ai.events().listen(recorder.clone());
    for streamed in [true, false] {
        recorder.clear();
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            request(&mut socket).await.unwrap();
            if streamed {
                socket
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
                    .await
                    .unwrap();
                socket.write_all(CHUNK.as_bytes()).await.unwrap();
            }
            // Nothing more is sent, so all that can come now is the end.
            let gone = timeout(SOON, socket.read(&mut [0; 16])).await.expect("the socket is held");
            assert!(matches!(gone, Ok(0) | Err(_)));
        };
        let caller = async {
            if streamed {
                let mut stream = ai.stream("Hello").await.unwrap();
                while let Some(event) = stream.next().await {
                    if event.unwrap().as_text() == Some("Hello") {
                        break;
                    }
                }
            } else {
                let begun = Instant::now();
                assert!(timeout(Duration::from_millis(100), ai.send("Hello")).await.is_err());
                assert!(begun.elapsed() < SOON);
            }
        };
        tokio::join!(server, caller);
        recorder.assert_published(|event| match &event.kind {
            EventKind::Cancelled { partial, .. } => {
                let text = partial.get().map(|partial| partial.text()).unwrap_or_default();
                text == if streamed { "Hello" } else { "" }
            }
            _ => false,
        });
    }
}
