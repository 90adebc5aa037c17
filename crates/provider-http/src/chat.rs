//! A chat model made of a driver's codec.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::iter;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind, Opaque,
    RawJson, RenderedRequest, ResponseStart, Result, StreamEvent, Target, Warning, Warnings,
};

use crate::{Access, Call, Connection, Failure, FrameDecoder, Framer, chat_stream};

/// What a driver writes of a chat model: requests to bytes, and frames to events. Nothing waits and nothing is sent; the
/// rest is [`HttpChatModel`].
///
/// # Contract
///
/// * What is left out or changed is a [warning](Ask::warnings) or an error; [`ChatRequest::options`] names what is given.
/// * A whole answer is read by the decoder that reads streams: it comes as one frame, to be read as the frames that would
///   have streamed it, so that both forms of an answer are the same.
///
/// ```
/// use std::collections::VecDeque;
///
/// use laravel_ai_core::{BlockId, BlockKind, Finish, FinishReason, ResponseFinish, Result, StreamEvent, Usage};
/// use provider_http::{Ask, ChatCodec, EncodedRequest, Form, Frame, FrameDecoder, Head};
///
/// /// Sends the last text, and takes each frame for a piece of the answer; a full stop is its end.
/// #[derive(Debug)]
/// struct Words;
///
/// impl ChatCodec for Words {
///     type Decoder = Reader;
///
///     fn encode(&self, ask: &mut Ask<'_>) -> Result<EncodedRequest> {
///         let text = ask.request.messages.last().map(|message| message.text());
///         let body = serde_json::json!({"text": text, "stream": ask.form == Form::Streamed});
///         Ok(EncodedRequest::new("words", body.to_string()))
///     }
///
///     fn decoder(&self, head: Head) -> Reader {
///         Reader(head)
///     }
/// }
///
/// #[derive(Debug)]
/// struct Reader(Head);
///
/// impl FrameDecoder for Reader {
///     fn decode(&mut self, frame: &Frame<'_>, events: &mut VecDeque<StreamEvent>) -> Result<()> {
///         let block = BlockId::new(0);
///         if let Some(start) = self.0.begin() {
///             events.extend([start, StreamEvent::BlockStart { block, kind: BlockKind::Text }]);
///         }
///         events.push_back(StreamEvent::TextDelta { block, text: frame.data().to_owned() });
///         if frame.data().ends_with('.') {
///             events.push_back(StreamEvent::BlockEnd { block, opaque: None });
///             let finish = ResponseFinish::new(Finish::new(FinishReason::Stop), Usage::default());
///             events.push_back(StreamEvent::Finish(Box::new(finish)));
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait ChatCodec: Debug + Send + Sync + 'static {
    /// The decoder of an answer.
    type Decoder: FrameDecoder;

    /// The request in the vendor's words.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for what no model takes, `Unsupported` for what this one doesn't.
    fn encode(&self, ask: &mut Ask<'_>) -> Result<EncodedRequest>;

    /// What reads one answer.
    fn decoder(&self, head: Head) -> Self::Decoder;

    /// What cuts a stream into frames: server-sent events, unless a driver says otherwise.
    fn framer(&self) -> Framer {
        Framer::sse()
    }
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an answer comes at once or bit by bit, and codecs tell the two apart"
)]
pub enum Form {
    /// In one piece.
    Whole,
    /// As a stream.
    Streamed,
}

/// What is asked of a codec. What is the same for every vendor is done already: the request was
/// [validated](ChatRequest::validate), state that belongs to another model or key was dropped, and options that are meant
/// for another driver were told of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The model, with the key of this call.
    pub target: &'a Target,
    /// What is to be said to it.
    pub request: &'a ChatRequest,
    /// How the answer is to come.
    pub form: Form,
    /// What differs from what was asked; an error for a strict request.
    pub warnings: Warnings,
}

/// A request as it is sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncodedRequest {
    /// The path below the base URL, encoded.
    pub path: Cow<'static, str>,
    /// Query parameters, not encoded.
    pub query: &'static [(&'static str, &'static str)],
    /// The JSON to send.
    pub body: Bytes,
}

impl EncodedRequest {
    /// This JSON, posted to `path`.
    pub fn new(path: impl Into<Cow<'static, str>>, body: impl Into<Bytes>) -> Self {
        Self { path: path.into(), query: &[], body: body.into() }
    }

    /// With query parameters.
    #[must_use]
    pub fn with_query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    fn call<'a>(&'a self, request: &'a ChatRequest) -> Call<'a> {
        let call = Call::post(&self.path, self.body.clone()).with_query(self.query);
        call.with_extra_headers(request.extra_headers.as_map())
    }
}

/// What is known of an answer before its first byte.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head {
    /// Who answers, with limits and request id where the vendor said them. A decoder whose frames say the answer's id
    /// and model adds them before it [begins](Self::begin).
    pub start: ResponseStart,
    /// How the answer comes.
    pub form: Form,
    /// The answer as a failure with an empty body: what an error object in a frame is told
    /// [with](Failure::with_body).
    pub failure: Arc<Failure>,
    begun: bool,
}

impl Head {
    /// The event that begins an answer, the first time that it is asked for.
    pub fn begin(&mut self) -> Option<StreamEvent> {
        let first = !std::mem::replace(&mut self.begun, true);
        first.then(|| StreamEvent::Start(Box::new(self.start.clone())))
    }

