//! A vendor on loopback: hand-written HTTP/1.1, one thread, every answer built beforehand.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::machine;
use crate::payload::Payload;
use crate::scenario::{Kind, Scenario};

/// The headers that OpenAI sends; the values are made up.
const HEADERS: &str = "date: Sat, 03 Oct 2026 08:53:20 GMT\r\naccess-control-expose-headers: X-Request-ID\r\n\
    openai-organization: org-bench\r\nopenai-processing-ms: 412\r\nopenai-project: proj_bench\r\n\
    openai-version: 2020-10-01\r\nx-envoy-upstream-service-time: 428\r\nx-ratelimit-limit-requests: 10000\r\n\
    x-ratelimit-limit-tokens: 10000000\r\nx-ratelimit-remaining-requests: 9999\r\n\
    x-ratelimit-remaining-tokens: 9999897\r\nx-ratelimit-reset-requests: 6ms\r\nx-ratelimit-reset-tokens: 0s\r\n\
    x-request-id: req_0f1e2d3c4b5a69788796a5b4c3d2e1f0\r\ncf-cache-status: DYNAMIC\r\n\
    strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n\
    x-content-type-options: nosniff\r\nserver: cloudflare\r\ncf-ray: 98bd1234abcd5678-FRA\r\n\
    alt-svc: h3=\":443\"; ma=86400\r\n";

/// As much as an HTTP chunk of a coalesced answer holds.
const COALESCED: usize = 64 << 10;
/// Between two chunks that are written one by one: longer than a client needs for one.
const GAP: Duration = Duration::from_micros(40);
/// Before each chunk in the crowd.
const PACE: Duration = Duration::from_millis(100);

/// Serves until it is killed, and prints its port first.
///
/// # Errors
/// When it can't listen.
pub fn serve() -> Result<()> {
    machine::prepare(machine::Role::Vendor);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = listen()?;
        println!("{}", listener.local_addr()?.port());
        let replies: HashMap<_, _> =
            Scenario::all().into_iter().map(|scenario| (scenario.to_string(), Reply::of(scenario))).collect();
        let replies = Rc::new(replies);
        loop {
            let (stream, _) = listener.accept().await?;
            let replies = Rc::clone(&replies);
            // A client that goes away is no failure of the vendor.
            tokio::task::spawn_local(async move { answer(stream, &replies).await.ok() });
        }
    })
}

fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(4_096).context("could not listen on loopback")
}

/// An answer as it is written.
struct Reply {
    head: Vec<u8>,
    writes: Vec<Vec<u8>>,
    pause: Pause,
}

#[derive(Clone, Copy)]
enum Pause {
    None,
    Spin(Duration),
    Sleep(Duration),
}

impl Reply {
    fn of(scenario: Scenario) -> Self {
        let payload = Payload::of(scenario);
        if scenario.kind == Kind::Unary {
            return Self { head: unary(scenario), writes: Vec::new(), pause: Pause::None };
        }
        let head = head(scenario.wire.language().framing().media_type(), "transfer-encoding: chunked");
        let (pieces, pause): (Vec<Vec<u8>>, _) = match scenario.kind {
            Kind::Single | Kind::Crowd => {
                let pieces = payload.frames.into_iter().map(String::into_bytes).collect();
                let spin = scenario.kind == Kind::Single;
                (pieces, if spin { Pause::Spin(GAP) } else { Pause::Sleep(PACE) })
            }
            _ => {
                let body = payload.frames.concat();
                (body.as_bytes().chunks(COALESCED).map(<[u8]>::to_vec).collect(), Pause::None)
            }
        };
        let mut writes: Vec<_> = pieces.iter().map(|piece| http_chunk(piece)).collect();
        if let Some(last) = writes.last_mut() {
            last.extend_from_slice(b"0\r\n\r\n");
        }
        Self { head, writes, pause }
    }
}

/// A whole answer, head and body.
pub(crate) fn unary(scenario: Scenario) -> Vec<u8> {
    let body = Payload::of(scenario).frames.concat();
    let mut answer = head("application/json", &format!("content-length: {}", body.len()));
    answer.extend_from_slice(body.as_bytes());
    answer
}

fn head(content_type: &str, length: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{length}\r\n{HEADERS}\r\n").into_bytes()
}

fn http_chunk(piece: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend_from_slice(piece);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

async fn answer(mut stream: TcpStream, replies: &HashMap<String, Reply>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 << 10);
    loop {
        let Some(path) = read_request(&mut stream, &mut buffer).await? else { return Ok(()) };
        let scenario = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let Some(reply) = replies.get(scenario) else {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await?;
            continue;
        };
        stream.write_all(&reply.head).await?;
        for piece in &reply.writes {
            match reply.pause {
                Pause::None => {}
                Pause::Spin(gap) => {
                    let begun = Instant::now();
                    while begun.elapsed() < gap {
                        std::hint::spin_loop();
                    }
                }
                Pause::Sleep(pace) => tokio::time::sleep(pace).await,
            }
            stream.write_all(piece).await?;
        }
    }
}

/// Reads one request and gives its path; `None` when the client closed the connection.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<String>> {
    let total = loop {
        if let Some(total) = length(buffer).filter(|total| *total <= buffer.len()) {
            break total;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let request: Vec<u8> = buffer.drain(..total).collect();
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).split(' ').nth(1).map(str::to_owned))
}

/// Whether these bytes are a whole request.
#[cfg(feature = "ours")]
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    length(bytes).is_some_and(|total| total <= bytes.len())
}

/// The length of the request that begins with these bytes, once its head is there.
fn length(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]);
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + body.unwrap_or_default())
}

/// The root of the vendor's API for a scenario.
pub(crate) fn base_url(port: u16, scenario: Scenario) -> String {
    format!("http://127.0.0.1:{port}/{scenario}/v1")
}
