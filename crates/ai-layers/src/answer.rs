//! Answers, and what is done about them until they are complete.

use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::SystemTime;

use crate::billing::{Bill, Billed, Billing};
use crate::cache::{CachedAnswer, Keeping, Recorded, Stored};
use crate::redact::{Redacted, Redactor, Redacts as _};
use crate::spending::{Open, Settling};
use ai_costs::Sale;
use futures_core::Stream;
use laravel_ai_core::{
    ChatResponse, ChatStream, Cost, EmbeddingResponse, Error, ErrorKind, FinishReason, Partial, RateLimits,
    Result, StreamEvent, Target, Usage, Warning,
};

/// Something that a handle answers: whole, or in pieces.
pub(crate) trait Answer: Send + Sized + 'static {
    /// What a cache keeps of it.
    type Stored: Stored<Self>;

    /// Waits until nobody may start over any more; a failure before that is the error of the call.
    fn until_content(self) -> impl Future<Output = Result<Self>> + Send;

    /// With somebody who watches until the answer is complete, fails or is dropped.
    fn watched(self, watch: impl Watch) -> Self;

    /// With somebody who is told what the caller sees of it.
    fn followed(self, follow: impl Follow) -> Self;

    /// With its cost filled in; that of a stream when it ends.
    fn priced(self, billing: &Billing, at: SystemTime) -> Self {
        let _ = (billing, at);
        self
    }

    /// With its cost filled in, and its row in the ledger. What costs nothing has no bill.
    fn billed(self, bill: Bill) -> impl Future<Output = Self> + Send {
        drop(bill);
        ready(self)
    }

    /// With what it cost settled, before it is given or before its last item.
    fn settled(self, open: Open) -> impl Future<Output = Self> + Send {
        drop(open);
        ready(self)
    }

    /// That which was kept, if it is of this kind.
    fn stored(answer: &CachedAnswer) -> Option<Self::Stored> {
        let _ = answer;
        None
    }

    /// With a copy kept when it is complete.
    fn recorded(self, keeping: Keeping) -> impl Future<Output = Self> + Send {
        drop(keeping);
        ready(self)
    }

    /// Without what the redactor finds in it.
    fn redacted(self, redactor: &Redactor) -> Self {
        let _ = redactor;
        self
    }

    /// With warnings before everything else.
    fn warned(self, warnings: Vec<Warning>) -> Self {
        let _ = warnings;
        self
    }
}

/// Watches an answer. It is told of one end at most, and dropped right after; one that is dropped without an end belongs
/// to an answer that was given up.
pub(crate) trait Watch: Send + Unpin + 'static {
    /// The vendor began to answer, and reported these limits of whoever was asked.
    fn started(&mut self, served_by: &Target, limits: &RateLimits) {
        let _ = (served_by, limits);
    }

    /// The vendor calls the answer and the model so.
    fn named(&mut self, id: Option<&str>, model: Option<&str>) {
        let _ = (id, model);
    }

    /// It came whole.
    fn whole(&mut self, answer: &ChatResponse) {
        let _ = answer;
    }

    /// A piece of content passes.
    fn content(&mut self, event: &StreamEvent) {
        let _ = event;
    }

    /// Nothing is there now; an error ends the answer.
    fn pending(&mut self, cx: &mut TaskContext<'_>) -> Option<Error> {
        let _ = cx;
        None
    }

    /// It ends with an error, or with the error that is given back in its place.
    fn failed(&mut self, error: Error) -> Error {
        error
    }

    /// It is complete.
    fn finished(&mut self, facts: &mut Finished<'_>) {
        let _ = facts;
    }
}

/// Is told what the caller sees: of a stream the mended errors, and what was delivered before it was dropped.
pub(crate) trait Follow: Send + Unpin + 'static {
    fn started(&mut self, served_by: &Target);
    fn content(&mut self);
    fn finished(&mut self, facts: &Finished<'_>, whole: Option<&ChatResponse>);
    fn failed(&mut self, error: &Error);
    fn dropped(&mut self, partial: Option<Partial>);
}

/// What is known of a complete answer.
pub(crate) struct Finished<'a> {
    pub(crate) reason: Option<FinishReason>,
    pub(crate) usage: Option<&'a Usage>,
    pub(crate) cost: Option<&'a Cost>,
    pub(crate) attempts: &'a mut u32,
}

