//! Chat models that speak `generateContent`.

mod decode;
mod encode;
mod ending;
mod grounding;
mod part;
mod stream;
mod usage;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, RenderedRequest,
    ResponseStart, Result, Target,
};
use provider_http::{Call, Framer, chat_stream};

pub use self::decode::decode_content;
pub(crate) use self::encode::encode_count;
pub use self::encode::{EncodedContent, encode_content};
pub use self::ending::PromptBlocked;
pub use self::stream::StreamDecoder;
use crate::api::Api;
use crate::family::capabilities_of;

/// A [`ChatModel`] of Gemini.
pub(crate) struct GenerateContent {
    api: Arc<Api>,
    target: Target,
    capabilities: Capabilities,
    path: String,
    stream_path: String,
}

impl GenerateContent {
    /// The model of this name, with or without `models/` in front.
    pub(crate) fn new(api: Arc<Api>, model: &str) -> Self {
        let target = api.connection.target(model);
        let path = api.method(model, "generateContent");
        let stream_path = api.method(model, "streamGenerateContent");
        Self { api, target, capabilities: capabilities_of(model), path, stream_path }
    }

    /// With what is known of the model.
    pub(crate) fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities.or(self.capabilities);
        self
    }

    /// The body, with a warning for each thing that the model is known not to do.
    fn encode(&self, target: &Target, request: &ChatRequest) -> Result<EncodedContent> {
        let mut encoded = encode_content(target, request)?;
        encoded.warnings.extend(self.capabilities.doubts(request)?);
        Ok(encoded)
    }
}

#[async_trait]
impl ChatModel for GenerateContent {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let encoded = self.encode(&self.target, request)?;
        let call = Call::post(&self.path, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.api.connection.client().render(&call)?.with_warnings(encoded.warnings))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let access = self.api.connection.access(ctx, &self.target).await?;
        let client = self.api.connection.client();
        let answer = async {
            let encoded = self.encode(&access.target, &request)?;
            let call = Call::post(&self.path, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = client.send(ctx, &call).await?;
            let mut response = decode_content(&access.target, &answer, || client.failure(&call, &answer))?;
            response.warnings.splice(0..0, encoded.warnings);
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let access = self.api.connection.access(ctx, &self.target).await?;
        let begun = async {
            let encoded = self.encode(&access.target, &request)?;
            let call = Call::post(&self.stream_path, encoded.body)
                .with_query(&[("alt", "sse")])
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let reader = self.api.connection.client().stream(ctx, call, Framer::sse()).await?;
            let mut start = ResponseStart::new(access.target.clone());
            start.request_id = reader.request_id().map(str::to_owned);
            start.rate_limits = reader.rate_limits();
            let decoder =
                StreamDecoder::new(start, Arc::clone(reader.failure())).with_warnings(encoded.warnings);
            Ok(chat_stream(access.target.clone(), reader, decoder))
        };
        begun.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

impl fmt::Debug for GenerateContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateContent")
            .field("target", &self.target)
            .field("connection", &self.api.connection)
            .finish_non_exhaustive()
    }
}
