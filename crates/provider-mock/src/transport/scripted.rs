//! A transport that answers from a script.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use laravel_ai_core::{Body, Clock, Context, Error, ErrorKind, Result, Transport};

use super::body::{Open, Patience, Reading};
use super::recorded::{RecordedHttp, destination};
use super::wire_reply::{Head, WireReply};
use crate::TestClock;
use crate::assertions::fail;
use crate::recorded::plural;
use crate::rules::{Exhausted, Fits, Rules};

/// A transport that answers from a script, fails in scripted ways, and records what was sent. For tests of drivers
/// on the wire, and of what layers make of a broken network.
///
/// Limits and deadlines of the call hold, and time is the clock's, so a stall of a minute is tested in no time.
/// Clones share script and records.
///
/// ```
/// use bytes::Bytes;
/// use laravel_ai_core::{Context, Transport};
/// use provider_mock::{ScriptedTransport, WireReply};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = ScriptedTransport::new();
/// transport.when(|sent| sent.path().ends_with("/models")).reply(json!({"data": []}));
/// transport.sequence([WireReply::status(429).header("retry-after", "2"), WireReply::json(&json!({"ok": true}))]);
///
/// let request = http::Request::post("https://api.example.com/v1/chat").body(Bytes::from("{}"))?;
/// let response = transport.send(&Context::new(), request).await?;
/// assert_eq!(response.status(), 429);
/// transport.assert_sent(|sent| sent.path() == "/v1/chat" && sent.json().is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ScriptedTransport {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    open: Arc<AtomicUsize>,
    delivered: Arc<AtomicUsize>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) rules: Arc<Rules<Accepts, WireReply>>,
    sent: Vec<RecordedHttp>,
}

#[derive(Clone)]
pub(super) struct Accepts(pub(super) Arc<dyn Fn(&RecordedHttp) -> bool + Send + Sync>);

impl Fits for Accepts {
    type Request = RecordedHttp;

    fn fits(&self, sent: &RecordedHttp) -> bool {
        (self.0)(sent)
    }
}

impl ScriptedTransport {
    /// A transport without a script, which fails every request.
    pub fn new() -> Self {
        Self {
            clock: Arc::new(TestClock::new()),
            state: Arc::default(),
            open: Arc::default(),
            delivered: Arc::default(),
        }
    }

    /// With this clock for pauses and limits in place of a [`TestClock`].
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The requests so far, in their order.
    pub fn recorded(&self) -> Vec<RecordedHttp> {
        self.state().sent.clone()
    }

    /// How many bodies are neither read to their end nor dropped: connections that are still held.
    pub fn open_bodies(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How many chunks readers have taken from all bodies together: what shows that a stream is read lazily.
    pub fn chunks_delivered(&self) -> usize {
        self.delivered.load(Ordering::SeqCst)
    }

    /// Demands that some request is as `expected`.
    ///
    /// # Panics
    /// When none is, with a list of what was sent.
    #[track_caller]
    pub fn assert_sent(&self, expected: impl Fn(&RecordedHttp) -> bool) {
        let sent = self.recorded();
        if !sent.iter().any(expected) {
            fail("an expected request was not sent", &sent);
        }
    }

    /// Demands that so many requests were sent.
    ///
    /// # Panics
    /// When it is another number, with a list of what was sent.
    #[track_caller]
    pub fn assert_sent_count(&self, count: usize) {
        let sent = self.recorded();
        if sent.len() != count {
            let (requests, made) = (plural(count, "request"), sent.len());
            fail(&format!("expected {count} {requests}, but {made} were sent"), &sent);
        }
    }

    /// Demands that nothing was sent.
    ///
    /// # Panics
    /// When something was, with a list of it.
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        let sent = self.recorded();
        if !sent.is_empty() {
            fail("expected that nothing is sent", &sent);
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn choose(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<WireReply> {
        let (sent, rules) = {
            let mut state = self.state();
            let (number, context) = (state.sent.len() + 1, ctx.clone());
            let sent = RecordedHttp { number, context, request: Arc::new(request) };
            state.sent.push(sent.clone());
            (sent, Arc::clone(&state.rules))
        };
        let destination = || destination(&sent.request);
        let Some((_, script)) = rules.find(&sent) else {
            let (count, rules) = (rules.matched.len(), plural(rules.matched.len(), "rule"));
            let message = format!("no scripted reply is for {}: none of {count} {rules} fits", destination());
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        script.next(&sent).map_err(|Exhausted(count)| {
            let message =
                format!("no reply is left for {}: the sequence has {count}; script more", destination());
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl Default for ScriptedTransport {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(&self, ctx: &Context, request: http::Request<Bytes>) -> Result<http::Response<Body>> {
        ctx.remaining(self.clock.now())?;
        let reply = self.choose(ctx, request)?;
        let connecting = (ctx.timeouts.connect, "the connection was not made in time");
        let answering = (ctx.timeouts.idle, "the provider did not answer in time");
        let mut patience = Patience {
            clock: Arc::clone(&self.clock),
            deadline: ctx.deadline,
            limit: ctx.timeouts.idle,
            quiet: Duration::ZERO,
        };
        let (status, headers) = match reply.head {
            Head::StallConnecting => {
                patience.limit = connecting.0;
                let unbilled = |error: Error| error.with_possibly_billed(false);
                patience.wait(None, connecting.1).await.map_err(unbilled)?;
                return Err(Error::new(ErrorKind::Timeout, connecting.1));
            }
            Head::StallAnswering => {
                patience.wait(None, answering.1).await?;
                return Err(Error::new(ErrorKind::Timeout, answering.1));
            }
            Head::Error(error) => {
                patience.wait(Some(reply.delay), answering.1).await?;
                return Err(error);
            }
            Head::Status { status, headers } => (status, headers),
        };
        patience.wait(Some(reply.delay), answering.1).await?;
        patience.quiet = Duration::ZERO;
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let open = Open::new(Arc::clone(&self.open));
        let reading =
            Reading { steps: reply.steps.into(), patience, open, delivered: Arc::clone(&self.delivered) };
        let body = stream::unfold(reading, |mut reading| async {
            reading.next().await.map(|chunk| (chunk, reading))
        });
        response.body(Body::stream(body)).map_err(|e| {
            Error::new(
                ErrorKind::Configuration,
                format!("a scripted reply has a head that can't be sent: {e}"),
            )
        })
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport")
            .field("sent", &self.state().sent.len())
            .field("open_bodies", &self.open_bodies())
            .finish_non_exhaustive()
    }
}
