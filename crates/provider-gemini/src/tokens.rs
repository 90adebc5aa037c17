//! Counting tokens by Google.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Result, Target, TokenCount, TokenCounter};
use provider_http::Call;
use provider_http::wire::{Number, Text, parse, text_of, wire};

use crate::api::Api;
use crate::chat::encode_count;

/// A [`TokenCounter`] that asks Google: `countTokens`, which is free and runs no model.
#[derive(Clone, Debug)]
pub(crate) struct CountTokens {
    api: Arc<Api>,
    target: Target,
    path: String,
}

impl CountTokens {
    /// A counter for the model of this name.
    pub(crate) fn new(api: Arc<Api>, model: &str) -> Self {
        let (target, path) = (api.connection.target(model), api.method(model, "countTokens"));
        Self { api, target, path }
    }
}

wire! {
    struct Counted<'a> {
        tokens: Number = "totalTokens",
        of: Text<'a> = "object",
    } ignoring _
}

#[async_trait]
impl TokenCounter for CountTokens {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn count(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<TokenCount> {
        let access = self.api.connection.access(ctx, &self.target).await?;
        let client = self.api.connection.client();
        let counted = async {
            let encoded = encode_count(&access.target, &request)?;
            let call = Call::post(&self.path, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = client.send(ctx, &call).await?;
            let tokens =
                parse::<Counted<'_>>(&text_of(answer.body())).ok().and_then(|counted| counted.tokens.0);
            tokens.map(TokenCount::exact).ok_or_else(|| {
                client.failure(&call, &answer).error(ErrorKind::Decode, "the answer holds no count of tokens")
            })
        };
        counted.await.map_err(|error: Error| error.with_target(&access.target))
    }
}
