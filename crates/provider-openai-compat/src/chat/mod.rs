//! Chat models that speak Chat Completions.

mod decode;
mod encode;
mod extras;
mod finish;
mod stream;
pub(crate) mod usage;
mod wire;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ProviderOptions,
    RenderedRequest, ResponseStart, Result, Target,
};
pub(crate) use provider_http::words::WEB_PAGE;
use provider_http::{Call, Connection, Framer, chat_stream};

pub use self::decode::decode_chat;
pub use self::encode::{EncodedChat, encode_chat, encode_raw};
pub use self::stream::StreamDecoder;
pub use self::usage::read as usage_of;
use crate::dialect::Dialect;

const PATH: &str = "chat/completions";

/// A [`ChatModel`] that speaks Chat Completions in a [`Dialect`]; `O` are the driver's options.
///
/// A vendor's crate makes one for each model:
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{ChatModel, Resources, Result, Secret};
/// use provider_openai_compat::{ChatCompletions, CompatibleOptions, Dialect};
///
/// fn model(resources: &Resources, key: &Secret) -> Result<Arc<dyn ChatModel>> {
///     let dialect = Arc::new(Dialect::new("openai-compatible"));
///     let connection = dialect.connect("work", "https://api.example.com/v1", resources)?
///         .with_key(key)?;
///     Ok(Arc::new(ChatCompletions::<CompatibleOptions>::new(Arc::new(connection), dialect, "acme-1")))
/// }
/// ```
pub struct ChatCompletions<O> {
    connection: Arc<Connection>,
    dialect: Arc<Dialect>,
    target: Target,
    capabilities: Capabilities,
    encode: Option<Encode>,
    options: PhantomData<fn() -> O>,
}

/// How a driver writes the body of a request to the model of a target, and whether as a stream, where its options are more
/// than members of the body.
type Encode = fn(&Target, &ChatRequest, bool) -> Result<EncodedChat>;

impl<O: ProviderOptions> ChatCompletions<O> {
    /// The model of this name. That it streams is known; everything else of it is not.
    pub fn new(connection: Arc<Connection>, dialect: Arc<Dialect>, model: &str) -> Self {
        let target = connection.target(model);
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Some(true);
        Self { connection, dialect, target, capabilities, encode: None, options: PhantomData }
    }

    /// With what is known of the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    /// With the driver's own way to write requests, in place of [`encode_chat`].
    pub fn with_encode(mut self, encode: fn(&Target, &ChatRequest, bool) -> Result<EncodedChat>) -> Self {
        self.encode = Some(encode);
        self
    }

    /// The body, with a warning for each thing that the model is known not to do.
    fn encode(&self, target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedChat> {
        let mut encoded = match self.encode {
            Some(encode) => encode(target, request, stream)?,
            None => encode_chat::<O>(&self.dialect, target, request, stream)?,
        };
        encoded.warnings.extend(self.capabilities.doubts(request)?);
        Ok(encoded)
    }
}

#[async_trait]
impl<O: ProviderOptions + 'static> ChatModel for ChatCompletions<O> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let encoded = self.encode(&self.target, request, false)?;
        let call = Call::post(PATH, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.connection.client().render(&call)?.with_warnings(encoded.warnings))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let access = self.connection.access(ctx, &self.target).await?;
        let client = self.connection.client();
        let located = |error: Error| error.with_target(&access.target);
        let encoded = self.encode(&access.target, &request, false).map_err(located)?;
        let call = Call::post(PATH, encoded.body)
            .with_headers(&access.headers)
            .with_extra_headers(request.extra_headers.as_map());
        let answer = client.send(ctx, &call).await.map_err(located)?;
        let failure = || client.failure(&call, &answer);
        let mut response = decode_chat(&self.dialect, &access.target, &answer, failure).map_err(located)?;
        response.warnings.splice(0..0, encoded.warnings);
        Ok(response)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let access = self.connection.access(ctx, &self.target).await?;
        let begun = async {
            let encoded = self.encode(&access.target, &request, true)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let reader = self.connection.client().stream(ctx, call, Framer::sse()).await?;
            let mut start = ResponseStart::new(access.target.clone());
            start.request_id = reader.request_id().map(str::to_owned);
            start.rate_limits = reader.rate_limits();
            let decoder = StreamDecoder::new(Arc::clone(&self.dialect), start, Arc::clone(reader.failure()))
                .with_warnings(encoded.warnings);
            Ok(chat_stream(access.target.clone(), reader, decoder))
        };
        begun.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

impl<O> fmt::Debug for ChatCompletions<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatCompletions")
            .field("target", &self.target)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
