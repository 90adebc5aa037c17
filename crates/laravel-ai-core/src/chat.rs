//! Chat models.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Capabilities, ChatRequest, ChatResponse, ChatStream, Context, RenderedRequest, Result, Target};

/// A model that answers conversations, ready to be asked: what a vendor implements and what a layer wraps.
///
/// # Contract for implementers
/// * One call is one *step*: a driver never runs tools and never loops.
/// * `chat` and `stream` give the same answer for the same bytes of the vendor.
/// * A stream keeps the [law](crate::StreamEvent). It reads lazily, and dropping it closes the connection.
/// * Dropping a future cancels the call; nothing keeps running.
/// * Never retries, prices, caches, publishes, fetches media, or reads the environment.
/// * What can't be sent is an error before anything is sent, or a typed warning; nothing is dropped silently.
/// * What is not understood in an answer is kept ([`AssistantPart::Native`](crate::AssistantPart::Native) or
///   [`Unknown`](crate::AssistantPart::Unknown)) with a warning; an unknown field or event is never an error.
/// * State for the vendor goes back to the target that made it unchanged, and to no other.
/// * Every error has a kind, and a retry class where the vendor says more than the kind does.
///
/// # Contract for wrappers
/// A wrapped model is a model. Forward every method: there are no defaults, so that none can be forgotten, and
/// wrappers deny `clippy::missing_trait_methods`. Pass `request` on as it is, or change a copy with
/// [`Arc::make_mut`].
#[async_trait]
pub trait ChatModel: Debug + Send + Sync + 'static {
    /// Who answers.
    fn target(&self) -> &Target;

    /// What the model can do, from data and without I/O.
    fn capabilities(&self) -> &Capabilities;

    /// The exact HTTP request that `chat` would send, with secrets masked. Sends nothing.
    ///
    /// # Errors
    /// Those of encoding: [`InvalidRequest`](crate::ErrorKind::InvalidRequest) and
    /// [`Unsupported`](crate::ErrorKind::Unsupported).
    fn render(&self, ctx: &Context, request: &ChatRequest) -> Result<RenderedRequest>;

    /// Asks and waits for the whole answer.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); see there which may be repeated.
    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse>;

    /// Asks and gives back the stream as soon as the vendor begins to answer, so that a refusal is the error of
    /// this call and not of the stream.
    ///
    /// # Errors
    /// As [`chat`](Self::chat); later failures come as the last item of the stream.
    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream>;
}
