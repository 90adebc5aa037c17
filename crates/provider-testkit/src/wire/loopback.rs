//! The script as an HTTP/1.1 server on a local port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{End, Open, Reply, Script};
use crate::Answer;

/// Answers until it is dropped; one request for each connection.
#[derive(Debug)]
pub(crate) struct Loopback {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Loopback {
    pub(crate) async fn start(script: Arc<Script>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        #[expect(clippy::disallowed_methods, reason = "the server ends the task when it is dropped")]
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let script = Arc::clone(&script);
                connections.spawn(async move {
                    // A client that goes away is no fault of the server.
                    let _ = serve(connection, &script).await;
                });
            }
        });
        Ok(Self { address, accepting })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut connection: TcpStream, script: &Arc<Script>) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let Some(request) = read(&mut connection).await? else { return Ok(()) };
    let _open = Open::new(script);
    let reply = script.take(request).unwrap_or_else(Reply::refused);
    let pieces = reply.pieces();
    let Some(answer) = reply.answer else {
        if reply.end == End::Stalled {
            until_closed(&mut connection).await;
        }
        return Ok(());
    };
    connection.write_all(head(&answer).as_bytes()).await?;
    for piece in pieces {
        let framed = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        connection.write_all(&framed).await?;
        script.count_piece();
        tokio::task::yield_now().await;
    }
    match reply.end {
        End::Clean => {
            connection.write_all(b"0\r\n\r\n").await?;
            connection.shutdown().await?;
        }
        End::Broken => {}
        End::Stalled => until_closed(&mut connection).await,
    }
    Ok(())
}

fn head(answer: &Answer) -> String {
    let reason = answer.status.canonical_reason().unwrap_or("Status");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status.as_u16());
    for (name, value) in &answer.headers {
        head += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head + "connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
}

async fn until_closed(connection: &mut TcpStream) {
    let mut rest = [0; 256];
    while connection.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

/// One request with a body of a declared length; `None` when the client went away before it was whole.
async fn read(connection: &mut TcpStream) -> io::Result<Option<Request<Bytes>>> {
    let mut seen = Vec::new();
    let (head, length, from) = loop {
        if let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(seen.get(..end).unwrap_or_default()).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok());
            break (head, length.unwrap_or(0), end + 4);
        }
        if connection.read_buf(&mut seen).await? == 0 {
            return Ok(None);
        }
    };
    while seen.len() < from + length {
        if connection.read_buf(&mut seen).await? == 0 {
            return Ok(None);
        }
    }
    let body = Bytes::copy_from_slice(seen.get(from..from + length).unwrap_or_default());
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut request = Request::new(body);
    if let Some(method) = first.next().and_then(|method| method.parse().ok()) {
        *request.method_mut() = method;
    }
    if let Some(uri) = first.next().and_then(|uri| uri.parse().ok()) {
        *request.uri_mut() = uri;
    }
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.trim().parse::<HeaderValue>()) {
            request.headers_mut().append(name, value);
        }
    }
    Ok(Some(request))
}
