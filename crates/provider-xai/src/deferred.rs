//! Answers that xAI works off when it has time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use laravel_ai_core::{
    ChatRequest, ChatResponse, Context, Error, ErrorKind, RenderedRequest, Result, Retry, Target,
};
use provider_http::wire::{Text, parse, text_of, wire};
use provider_http::{Call, Connection, Pinned, encode_segment};
use provider_openai_compat::{EncodedChat, decode_chat};

use crate::completions;
use crate::driver::Xai;
use crate::family::chat_dialect;
use crate::options::check;

const START: &str = "chat/completions";
const COLLECT: &str = "chat/deferred-completion";

/// Questions that come more often than this are no use to anyone.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// Chat completions of a model that xAI works off when it has time: a question is started, and its answer collected later, by
/// this program or another one.
///
/// Such an answer outlives the call that asked for it, so it does not pass through the layers around a model: nothing retries
/// it, and its cost is in the answer that [`Pending`] gives.
///
/// ```
/// use std::time::Duration;
///
/// use laravel_ai_core::{ChatRequest, Context, Result};
/// use provider_xai::Account;
///
/// async fn summary(account: &Account, ctx: &Context) -> Result<String> {
///     let mut pending = account.deferred("grok-4.7").start(ctx, &ChatRequest::user("Sum up the night")).await?;
///     // Keep this, and `account.resume` finds the answer again for a day.
///     let _ticket = serde_json::to_string(pending.pinned());
///     let answer = pending.collect(ctx, Duration::from_secs(10), Duration::from_secs(600)).await?;
///     Ok(answer.text())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Deferred {
    connection: Arc<Connection>,
    target: Target,
}

wire! {
    struct Started<'a> {
        id: Text<'a> = "request_id",
    } ignoring _
}

impl Deferred {
    pub(crate) fn new(connection: Arc<Connection>, model: &str) -> Self {
        let target = connection.target(model);
        Self { connection, target }
    }

