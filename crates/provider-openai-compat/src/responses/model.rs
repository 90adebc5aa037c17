//! Chat models that speak Responses.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, RenderedRequest,
    ResponseStart, Result, Target,
};
use provider_http::{Call, Connection, Framer, chat_stream};

use super::decode::decode;
use super::encode::EncodedResponse;
use super::stream::StreamDecoder;
use crate::dialect::Dialect;

const PATH: &str = "responses";

/// How a driver writes the body of a request to the model of a target, and whether as a stream: its options become
/// [`Settings`](super::Settings) for [`encode`](super::encode).
pub type Encode = fn(&Target, &ChatRequest, bool) -> Result<EncodedResponse>;

/// A [`ChatModel`] that speaks the Responses API in a [`Dialect`].
///
/// A vendor's crate makes one for each model, with the function that writes its requests:
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{ChatModel, ChatRequest, Resources, Result, Target};
/// use provider_openai_compat::Dialect;
/// use provider_openai_compat::responses::{EncodedResponse, Responses, Settings, encode};
///
/// fn write(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
///     encode(&Dialect::new("acme"), target, request, &Settings::default(), stream)
/// }
///
/// fn model(resources: &Resources) -> Result<Arc<dyn ChatModel>> {
///     let dialect = Arc::new(Dialect::new("acme"));
///     let connection = dialect.connect("work", "https://api.example.com/v1", resources)?;
///     Ok(Arc::new(Responses::new(Arc::new(connection), dialect, "acme-1", write)))
/// }
/// ```
pub struct Responses {
    connection: Arc<Connection>,
    dialect: Arc<Dialect>,
    target: Target,
    capabilities: Capabilities,
    encode: Encode,
}

impl Responses {
    /// The model of this name. That it streams is known; everything else of it is not.
    pub fn new(connection: Arc<Connection>, dialect: Arc<Dialect>, model: &str, encode: Encode) -> Self {
        let target = connection.target(model);
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Some(true);
        Self { connection, dialect, target, capabilities, encode }
    }

    /// With what is known of the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    /// The body, with a warning for each thing that the model is known not to do.
    fn encode(&self, target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
        let mut encoded = (self.encode)(target, request, stream)?;
        encoded.warnings.extend(self.capabilities.doubts(request)?);
        Ok(encoded)
    }
}

#[async_trait]
impl ChatModel for Responses {
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
        let answer = async {
            let encoded = self.encode(&access.target, &request, false)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = client.send(ctx, &call).await?;
            let failure = || client.failure(&call, &answer);
            let mut response = decode(&self.dialect, &access.target, &answer, failure)?;
            response.warnings.splice(0..0, encoded.warnings);
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
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

impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses")
            .field("target", &self.target)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
