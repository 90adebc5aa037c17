//! Whom a failover may ask.

use std::fmt;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_core::Stream;
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, ChatStream, Error, ErrorKind, ProviderOptions, Result, StreamEvent,
    Warning,
};

use crate::answer::Answer;

type Adapt = Arc<dyn Fn(&mut ChatRequest) + Send + Sync>;

/// A connection, a model and options: what a [`Failover`](crate::Failover) asks.
///
/// ```
/// use ai_layers::Candidate;
/// use laravel_ai_core::Provider;
/// use provider_mock::Mock;
///
/// # fn main() -> laravel_ai_core::Result<()> {
/// let candidate = Candidate::new(Mock::new().chat_model("small")?).with(|request| request.reasoning = None);
/// assert!(format!("{candidate:?}").contains("small"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Candidate {
    pub(super) model: Arc<dyn ChatModel>,
    adapt: Vec<Adapt>,
}

impl Candidate {
    /// This model of this connection, asked with the request as it is.
    pub fn new(model: Arc<dyn ChatModel>) -> Self {
        Self { model, adapt: Vec::new() }
    }

    /// With the request changed for it.
    pub fn with(mut self, adapt: impl Fn(&mut ChatRequest) + Send + Sync + 'static) -> Self {
        self.adapt.push(Arc::new(adapt));
        self
    }

    /// With options of its vendor, in place of those of the request for the same driver.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when the options have no JSON form.
    pub fn with_options<O: ProviderOptions + Send + Sync + 'static>(self, options: O) -> Result<Self> {
        ChatRequest::default().with_options(&options)?;
        Ok(self.with(move |request| {
            // They have a JSON form: it was tried above.
            let _ = request.provider_options.set(&options);
        }))
    }

    /// The request as this candidate is asked, and what is lost by that.
    pub(super) fn adapt(
        &self,
        request: &Arc<ChatRequest>,
        moved: bool,
    ) -> Result<(Arc<ChatRequest>, Vec<Warning>)> {
        let target = self.model.target();
        let (mut request, warnings) = match moved {
            true => Arc::clone(request).portable_to(target),
            false => (Arc::clone(request), Vec::new()),
        };
        if let (true, Some(warning)) = (request.strict, warnings.first()) {
            let message = format!("{warning} (warnings are errors for this request)");
            return Err(Error::new(ErrorKind::Unsupported, message).with_target(target));
        }
        if !self.adapt.is_empty() {
            let request = Arc::make_mut(&mut request);
            self.adapt.iter().for_each(|adapt| adapt(request));
        }
        Ok((request, warnings))
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("target", self.model.target()).finish_non_exhaustive()
    }
}

pub(super) type IsBad = dyn Fn(&ChatResponse) -> bool + Send + Sync;

/// An answer that can be looked at before the caller has it.
pub(super) trait Judged: Answer {
    /// Says whether it is as `is_bad` has it, and gives it back as it was.
    fn judge(self, is_bad: &IsBad) -> impl Future<Output = Result<(Self, bool)>> + Send;
}

impl Judged for ChatResponse {
    fn judge(self, is_bad: &IsBad) -> impl Future<Output = Result<(Self, bool)>> + Send {
        let is_bad = is_bad(&self);
        ready(Ok((self, is_bad)))
    }
}

impl Judged for ChatStream {
    async fn judge(mut self, is_bad: &IsBad) -> Result<(Self, bool)> {
        let target = self.target().clone();
        // It was read up to its first content or its end, so these events are there without a wait.
        let mut read = Vec::new();
        loop {
            match poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
                Some(Ok(event)) => {
                    let (content, end) = (event.is_content(), matches!(event, StreamEvent::Finish(_)));
                    read.push(Ok(event));
                    if content {
                        let events = Again { read: read.into_iter(), rest: Some(self) };
                        return Ok((ChatStream::new(target, events).until_content().await?, false));
                    }
                    if end {
                        let again = |read: Vec<_>, rest| Again { read: read.into_iter(), rest };
                        let whole = ChatStream::new(target.clone(), again(read.clone(), Some(self)));
                        let is_bad = is_bad(&whole.into_response().await?);
                        let again = ChatStream::new(target, again(read, None));
                        return Ok((again.until_content().await?, is_bad));
                    }
                }
                Some(Err(error)) => return Err(error),
                None => {
                    return Err(Error::new(ErrorKind::StreamInterrupted, "the answer ended before it began"));
                }
            }
        }
    }
}

/// Events that were read, then the rest.
struct Again {
    read: std::vec::IntoIter<Result<StreamEvent>>,
    rest: Option<ChatStream>,
}

impl Stream for Again {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        match (self.read.next(), &mut self.rest) {
            (Some(event), _) => Poll::Ready(Some(event)),
            (None, Some(rest)) => Pin::new(rest).poll_next(cx),
            (None, None) => Poll::Ready(None),
        }
    }
}
