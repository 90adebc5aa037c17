//! The transport that records and plays.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use laravel_ai_core::{Body, Clock, Context, Error, ErrorKind, Result, Transport};
use serde_json::Value;
use url::form_urlencoded;

use super::matching::{Mismatch, differences, told};
use super::tape::{Answer, Content, End, Exchange, Failed, Outcome, Piece, Request, Tape};
use super::{Cassette, Mode};
use crate::headers::{is_printable, mark_sensitive};

/// Headers that say what a request is; the others say who sends it.
const REQUEST_HEADERS: [&str; 1] = ["content-type"];
/// Headers of answers that are harmless and that something reads, besides those that may be printed.
const RESPONSE_HEADERS: [&str; 4] = ["content-type", "retry-after", "retry-after-ms", "x-should-retry"];
/// Headers that are never written down, whoever asks for it.
const NEVER: [&str; 2] = ["set-cookie", "set-cookie2"];
/// Parameters whose values are harmless.
const QUERY: [&str; 7] = ["alt", "limit", "after", "order", "pageSize", "pageToken", "api-version"];
/// What is shorter is no secret, and striking it out would tear words.
const SHORTEST: usize = 6;
const MASK: &str = "***";

/// Records what goes over another transport, or plays it back; see [`Cassette`].
#[derive(Clone)]
pub struct CassetteTransport {
    shared: Arc<Shared>,
}

struct Shared {
    cassette: Cassette,
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tape: Tape,
    /// Which exchanges were played; those that were recorded now count as played.
    played: Vec<bool>,
}