impl<'a> Finished<'a> {
    pub(crate) fn unknown(attempts: &'a mut u32) -> Self {
        Self { reason: None, usage: None, cost: None, attempts }
    }
}

/// Answers that come whole, with what they used.
macro_rules! whole {
    ($($answer:ident: $billed:ident, $sale:ident, $clean:expr, $kept:ident, $keep:expr, $id:expr, $reason:expr, $response:expr;)*) => {
        $(impl Answer for $answer {
            type Stored = Self;

            fn until_content(self) -> impl Future<Output = Result<Self>> + Send {
                ready(Ok(self))
            }

            fn watched(mut self, mut watch: impl Watch) -> Self {
                if let Some(limits) = &self.rate_limits {
                    watch.started(&self.served_by, limits);
                }
                let id: fn(&Self) -> Option<&str> = $id;
                watch.named(id(&self), self.model.as_deref());
                let response: fn(&Self) -> Option<&ChatResponse> = $response;
                response(&self).into_iter().for_each(|answer| watch.whole(answer));
                let reason: fn(&Self) -> Option<FinishReason> = $reason;
                watch.finished(&mut Finished {
                    reason: reason(&self),
                    usage: Some(&self.usage),
                    cost: self.cost.as_ref(),
                    attempts: &mut self.attempts,
                });
                self
            }

            fn followed(self, mut follow: impl Follow) -> Self {
                let reason: fn(&Self) -> Option<FinishReason> = $reason;
                let response: fn(&Self) -> Option<&ChatResponse> = $response;
                follow.started(&self.served_by);
                let facts = Finished {
                    reason: reason(&self),
                    usage: Some(&self.usage),
                    cost: self.cost.as_ref(),
                    attempts: &mut { self.attempts },
                };
                follow.finished(&facts, response(&self));
                self
            }

            fn priced(mut self, billing: &Billing, at: SystemTime) -> Self {
                if self.cost.is_none() {
                    self.cost = billing.price(None, &Sale::$sale(&self, at)).ok();
                }
                self
            }

            fn billed(self, bill: Bill) -> impl Future<Output = Self> + Send {
                bill.$billed(self)
            }

            fn settled(self, open: Open) -> impl Future<Output = Self> + Send {
                open.whole(self.cost.clone(), self)
            }

            fn stored(answer: &CachedAnswer) -> Option<Self> {
                match answer {
                    CachedAnswer::$kept(answer) => Some(answer.clone()),
                    _ => None,
                }
            }

            async fn recorded(self, keeping: Keeping) -> Self {
                let keep: fn(&Keeping, &Self) -> Option<CachedAnswer> = $keep;
                let answer = keep(&keeping, &self);
                keeping.keep(answer).await;
                self
            }

            fn redacted(mut self, redactor: &Redactor) -> Self {
                let clean: fn(&mut Self, &Redactor) = $clean;
                clean(&mut self, redactor);
                self
            }

            fn warned(mut self, mut warnings: Vec<Warning>) -> Self {
                warnings.append(&mut self.warnings);
                self.warnings = warnings;
                self
            }
        })*
    };
}

whole! {
    ChatResponse: chat, of, |answer, redactor| _ = answer.content.clean(redactor), Chat, |keeping, answer| keeping.chat(answer), |answer| answer.id.as_deref(), |answer| Some(answer.finish.reason), |answer| Some(answer);
    EmbeddingResponse: vectors, of_embeddings, |_, _| {}, Embedding, |_, answer| Some(CachedAnswer::Embedding(answer.clone())), |_| None, |_| None, |_| None;
}

impl Answer for ChatStream {
    type Stored = ChatResponse;

    fn until_content(self) -> impl Future<Output = Result<Self>> + Send {
        ChatStream::until_content(self)
    }

    fn watched(self, watch: impl Watch) -> Self {
        self.wrap(|events| Watched { events, watch: Some(watch) })
    }

    fn followed(self, follow: impl Follow) -> Self {
        let target = self.target().clone();
        ChatStream::new(target, Followed { stream: Some(self), follow })
    }

    fn priced(self, billing: &Billing, at: SystemTime) -> Self {
        let bill = Bill::open(billing.clone(), at, self.target());
        self.wrap(|events| Billed { events, bill })
    }

