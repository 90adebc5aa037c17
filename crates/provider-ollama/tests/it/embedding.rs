//! Vectors.

use std::sync::Arc;

use laravel_ai_core::{Context, EmbeddingInput, EmbeddingRequest, ErrorKind, WarningKind};
use provider_mock::WireReply;
use provider_ollama::{Config, OllamaOptions};
use serde_json::{Value, json};

use crate::support::{fixture, provider};

#[tokio::test]
async fn several_texts_are_one_request() {
    let reply = WireReply::status(200).body(fixture("ollama_embed.json"));
    let (provider, transport) = provider(Config::new(), [reply]);
    let model = provider.embedding_model("nomic-embed-text").unwrap();
    let mut options = OllamaOptions::default();
    options.truncate = Some(true);
    let request = EmbeddingRequest::new(["first", "second"]).with_options(&options).unwrap();
    let answer = model.embed(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!(answer.embeddings, [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]);
    assert_eq!((answer.usage.input, answer.usage.output), (Some(8), None));
    let wanted: Value = serde_json::from_str(&fixture("ollama_embed_request.json")).unwrap();
    assert_eq!(transport.recorded()[0].json().unwrap(), wanted);
}

#[test]
fn options_dimensions_and_what_ollama_does_not_ask_for() {
    let mut options = OllamaOptions::default();
    options.num_ctx = Some(2048);
    let (provider, _) = provider(Config::new().with_options(options), []);
    let model = provider.embedding_model("m").unwrap();
    let request = EmbeddingRequest::new(["a"]).with_dimensions(8).with_end_user("u1");
    let rendered = model.render(&Context::new(), &request).unwrap();
    assert_eq!(
        rendered.body,
        json!({"model": "m", "input": "a", "dimensions": 8, "options": {"num_ctx": 2048}})
    );
    assert_eq!(rendered.warnings[0].kind, WarningKind::OptionDropped);
    let mut tokens = request.clone();
    tokens.inputs = vec![EmbeddingInput::Tokens(vec![1])];
    assert_eq!(model.render(&Context::new(), &tokens).unwrap_err().kind(), ErrorKind::Unsupported);
}