impl CassetteTransport {
    pub(super) fn open(cassette: Cassette, inner: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Result<Self> {
        let tape = match cassette.mode {
            Mode::Off | Mode::Record => Tape::default(),
            Mode::Auto => Tape::load(&cassette.path)?.unwrap_or_default(),
            Mode::Replay => Tape::load(&cassette.path)?.ok_or_else(|| {
                let path = cassette.path.display();
                let message =
                    format!("cassette `{path}`: there is no such file: record it first, with `Mode::Auto`");
                Error::new(ErrorKind::Configuration, message).with_possibly_billed(false)
            })?,
        };
        let played = vec![false; tape.exchanges.len()];
        let state = Mutex::new(State { tape, played });
        Ok(Self { shared: Arc::new(Shared { cassette, inner, clock, state }) })
    }

    /// How many recordings were not played.
    pub fn unplayed(&self) -> usize {
        self.shared.state().played.iter().filter(|played| !**played).count()
    }
}

#[async_trait]
impl Transport for CassetteTransport {
    async fn send(&self, ctx: &Context, mut request: http::Request<Bytes>) -> Result<Response<Body>> {
        let shared = &self.shared;
        if shared.cassette.mode == Mode::Off {
            return shared.inner.send(ctx, request).await;
        }
        mark_sensitive(request.headers_mut());
        let secrets = secrets_of(request.headers());
        let asked = shared.cassette.written(&request, &secrets);
        if shared.cassette.mode != Mode::Record {
            match shared.find(&asked) {
                Ok(outcome) => return shared.play(ctx, outcome).await,
                Err(mismatch) if shared.cassette.mode == Mode::Replay => {
                    let path = shared.cassette.path.display();
                    let message = format!("cassette `{path}`: {}", mismatch.to_string().replace('\n', ""));
                    return Err(Error::new(ErrorKind::Configuration, message)
                        .with_possibly_billed(false)
                        .with_source(mismatch));
                }
                Err(_) => {}
            }
        }
        let start = shared.clock.now();
        match shared.inner.send(ctx, request).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let headers = shared.cassette.kept(&head.headers, &secrets);
                let answer =
                    Answer { status: head.status.as_u16(), headers, body: Vec::new(), end: End::Dropped };
                let recording = Recording {
                    body: Some(body),
                    shared: Arc::clone(shared),
                    unwritten: Some((asked, answer)),
                    pieces: Vec::new(),
                    secrets,
                    start,
                };
                Ok(Response::from_parts(head, Body::stream(recording)))
            }
            Err(error) => {
                let failed = Failed {
                    kind: error.kind(),
                    message: shared.cassette.clean(error.message().to_owned(), &secrets),
                    possibly_billed: error.possibly_billed(),
                };
                shared.keep(Exchange { request: asked, outcome: Outcome::Failure(failed) })?;
                Err(error)
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an exchange and writes the file.
    fn keep(&self, exchange: Exchange) -> Result<()> {
        let mut state = self.state();
        state.tape.exchanges.push(exchange);
        state.played.push(true);
        state.tape.save(&self.cassette.path)
    }

    /// The first recording of this meaning that was not played.
    fn find(&self, asked: &Request) -> Result<Outcome, Mismatch> {
        let mut state = self.state();
        let State { tape, played } = &mut *state;
        let mut nearest: Option<(usize, Vec<super::Difference>)> = None;
        for (index, (exchange, played)) in tape.exchanges.iter().zip(played.iter_mut()).enumerate() {
            let found = differences(&exchange.request, asked);
            if found.is_empty() && !*played {
                *played = true;
                return Ok(exchange.outcome.clone());
            }
            let nearer = match &nearest {
                None => true,
                Some((_, best)) => !*played && found.len() < best.len() || found.is_empty(),
            };
            if nearer {
                nearest = Some((index + 1, found));
            }
        }
        Err(Mismatch {
            asked: format!("{} {}", asked.method, asked.url),
            nearest: nearest.as_ref().map(|(number, _)| *number),
            differences: told(nearest.map(|(_, found)| found).unwrap_or_default()),
        })
    }

    async fn play(self: &Arc<Self>, ctx: &Context, outcome: Outcome) -> Result<Response<Body>> {
        let start = self.clock.now();
        ctx.remaining(start)?;
        let answer = match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Failure(failed) => {
                return Err(
                    Error::new(failed.kind, failed.message).with_possibly_billed(failed.possibly_billed)
                );
            }
        };
        let status = StatusCode::from_u16(answer.status).map_err(|_| {
            let path = self.cassette.path.display();
            let message = format!("cassette `{path}`: {} is no status", answer.status);
            Error::new(ErrorKind::Configuration, message)
        })?;
        let mut response = Response::new(());
        *response.status_mut() = status;
        for (name, values) in &answer.headers {
            for value in values {
                if let (Ok(name), Ok(value)) =
                    (name.parse::<header::HeaderName>(), HeaderValue::from_str(value))
                {
                    response.headers_mut().append(name, value);
                }
            }
        }
        let pieces: Vec<(Duration, Bytes)> =
            answer.body.iter().flat_map(|piece| self.pieces(piece)).collect();
        let broken = (answer.end != End::Complete)
            .then(|| Error::new(ErrorKind::Transport, "the recorded answer breaks off here"));
        let (shared, deadline) = (Arc::clone(self), ctx.deadline);
        let played = futures_util::stream::iter(pieces).then(move |(after, bytes)| {
            let shared = Arc::clone(&shared);
            async move {
                let due = start.checked_add(after).unwrap_or(start);
                shared.wait_until(due, deadline).await.map(|()| bytes)
            }
        });
        let end = futures_util::stream::iter(broken.map(Err));
        Ok(response.map(|()| Body::stream(UntilError(Some(Box::pin(played.chain(end)))))))
    }

    async fn wait_until(&self, due: Instant, deadline: Option<Instant>) -> Result<()> {
        let end = deadline.map_or(due, |deadline| deadline.min(due));
        let left = end.saturating_duration_since(self.clock.now());
        if !left.is_zero() {
            self.clock.sleep(left).await;
        }
        if end < due {
            return Err(Error::new(ErrorKind::Timeout, "the deadline of the call has passed"));
        }
        Ok(())
    }

