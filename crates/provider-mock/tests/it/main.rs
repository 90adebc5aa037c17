//! Integration tests of the public API.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "functions that tests share: a panic there is a failure"
)]

mod assertions;
mod driver;
mod embeddings;
mod refusing;
mod script;
mod scripted_transport;
mod streams;
mod unscripted;

use std::sync::Arc;

use laravel_ai_core::{ChatModel, ChatRequest, ChatResponse, Context, Provider, Result};
use provider_mock::Mock;

fn model_of(mock: &Mock) -> Arc<dyn ChatModel> {
    mock.chat_model("test").unwrap()
}

async fn ask(mock: &Mock, request: impl Into<ChatRequest>) -> Result<ChatResponse> {
    model_of(mock).chat(&Context::new(), Arc::new(request.into())).await
}

/// What an assertion that fails says.
fn panic_of(assertion: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(assertion)).unwrap_err();
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).into())
}
