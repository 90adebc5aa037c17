//! A vendor that fails at random, on a thread of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANSWER: &str = r#"{"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}"#;
const BEGIN: &str = "data: {\"id\": \"c\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\", \"choices\": [{\"index\": 0, \"delta\": {\"content\": \"Hello\"}, \"finish_reason\": null}]}\n\n";
const END: &str = "data: {\"id\": \"c\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\", \"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \"stop\"}]}\n\ndata: [DONE]\n\n";
const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

static WELL: AtomicBool = AtomicBool::new(false);

/// From now on it does not fail.
pub(crate) fn be_well() {
    WELL.store(true, Ordering::Relaxed);
}

/// Numbers that look like chance and can be repeated (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Starts it, and gives its address.
pub(crate) fn start(seed: u64) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let mut chance = Chance::new(seed);
            while let Ok((socket, _)) = listener.accept().await {
                let own = Chance::new(chance.below(u64::MAX));
                #[expect(clippy::disallowed_methods, reason = "a server of a program that ends as a whole")]
                tokio::spawn(serve(socket, own));
            }
        });
    });
    address
}

/// Answers requests on a connection until one goes wrong, or the client goes away.
async fn serve(mut socket: TcpStream, mut chance: Chance) {
    while let Some(streamed) = request(&mut socket).await {
        if !answer(&mut socket, streamed, &mut chance).await.unwrap_or(false) {
            return;
        }
    }
}

/// Reads a request. Whether it asks for a stream; `None` when the client is gone.
async fn request(socket: &mut TcpStream) -> Option<bool> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(buffer.get(..count)?);
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(body.contains("\"stream\":true"));
        }
    }
}

/// Answers well or badly. Whether the connection can be used again.
async fn answer(socket: &mut TcpStream, streamed: bool, chance: &mut Chance) -> std::io::Result<bool> {
    let fault = if WELL.load(Ordering::Relaxed) { 0 } else { chance.below(20) };
    tokio::time::sleep(Duration::from_millis(chance.below(50))).await;
    let status = async |socket: &mut TcpStream, head: &str| {
        let body = r#"{"error": {"message": "no"}}"#;
        let text = format!(
            "HTTP/1.1 {head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(text.as_bytes()).await.map(|()| true)
    };
    match fault {
        1 => {
            socket.set_zero_linger()?;
            Ok(false)
        }
        2 => Ok(false),
        3 => status(socket, "500 Internal Server Error").await,
        4 => status(socket, "503 Service Unavailable").await,
        5 => status(socket, "429 Too Many Requests").await,
        6 => status(socket, "401 Unauthorized").await,
        7 => {
            // Nothing at all, until the client has had enough.
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(false)
        }
        8 => status(socket, "502 Bad Gateway").await.map(|_| false),
        9 if streamed => {
            socket.write_all(STREAM.as_bytes()).await?;
            socket.write_all(BEGIN.as_bytes()).await?;
            Ok(false)
        }
        10 if streamed => {
            socket.write_all(STREAM.as_bytes()).await?;
            socket.write_all(BEGIN.get(..40).unwrap_or_default().as_bytes()).await?;
            socket.set_zero_linger()?;
            Ok(false)
        }
        11 => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\": oo").await?;
            Ok(true)
        }
        _ if streamed => {
            socket.write_all(STREAM.as_bytes()).await?;
            for _ in 0..chance.below(20) {
                socket.write_all(BEGIN.as_bytes()).await?;
                tokio::time::sleep(Duration::from_millis(chance.below(10))).await;
            }
            socket.write_all(BEGIN.as_bytes()).await?;
            socket.write_all(END.as_bytes()).await?;
            Ok(false)
        }
        _ => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                ANSWER.len()
            );
            socket.write_all((head + ANSWER).as_bytes()).await?;
            Ok(true)
        }
    }
}