    fn pieces(&self, piece: &Piece) -> Vec<(Duration, Bytes)> {
        let after =
            piece.after_ms.filter(|_| self.cassette.timing).map_or(Duration::ZERO, Duration::from_millis);
        let mut rest = piece.bytes();
        let length = self.cassette.split.unwrap_or(rest.len()).max(1);
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            pieces.push((after, rest.split_to(length.min(rest.len()))));
        }
        pieces
    }
}

/// Ends after the first error, as every body does.
struct UntilError(Option<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>>);

impl Stream for UntilError {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.0 else { return Poll::Ready(None) };
        let item = std::task::ready!(stream.as_mut().poll_next(cx));
        if !matches!(item, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(item)
    }
}

impl Cassette {
    /// The request as it stands in the file.
    fn written(&self, request: &http::Request<Bytes>, secrets: &[String]) -> Request {
        let uri = request.uri();
        let authority = uri.authority().map(|authority| {
            let text = authority.as_str();
            // What stands before an `@` is a credential.
            text.rsplit_once('@').map_or(text, |(_, host)| host)
        });
        let scheme = uri.scheme_str().unwrap_or("http");
        let url = format!("{scheme}://{}{}", authority.unwrap_or_default(), uri.path());
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let open = QUERY.contains(&&*name) || self.query.iter().any(|known| *known == name);
            let value = if open { self.clean(value.into_owned(), secrets) } else { MASK.to_owned() };
            query.entry(name.into_owned()).or_default().push(value);
        }
        let mut headers = BTreeMap::new();
        for (name, value) in request.headers() {
            let name = name.as_str();
            let named =
                REQUEST_HEADERS.contains(&name) || self.request_headers.iter().any(|known| known == name);
            if named && !value.is_sensitive() {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                headers.insert(name.to_owned(), self.clean(without_boundary(text), secrets));
            }
        }
        Request {
            method: request.method().to_string(),
            url: self.clean(url, secrets),
            query,
            headers,
            body: self.body(request.headers(), request.body(), secrets),
        }
    }

    fn body(&self, headers: &HeaderMap, bytes: &Bytes, secrets: &[String]) -> Content {
        let Ok(text) = std::str::from_utf8(bytes) else { return Content::of(bytes) };
        if text.is_empty() {
            return Content::Empty;
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = content_type.and_then(boundary_of);
        let text = match boundary {
            // Made up for each request.
            Some(boundary) => text.replace(boundary, "boundary"),
            None => text.to_owned(),
        };
        let text = self.clean(text, secrets);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => Content::Json(value),
            Err(_) => Content::Text(text),
        }
    }

    /// The headers of an answer that may be written down.
    fn kept(&self, headers: &HeaderMap, secrets: &[String]) -> BTreeMap<String, Vec<String>> {
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in headers {
            let text = name.as_str();
            let named = RESPONSE_HEADERS.contains(&text)
                || is_printable(name)
                || self.response_headers.iter().any(|known| known == text);
            // The body is written down unpacked and whole.
            let framing =
                [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING].contains(name);
            if named && !framing && !NEVER.contains(&text) && !value.is_sensitive() {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                kept.entry(text.to_owned()).or_default().push(self.clean(value, secrets));
            }
        }
        kept
    }

    /// Text without the secrets of the request, and as the user's redactions leave it.
    fn clean(&self, text: String, secrets: &[String]) -> String {
        let text = secrets.iter().fold(text, |text, secret| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), MASK),
            false => text,
        });
        self.redact(text)
    }

    /// The pieces of an answer as they are written down: one, unless times are kept and cleaning changes nothing that
    /// lies across them.
    fn pieces(&self, pieces: Vec<(Duration, Bytes)>, secrets: &[String]) -> Vec<Piece> {
        let whole: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
        if whole.is_empty() {
            return Vec::new();
        }
        let milliseconds = |after: Duration| u64::try_from(after.as_millis()).ok();
        let first = pieces.first().and_then(|(after, _)| milliseconds(*after)).filter(|_| self.timing);
        let Ok(text) = std::str::from_utf8(&whole) else {
            // No text: nothing to clean but the secrets, byte for byte.
            let cleaned =
                secrets.iter().fold(Bytes::from(whole), |bytes, secret| strike(bytes, secret.as_bytes()));
            return vec![Piece::new(first, &cleaned)];
        };
        let cleaned = self.clean(text.to_owned(), secrets);
        if !self.timing || cleaned != text {
            return vec![Piece::new(first, cleaned.as_bytes())];
        }
        pieces.iter().map(|(after, bytes)| Piece::new(milliseconds(*after), bytes)).collect()
    }
}

