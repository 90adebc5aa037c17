//! A loopback server in plain TCP, so that tests decide on every byte and see when a connection closes.
#![allow(
    clippy::disallowed_methods,
    reason = "a test's server runs beside the test and ends with its runtime"
)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Answers connections on a free port until the runtime of the test ends.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    connections: Arc<AtomicUsize>,
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// The head as text in lower case, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// Runs `handle` for every connection, beside each other.
    pub(crate) async fn start<F, R>(handle: F) -> Self
    where
        F: Fn(Connection) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(64 << 10).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                tokio::spawn(handle(Connection { stream, buffer: Vec::new() }));
            }
        });
        Self { address, connections }
    }

    /// Answers every request of every connection with the same bytes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut connection| {
            let answer = Arc::clone(&answer);
            async move {
                while connection.request().await.is_some() {
                    connection.write(&answer).await;
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Connection {
    /// The next request, or `None` when the client closed.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        loop {
            if let Some(request) = self.parse() {
                return Some(request);
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.buffer.extend_from_slice(&piece[..count]),
            }
        }
    }

    fn parse(&mut self) -> Option<Request> {
        let end = memchr::memmem::find(&self.buffer, b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if self.buffer.len() < end + length {
            return None;
        }
        let rest = self.buffer.split_off(end + length);
        let body = self.buffer.split_off(end);
        self.buffer = rest;
        Some(Request { head, body })
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may have left; what that means is the test's business.
        _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// The head of a chunked answer with this content type.
    pub(crate) async fn begin_chunked(&mut self, content_type: &str) {
        self.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        ))
        .await;
    }

    pub(crate) async fn chunk(&mut self, text: &str) {
        self.write(format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    pub(crate) async fn end_chunked(&mut self) {
        self.write("0\r\n\r\n").await;
    }

    /// Whether the client closed the connection, in an orderly way or by a reset, within this time.
    pub(crate) async fn closes_within(&mut self, limit: Duration) -> bool {
        let mut piece = [0; 64];
        tokio::time::timeout(limit, async {
            while matches!(self.stream.read(&mut piece).await, Ok(count) if count > 0) {}
        })
        .await
        .is_ok()
    }

    /// Closes with a reset instead of an orderly end.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }
}

/// A whole answer with this status, headers and body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    [text.as_bytes(), body].concat()
}
