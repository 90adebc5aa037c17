//! Chat models that speak Responses.

mod blocks;
mod decode;
mod encode;
mod ending;
mod item;
mod stream;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, RenderedRequest,
    ResponseStart, Result, Target, Warnings,
};
use provider_http::{Call, Framer, chat_stream};
use provider_openai_compat::{Connection, Dialect};

pub use self::decode::decode_response;
pub use self::encode::{EncodedResponse, encode_response};
pub(crate) use self::encode::{Purpose, encode};
pub use self::stream::StreamDecoder;
use crate::driver::dialect_of;
use crate::family::capabilities_of;

const PATH: &str = "responses";

/// A [`ChatModel`] that speaks the Responses API.
pub struct Responses {
    connection: Arc<Connection>,
    dialect: Arc<Dialect>,
    target: Target,
    capabilities: Capabilities,
}

impl Responses {
    /// The model of this name.
    pub fn new(connection: Arc<Connection>, model: &str) -> Self {
        let target = connection.target(model);
        let dialect = Arc::new(dialect_of(model));
        Self { connection, dialect, target, capabilities: capabilities_of(model) }
    }

    /// With what is known of the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    /// The body, with a warning for each thing that the model is known not to do.
    fn encode(&self, target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
        let mut encoded = encode_response(target, request, stream)?;
        let mut warnings = Warnings::new(request.strict);
        warnings.extend(self.capabilities.doubts(request))?;
        encoded.warnings.extend(warnings.into_vec());
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
            let answer = client.send(ctx, call.clone()).await?;
            let failure = || client.failure(&call, &answer);
            let mut response = decode_response(&self.dialect, &access.target, &answer, failure)?;
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