fn strike(bytes: Bytes, secret: &[u8]) -> Bytes {
    if memchr::memmem::find(&bytes, secret).is_none() {
        return bytes;
    }
    let mut struck = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_ref();
    while let Some(at) = memchr::memmem::find(rest, secret) {
        let (before, after) = rest.split_at(at);
        struck.extend_from_slice(before);
        struck.extend_from_slice(MASK.as_bytes());
        rest = after.get(secret.len()..).unwrap_or_default();
    }
    struck.extend_from_slice(rest);
    struck.into()
}

/// The values of sensitive headers, and of `Bearer <key>` the key.
fn secrets_of(headers: &HeaderMap) -> Vec<String> {
    let sensitive = headers.values().filter(|value| value.is_sensitive());
    let texts = sensitive.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    texts
        .filter_map(|text| text.rsplit(' ').next())
        .filter(|secret| secret.len() >= SHORTEST)
        .map(str::to_owned)
        .collect()
}

fn boundary_of(content_type: &str) -> Option<&str> {
    let (_, after) = content_type.split_once("boundary=")?;
    Some(after.split(';').next()?.trim().trim_matches('"')).filter(|boundary| boundary.len() >= SHORTEST)
}

fn without_boundary(content_type: String) -> String {
    match boundary_of(&content_type).map(str::to_owned) {
        Some(boundary) => content_type.replace(&boundary, "boundary"),
        None => content_type,
    }
}

/// A body that is read by somebody and written down on the way.
struct Recording {
    body: Option<Body>,
    shared: Arc<Shared>,
    unwritten: Option<(Request, Answer)>,
    pieces: Vec<(Duration, Bytes)>,
    secrets: Vec<String>,
    start: Instant,
}

impl Recording {
    fn finish(&mut self, end: End) -> Result<()> {
        self.body = None;
        let Some((request, mut answer)) = self.unwritten.take() else { return Ok(()) };
        answer.body = self.shared.cassette.pieces(std::mem::take(&mut self.pieces), &self.secrets);
        answer.end = end;
        self.shared.keep(Exchange { request, outcome: Outcome::Answer(answer) })
    }
}

impl Stream for Recording {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        match std::task::ready!(Pin::new(body).poll_next(cx)) {
            Some(Ok(piece)) => {
                let after = this.shared.clock.now().saturating_duration_since(this.start);
                this.pieces.push((after, piece.clone()));
                Poll::Ready(Some(Ok(piece)))
            }
            Some(Err(error)) => {
                // The call has failed already; that its recording can't be written is not the news.
                let _ = this.finish(End::Broken);
                Poll::Ready(Some(Err(error)))
            }
            None => Poll::Ready(this.finish(End::Complete).err().map(Err)),
        }
    }
}

impl Drop for Recording {
    /// What was read is written down even where nobody reads on. It blocks for as long as a small file takes, which only a
    /// program that records does.
    fn drop(&mut self) {
        let _ = self.finish(End::Dropped);
    }
}

impl fmt::Debug for CassetteTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CassetteTransport")
            .field("cassette", &self.shared.cassette)
            .field("inner", &self.shared.inner)
            .finish_non_exhaustive()
    }
}
