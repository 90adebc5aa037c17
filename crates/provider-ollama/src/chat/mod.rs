//! Chat models.

mod decode;
mod encode;
mod ending;
mod prompt;
mod stream;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, RenderedRequest,
    ResponseStart, Result, Target,
};
use provider_http::{Call, chat_stream};

pub use self::decode::decode_chat;
pub use self::encode::{EncodedChat, encode_chat};
pub use self::prompt::Prompt;
pub use self::stream::StreamDecoder;
use crate::line::Line;
use crate::options::OllamaOptions;

const PATH: &str = "api/chat";

/// A [`ChatModel`] at `/api/chat`.
pub(crate) struct Chat {
    line: Arc<Line>,
    target: Target,
    capabilities: Capabilities,
    options: OllamaOptions,
}

impl Chat {
    pub(crate) fn new(line: Arc<Line>, model: &str, options: OllamaOptions, known: Capabilities) -> Self {
        let target = line.connection().target(model);
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Some(true);
        Self { line, target, capabilities: known.or(capabilities), options }
    }

    /// The body, with a warning for each thing that the model is said not to do.
    fn encode(&self, target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedChat> {
        let mut encoded = encode_chat(target, &self.options, request, stream)?;
        encoded.warnings.extend(self.capabilities.doubts(request)?);
        Ok(encoded)
    }
}

#[async_trait]
impl ChatModel for Chat {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let encoded = self.encode(&self.target, request, false)?;
        let call = Call::post(PATH, encoded.body).with_extra_headers(request.extra_headers.as_map());
        Ok(self.line.connection().client().render(&call)?.with_warnings(encoded.warnings))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let access = self.line.connection().access(ctx, &self.target).await?;
        let client = self.line.connection().client();
        let answer = async {
            let encoded = self.encode(&access.target, &request, false)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = self.line.send(ctx, &call).await?;
            let failed = || client.failure(&call, &answer);
            let mut response =
                decode_chat(&access.target, encoded.prompt, self.line.is_hosted(), &answer, failed)?;
            response.warnings.splice(0..0, encoded.warnings);
            Ok(response)
        };
        answer.await.map_err(|error: Error| error.with_target(&access.target))
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let access = self.line.connection().access(ctx, &self.target).await?;
        let begun = async {
            let encoded = self.encode(&access.target, &request, true)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let reader = self.line.stream(ctx, call).await?;
            let mut start = ResponseStart::new(access.target.clone());
            start.request_id = reader.request_id().map(str::to_owned);
            start.rate_limits = reader.rate_limits();
            let decoder = StreamDecoder::new(start, Arc::clone(reader.failure()))
                .with_prompt(encoded.prompt)
                .with_hosted(self.line.is_hosted())
                .with_warnings(encoded.warnings);
            Ok(chat_stream(access.target.clone(), reader, decoder))
        };
        begun.await.map_err(|error: Error| error.with_target(&access.target))
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("target", &self.target).field("line", &self.line).finish_non_exhaustive()
    }
}