    /// State that goes back to who answers, and to nobody else.
    #[must_use]
    pub fn opaque(&self, data: RawJson) -> Opaque {
        Opaque::new(self.start.served_by.clone(), data)
    }
}

/// A [`ChatModel`] that speaks a vendor's language by its [`ChatCodec`].
///
/// It asks the [`Connection`] for the key of each call, sends, checks the status, and drives the decoder; errors say which
/// target failed.
#[derive(Debug)]
pub struct HttpChatModel<C> {
    connection: Arc<Connection>,
    codec: C,
    target: Target,
    capabilities: Capabilities,
}

impl<C: ChatCodec> HttpChatModel<C> {
    /// The model of this name, reached by a connection. That it streams is known; everything else of it is not.
    pub fn new(connection: Arc<Connection>, codec: C, model: &str) -> Self {
        let target = connection.target(model);
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Some(true);
        Self { connection, codec, target, capabilities }
    }

    /// With what is known of the model.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    /// What a request is in the vendor's words, and what differs from what was asked.
    fn encode(
        &self,
        target: &Target,
        request: Arc<ChatRequest>,
        form: Form,
    ) -> Result<(EncodedRequest, Vec<Warning>)> {
        request.validate()?;
        let mut warnings = Warnings::new(request.strict);
        warnings.extend(request.provider_options.foreign_to(target.driver()))?;
        let (request, dropped) = request.portable_to(target);
        warnings.extend(dropped)?;
        let mut ask = Ask { target, request: &request, form, warnings };
        let encoded = self.codec.encode(&mut ask)?;
        ask.warnings.extend(self.capabilities.doubts(ask.request)?)?;
        Ok((encoded, ask.warnings.into_vec()))
    }

    async fn whole(
        &self,
        ctx: &Context,
        access: &Access,
        request: &Arc<ChatRequest>,
    ) -> Result<ChatResponse> {
        let (encoded, warnings) = self.encode(&access.target, Arc::clone(request), Form::Whole)?;
        let call = encoded.call(request).with_headers(&access.headers);
        let client = self.connection.client();
        let answer = client.send(ctx, &call).await?;
        let failure = Arc::new(client.failure(&call, &answer).with_body(Bytes::new()));
        let mut decoder = self.codec.decoder(head(access, failure, Form::Whole));
        let mut events = VecDeque::new();
        let read = read(&mut decoder, answer.into_body(), &mut events);
        let events = iter(events.into_iter().map(Ok).chain(read.err().map(Err)));
        let mut response = ChatStream::new(access.target.clone(), events).into_response().await?;
        response.warnings.splice(0..0, warnings);
        Ok(response)
    }

    async fn streamed(
        &self,
        ctx: &Context,
        access: &Access,
        request: &Arc<ChatRequest>,
    ) -> Result<ChatStream> {
        let (encoded, warnings) = self.encode(&access.target, Arc::clone(request), Form::Streamed)?;
        let call = encoded.call(request).with_headers(&access.headers);
        let reader = self.connection.client().stream(ctx, call, self.codec.framer()).await?;
        let decoder = self.codec.decoder(head(access, Arc::clone(reader.failure()), Form::Streamed));
        let stream = chat_stream(access.target.clone(), reader, decoder);
        if warnings.is_empty() {
            return Ok(stream);
        }
        let told = warnings.into_iter().map(|warning| Ok(StreamEvent::Warning(Box::new(warning))));
        let told: Vec<_> = told.collect();
        Ok(stream.wrap(|events| iter(told).chain(events)))
    }
}

fn head(access: &Access, failure: Arc<Failure>, form: Form) -> Head {
    let mut start = ResponseStart::new(access.target.clone());
    start.request_id.clone_from(&failure.request_id);
    start.rate_limits = Some(failure.rate_limits).filter(|limits| !limits.is_empty());
    Head { start, form, failure, begun: false }
}

/// The whole answer as one frame.
fn read(decoder: &mut impl FrameDecoder, body: Bytes, events: &mut VecDeque<StreamEvent>) -> Result<()> {
    let mut framer = Framer::document().with_limit(usize::MAX);
    framer.push(body);
    framer.finish();
    while let Some(frame) = framer.next_frame()? {
        decoder.decode(&frame, events)?;
    }
    let finished = |events: &VecDeque<StreamEvent>| matches!(events.back(), Some(StreamEvent::Finish(_)));
    if !finished(events) {
        decoder.end(events)?;
    }
    if finished(events) { Ok(()) } else { Err(Error::new(ErrorKind::Decode, "the answer has no end")) }
}

#[async_trait]
impl<C: ChatCodec> ChatModel for HttpChatModel<C> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let (encoded, warnings) = self.encode(&self.target, Arc::new(request.clone()), Form::Whole)?;
        Ok(self.connection.client().render(&encoded.call(request))?.with_warnings(warnings))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let access = self.connection.access(ctx, &self.target).await?;
        self.whole(ctx, &access, &request).await.map_err(|error| error.with_target(&access.target))
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let access = self.connection.access(ctx, &self.target).await?;
        self.streamed(ctx, &access, &request).await.map_err(|error| error.with_target(&access.target))
    }
}
