//! Counting tokens by OpenAI.

use std::sync::Arc;

use async_trait::async_trait;
use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Result, Target, TokenCount, TokenCounter};
use provider_http::wire::{Number, Text, parse, text_of, wire};
use provider_http::{Call, Connection};

use crate::responses::encode_count;

const PATH: &str = "responses/input_tokens";

/// A [`TokenCounter`] that asks OpenAI: `POST /responses/input_tokens`, which is free and runs no model.
///
/// Requests of Chat Completions are counted as the same request to Responses.
#[derive(Clone, Debug)]
pub struct InputTokens {
    connection: Arc<Connection>,
    target: Target,
}

impl InputTokens {
    /// A counter for the model of this name.
    pub fn new(connection: Arc<Connection>, model: &str) -> Self {
        let target = connection.target(model);
        Self { connection, target }
    }
}

wire! {
    struct Counted<'a> {
        tokens: Number = "input_tokens",
        of: Text<'a> = "object",
    } ignoring _
}

#[async_trait]
impl TokenCounter for InputTokens {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn count(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<TokenCount> {
        let access = self.connection.access(ctx, &self.target).await?;
        let counted = async {
            let encoded = encode_count(&access.target, &request)?;
            let call = Call::post(PATH, encoded.body)
                .with_headers(&access.headers)
                .with_extra_headers(request.extra_headers.as_map());
            let answer = self.connection.client().send(ctx, call).await?;
            let text = text_of(answer.body());
            let tokens = parse::<Counted<'_>>(&text).ok().and_then(|counted| counted.tokens.0);
            tokens
                .map(TokenCount::exact)
                .ok_or_else(|| Error::new(ErrorKind::Decode, "the answer holds no count of tokens"))
        };
        counted.await.map_err(|error: Error| error.with_target(&access.target))
    }
}