    /// The request that [`start`](Self::start) sends, secrets masked.
    ///
    /// # Errors
    /// As [`encode_completion`](crate::encode_completion).
    pub fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let encoded = encode(&self.target, request)?;
        let call = Call::post(START, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.connection.client().render(&call)?.with_warnings(encoded.warnings))
    }

    /// Asks the question. From here on xAI works on it, whoever listens, and bills it.
    ///
    /// Dropped before it is ready, it may have been asked all the same, and nobody has its id.
    ///
    /// # Errors
    /// Any [`ErrorKind`], as a chat model's.
    pub async fn start(&self, ctx: &Context, request: &ChatRequest) -> Result<Pending> {
        let access = self.connection.access(ctx, &self.target).await?;
        let started = async {
            let encoded = encode(&access.target, request)?;
            let call = Call::post(START, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let client = self.connection.client();
            let answer = client.send(ctx, &call).await?;
            let text = text_of(answer.body());
            let Some(id) = parse::<Started<'_>>(&text).ok().and_then(|started| started.id.owned()) else {
                let failure = client.failure(&call, &answer);
                return Err(failure.error(ErrorKind::Decode, "the answer holds no id of a deferred answer"));
            };
            let mut pending =
                Pending::new(Arc::clone(&self.connection), Pinned::new(id, access.target.clone()));
            pending.warnings = encoded.warnings;
            Ok(pending)
        };
        started.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

fn encode(target: &Target, request: &ChatRequest) -> Result<EncodedChat> {
    check(request)?;
    completions::write(target, &request.clone().with_extra("deferred", true), false)
}

/// One question to xAI, on its way: it resolves to the answer, or to `None` while there is none.
type Question = Pin<Box<dyn Future<Output = Result<Option<ChatResponse>>> + Send>>;

/// An answer that xAI works on.
///
/// xAI keeps it for a day and gives it once. So a question for it that is on its way belongs to this value and not to the
/// future that waits: [`poll`](Self::poll) and [`collect`](Self::collect) may be dropped at any time, and the next one of them
/// goes on with the same question. Only dropping this value gives a question up, and with it an answer that has just left xAI.
///
/// ```
/// use laravel_ai_core::{Context, Result};
/// use provider_xai::{Account, Pinned};
///
/// async fn look(account: &Account, ticket: &str) -> Result<()> {
///     let Ok(pinned) = serde_json::from_str::<Pinned>(ticket) else { return Ok(()) };
///     match account.resume(pinned)?.poll(&Context::new()).await? {
///         Some(answer) => println!("{}", answer.text()),
///         None => println!("not yet"),
///     }
///     Ok(())
/// }
/// ```
pub struct Pending {
    connection: Arc<Connection>,
    pinned: Pinned,
    warnings: Vec<laravel_ai_core::Warning>,
    asked: Option<Question>,
    collected: bool,
}

impl Pending {
    fn new(connection: Arc<Connection>, pinned: Pinned) -> Self {
        Self { connection, pinned, warnings: Vec::new(), asked: None, collected: false }
    }

    pub(crate) fn resume(connection: Arc<Connection>, pinned: Pinned) -> Result<Self> {
        // Which key asks is only known when it does.
        if pinned.target.driver() != Xai::DRIVER {
            pinned.for_target("deferred", &connection.target(pinned.target.model()))?;
        }
        Ok(Self::new(connection, pinned))
    }

    /// The id of the answer and whose it is, to be kept. Whoever has it and the key can collect the answer, once.
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// Asks once whether the answer is there; `None` while xAI works on it. Cancel-safe.
    ///
    /// # Errors
    /// What the answer failed with; [`InvalidRequest`](ErrorKind::InvalidRequest) with [`PinnedElsewhere`](crate::PinnedElsewhere)
    /// as its source when the key of this call is not the one that asked, and when the answer was given before; any other
    /// [`ErrorKind`], after which it may be asked again.
    pub async fn poll(&mut self, ctx: &Context) -> Result<Option<ChatResponse>> {
        if self.collected {
            let message = "the deferred answer was collected before, and xAI gives it once";
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_possibly_billed(false));
        }
        let answer = self.question(ctx).await;
        self.asked = None;
        let Some(mut answer) = answer? else { return Ok(None) };
        self.collected = true;
        answer.warnings.splice(0..0, std::mem::take(&mut self.warnings));
        Ok(Some(answer))
    }

    /// Asks until the answer is there, with a pause of `every` in between (a second at least), for `within` at most. Cancel-safe.
    ///
    /// # Errors
    /// [`Timeout`](ErrorKind::Timeout) when time is up, that of `ctx` too: the answer can still be collected. And as
    /// [`poll`](Self::poll): the first error ends it.
    pub async fn collect(
        &mut self,
        ctx: &Context,
        every: Duration,
        within: Duration,
    ) -> Result<ChatResponse> {
        let clock = Arc::clone(self.connection.client().clock());
        let until = clock.now().checked_add(within);
        let until = [until, ctx.deadline].into_iter().flatten().min();
        loop {
            let asked = {
                let poll = std::pin::pin!(self.poll(ctx));
                match until {
                    None => Some(poll.await),
                    Some(until) => match select(poll, clock.sleep(left(until, clock.now()))).await {
                        Either::Left((answer, _)) => Some(answer),
                        Either::Right(_) => None,
                    },
                }
            };
            match asked {
                None => return Err(self.late()),
                Some(answer) => {
                    if let Some(answer) = answer? {
                        return Ok(answer);
                    }
                }
            }
            let pause = every.max(LEAST_PAUSE);
            let now = clock.now();
            if until.is_some_and(|until| left(until, now) <= pause) {
                return Err(self.late());
            }
            clock.sleep(pause).await;
        }
    }

    /// The question that is on its way, or a new one.
    fn question(&mut self, ctx: &Context) -> &mut Question {
        let (connection, pinned) = (&self.connection, &self.pinned);
        self.asked.get_or_insert_with(|| Box::pin(ask(Arc::clone(connection), pinned.clone(), ctx.clone())))
    }

    fn late(&self) -> Error {
        let message =
            "xAI has not answered the deferred question yet: collect it later, within a day of its start";
        Error::new(ErrorKind::Timeout, message)
            .with_retry(Retry::Never)
            .with_possibly_billed(true)
            .with_target(&self.pinned.target)
    }
}

fn left(until: Instant, now: Instant) -> Duration {
    until.saturating_duration_since(now)
}

async fn ask(connection: Arc<Connection>, pinned: Pinned, ctx: Context) -> Result<Option<ChatResponse>> {
    let access = connection.access(&ctx, &connection.target(pinned.target.model())).await?;
    let asked = async {
        let id = pinned.for_target("deferred", &access.target)?;
        let path = format!("{COLLECT}/{}", encode_segment(id));
        let call = Call::get(&path).with_headers(&access.headers);
        let client = connection.client();
        let answer = client.send(&ctx, call.clone()).await?;
        if answer.status() == 202 {
            return Ok(None);
        }
        let dialect = chat_dialect(access.target.model());
        let failure = || client.failure(&call, &answer);
        decode_chat(&dialect, &access.target, &answer, failure).map(Some)
    };
    asked.await.map_err(|error: Error| error.with_target(&access.target))
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("pinned", &self.pinned)
            .field("asked", &self.asked.is_some())
            .field("collected", &self.collected)
            .finish_non_exhaustive()
    }
}