    fn billed(self, bill: Bill) -> impl Future<Output = Self> + Send {
        ready(self.wrap(|events| Billed { events, bill }))
    }

    fn settled(self, open: Open) -> impl Future<Output = Self> + Send {
        ready(self.wrap(|events| Settling { events, open: Some(open), last: None }))
    }

    fn stored(answer: &CachedAnswer) -> Option<ChatResponse> {
        match answer {
            CachedAnswer::Chat(answer) => Some(answer.clone()),
            _ => None,
        }
    }

    fn recorded(self, keeping: Keeping) -> impl Future<Output = Self> + Send {
        let target = self.target().clone();
        ready(self.wrap(|events| Recorded::new(events, target, keeping)))
    }

    fn redacted(self, redactor: &Redactor) -> Self {
        let redactor = redactor.clone();
        self.wrap(|events| Redacted::new(events, redactor))
    }

    fn warned(self, warnings: Vec<Warning>) -> Self {
        if warnings.is_empty() {
            return self;
        }
        self.wrap(|events| Warned { warnings: warnings.into_iter(), events })
    }
}

struct Watched<S, W> {
    events: S,
    watch: Option<W>,
}

impl<S, W> Stream for Watched<S, W>
where
    S: Stream<Item = Result<StreamEvent>> + Unpin,
    W: Watch,
{
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(watch) = &mut this.watch else { return Poll::Ready(None) };
        let error = match Pin::new(&mut this.events).poll_next(cx) {
            Poll::Ready(Some(Ok(mut event))) => {
                match &mut event {
                    StreamEvent::Start(start) => {
                        watch.named(start.id.as_deref(), start.model.as_deref());
                        start.rate_limits.iter().for_each(|limits| watch.started(&start.served_by, limits));
                    }
                    StreamEvent::Finish(finish) => {
                        watch.finished(&mut Finished {
                            reason: Some(finish.finish.reason),
                            usage: Some(&finish.usage),
                            cost: finish.cost.as_ref(),
                            attempts: &mut finish.attempts,
                        });
                        this.watch = None;
                    }
                    event if event.is_content() => watch.content(event),
                    _ => {}
                }
                return Poll::Ready(Some(Ok(event)));
            }
            Poll::Ready(Some(Err(error))) => watch.failed(error),
            Poll::Ready(None) => watch
                .failed(Error::new(ErrorKind::StreamInterrupted, "the answer ended before it was finished")),
            Poll::Pending => match watch.pending(cx) {
                Some(error) => watch.failed(error),
                None => return Poll::Pending,
            },
        };
        this.watch = None;
        Poll::Ready(Some(Err(error)))
    }
}

/// A stream whose end is told. It reads the mended stream, whose errors and drops know what was delivered.
struct Followed<F: Follow> {
    stream: Option<ChatStream>,
    follow: F,
}

impl<F: Follow> Stream for Followed<F> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
        let next = Pin::new(stream).poll_next(cx);
        match &next {
            Poll::Ready(Some(Ok(StreamEvent::Start(start)))) => this.follow.started(&start.served_by),
            Poll::Ready(Some(Ok(StreamEvent::Finish(finish)))) => {
                let facts = Finished {
                    reason: Some(finish.finish.reason),
                    usage: Some(&finish.usage),
                    cost: finish.cost.as_ref(),
                    attempts: &mut finish.attempts.max(1),
                };
                this.follow.finished(&facts, None);
                this.stream = None;
            }
            Poll::Ready(Some(Ok(event))) if event.is_content() => this.follow.content(),
            Poll::Ready(Some(Err(error))) => {
                this.follow.failed(error);
                this.stream = None;
            }
            _ => {}
        }
        next
    }
}

impl<F: Follow> Drop for Followed<F> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.follow.dropped(stream.into_partial());
        }
    }
}

/// Warnings may come before the start of a stream, so these go first.
struct Warned<S> {
    warnings: std::vec::IntoIter<Warning>,
    events: S,
}

impl<S: Stream<Item = Result<StreamEvent>> + Unpin> Stream for Warned<S> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        match self.warnings.next() {
            Some(warning) => Poll::Ready(Some(Ok(StreamEvent::Warning(Box::new(warning))))),
            None => Pin::new(&mut self.events).poll_next(cx),
        }
    }
}
