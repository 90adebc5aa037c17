//! What of an answer is kept, and the way back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{FutureExt as _, stream};
use laravel_ai_core::{
    AssistantPart, ChatResponse, ChatStream, Clock, Cost, EmbeddingResponse, FinishReason, ModelInfo, Money,
    Provenance, RawJson, Result, StreamEvent, Target, Usage,
};
use rust_decimal::Decimal;
use serde_json::json;

use super::{CacheKey, CacheStore, Cached, CachedAnswer, Turn};

/// What is kept of an answer, before it is made an answer again.
pub(crate) trait Stored<A>: Send {
    /// The answer of this age, as one that costs nothing; and what it cost when it was made.
    fn replayed(self, age: Duration, stale: bool) -> (A, Option<Cost>);
}

/// Where an answer is put when it is complete, and who waits for that.
pub(crate) struct Keeping {
    pub(super) store: Arc<dyn CacheStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) key: CacheKey,
    pub(super) target: Option<Target>,
    pub(super) length: Duration,
    pub(super) turn: Option<Turn>,
}

impl Keeping {
    /// Keeps it, or lets everybody ask.
    pub(crate) async fn keep(mut self, answer: Option<CachedAnswer>) {
        let Some(answer) = answer else { return self.none() };
        let entry = Arc::new(Cached::new(self.clock.wall(), answer));
        if let Err(error) = self.store.keep(self.key, entry, self.length).await {
            tracing::warn!(%error, "an answer was not kept");
            if let Some(turn) = &mut self.turn {
                turn.open();
            }
        }
    }

    fn none(mut self) {
        if let Some(turn) = &mut self.turn {
            turn.open();
        }
    }

    /// The stream moves on, which those who wait for it see.
    fn step(&self) {
        if let Some(turn) = &self.turn {
            turn.step();
        }
    }

    /// The answer, if it is one to keep.
    pub(crate) fn chat(&self, answer: &ChatResponse) -> Option<CachedAnswer> {
        let plain = |part: &AssistantPart| {
            matches!(part, AssistantPart::Text(_) | AssistantPart::Reasoning(_) | AssistantPart::Native(_))
        };
        let own = self.target.as_ref().is_none_or(|target| {
            let by = &answer.served_by;
            (target.driver(), target.connection(), target.model())
                == (by.driver(), by.connection(), by.model())
        });
        let kept = own
            && answer.finish.reason == FinishReason::Stop
            && answer.content.iter().all(plain)
            && answer.content.iter().any(|part| part.as_text().is_some_and(|text| !text.is_empty()));
        kept.then(|| CachedAnswer::Chat(answer.clone()))
    }
}

/// A cost of nothing, in the currency of what it saves.
fn nothing(saved: Option<&Cost>) -> Cost {
    let money =
        saved.map_or(Money::usd(Decimal::ZERO), |saved| Money::new(Decimal::ZERO, saved.money.currency));
    Cost::new(money, Provenance::Cached)
}

fn note(age: Duration, stale: bool, saved: Option<&Cost>) -> RawJson {
    let saved = saved.map(|cost| json!({"amount": cost.money.amount, "currency": cost.money.currency}));
    RawJson::from(&json!({"age_seconds": age.as_secs(), "stale": stale, "saved": saved}))
}

impl Stored<ChatResponse> for ChatResponse {
    fn replayed(mut self, age: Duration, stale: bool) -> (ChatResponse, Option<Cost>) {
        self.metadata.insert("cache".to_owned(), note(age, stale, self.cost.as_ref()));
        let nothing = nothing(self.cost.as_ref());
        self.usage = Usage::new(0, 0);
        self.rate_limits = None;
        let saved = self.cost.replace(nothing);
        (self, saved)
    }
}

impl Stored<ChatStream> for ChatResponse {
    fn replayed(self, age: Duration, stale: bool) -> (ChatStream, Option<Cost>) {
        let (answer, saved) = <Self as Stored<ChatResponse>>::replayed(self, age, stale);
        (ChatStream::replay(answer), saved)
    }
}

impl Stored<EmbeddingResponse> for EmbeddingResponse {
    fn replayed(mut self, _: Duration, _: bool) -> (EmbeddingResponse, Option<Cost>) {
        let nothing = nothing(self.cost.as_ref());
        self.usage = Usage::new(0, 0);
        self.rate_limits = None;
        let saved = self.cost.replace(nothing);
        (self, saved)
    }
}

impl Stored<Vec<ModelInfo>> for Vec<ModelInfo> {
    fn replayed(self, _: Duration, _: bool) -> (Self, Option<Cost>) {
        (self, None)
    }
}

impl Stored<ModelInfo> for ModelInfo {
    fn replayed(self, _: Duration, _: bool) -> (Self, Option<Cost>) {
        (self, None)
    }
}

/// What is never kept.
impl<A: Send> Stored<A> for std::convert::Infallible {
    fn replayed(self, _: Duration, _: bool) -> (A, Option<Cost>) {
        match self {}
    }
}

/// A stream of which a copy is kept when it is complete.
pub(crate) struct Recorded<S> {
    events: S,
    target: Target,
    copy: Vec<StreamEvent>,
    keeping: Option<Keeping>,
    last: Option<Last>,
}

type Last = Pin<Box<dyn Future<Output = StreamEvent> + Send>>;

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Recorded<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(last) = &mut this.last {
                let event = ready!(last.as_mut().poll(cx));
                this.last = None;
                return Poll::Ready(Some(Ok(event)));
            }
            let next = ready!(Pin::new(&mut this.events).poll_next(cx));
            let Some(keeping) = &this.keeping else { return Poll::Ready(next) };
            keeping.step();
            match &next {
                Some(Ok(event)) => {
                    // A call of a tool is never kept, so those who wait for it need not.
                    if matches!(event, StreamEvent::BlockStart { kind, .. } if !matches!(kind, laravel_ai_core::BlockKind::Text | laravel_ai_core::BlockKind::Reasoning))
                    {
                        this.give_up();
                        return Poll::Ready(next);
                    }
                    this.copy.push(event.clone());
                }
                _ => {
                    this.give_up();
                    return Poll::Ready(next);
                }
            }
            let Some(Ok(event @ StreamEvent::Finish(_))) = next else { return Poll::Ready(next) };
            let (Some(keeping), copy) = (this.keeping.take(), std::mem::take(&mut this.copy)) else {
                return Poll::Ready(Some(Ok(event)));
            };
            let events = ChatStream::new(this.target.clone(), stream::iter(copy.into_iter().map(Ok)));
            let answer = events.into_response().now_or_never().and_then(Result::ok);
            let answer = answer.and_then(|answer| keeping.chat(&answer));
            this.last = Some(Box::pin(async move {
                keeping.keep(answer).await;
                event
            }));
        }
    }
}

impl<S> Recorded<S> {
    pub(crate) fn new(events: S, target: Target, keeping: Keeping) -> Self {
        keeping.step();
        Self { events, target, copy: Vec::new(), keeping: Some(keeping), last: None }
    }

    fn give_up(&mut self) {
        self.copy = Vec::new();
        if let Some(keeping) = self.keeping.take() {
            keeping.none();
        }
    }
}
