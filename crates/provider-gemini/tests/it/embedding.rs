//! Embeddings.

use std::sync::Arc;

use laravel_ai_core::{Context, EmbeddingInput, EmbeddingRequest, EmbeddingTask, ErrorKind};
use provider_gemini::GeminiOptions;
use provider_mock::{ScriptedTransport, WireReply};
use serde_json::json;

use crate::support::{json as fixture, provider, subjects};

const MODEL: &str = "gemini-embedding-001";

#[tokio::test]
async fn one_input_goes_alone_and_several_in_a_batch() {
    let transport = ScriptedTransport::new().sequence([
        WireReply::json(&fixture("gemini_embed.json")),
        WireReply::json(&fixture("gemini_batch_embed.json")),
    ]);
    let model = provider(&transport).embedding_model(MODEL).unwrap();
    assert_eq!(model.max_inputs(), Some(100));
    let request = EmbeddingRequest::new(["first"]).with_task(EmbeddingTask::Document).with_dimensions(4);
    let answer = model.embed(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!(answer.embeddings, [vec![0.1, -0.2, 0.3, -0.4]]);
    let answer =
        model.embed(&Context::new(), Arc::new(EmbeddingRequest::new(["first", "second"]))).await.unwrap();
    assert_eq!(answer.embeddings.len(), 2);
    assert!(answer.usage.is_unknown());

    let sent = transport.recorded();
    assert_eq!(sent[0].path(), "/v1beta/models/gemini-embedding-001:embedContent");
    assert_eq!(sent[0].json().unwrap(), fixture("gemini_embed_request.json"));
    assert_eq!(sent[1].path(), "/v1beta/models/gemini-embedding-001:batchEmbedContents");
    assert_eq!(sent[1].json().unwrap(), fixture("gemini_batch_embed_request.json"));
}

#[test]
fn tasks_titles_and_more_are_said_in_google_s_words() {
    let model = provider(&ScriptedTransport::new()).embedding_model(MODEL).unwrap();
    let mut options = GeminiOptions::default();
    options.title = Some("Moons".into());
    let render = |task: EmbeddingTask| {
        let request = EmbeddingRequest::new(["a", "b"])
            .with_task(task)
            .with_options(&options)
            .unwrap()
            .with_end_user("u")
            .with_extra("embedContentConfig", json!({"autoTruncate": false}));
        model.render(&Context::new(), &request).unwrap()
    };
    for (task, word) in [
        (EmbeddingTask::Query, "RETRIEVAL_QUERY"),
        (EmbeddingTask::Similarity, "SEMANTIC_SIMILARITY"),
        (EmbeddingTask::Classification, "CLASSIFICATION"),
        (EmbeddingTask::Clustering, "CLUSTERING"),
        (EmbeddingTask::Other("code_retrieval_query".into()), "CODE_RETRIEVAL_QUERY"),
    ] {
        let rendered = render(task);
        for one in rendered.body["requests"].as_array().unwrap() {
            assert_eq!((&one["taskType"], &one["title"]), (&json!(word), &json!("Moons")));
            assert_eq!(one["embedContentConfig"], json!({"autoTruncate": false}));
        }
        assert_eq!(subjects(&rendered.warnings), ["end_user"]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let transport = ScriptedTransport::new().sequence([
        WireReply::json(&json!({"embeddings": [{"values": [1.0]}]})),
        WireReply::json(&json!({"embeddings": [{"values": [1.0]}, {"values": "x"}]})),
        WireReply::json(&json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}})),
        WireReply::json(&json!({"embedding": {"values": [1.0]}, "usageMetadata": {"promptTokenCount": 3}})),
    ]);
    let model = provider(&transport).embedding_model(MODEL).unwrap();
    for kind in [ErrorKind::Decode, ErrorKind::Decode, ErrorKind::RateLimited] {
        let error =
            model.embed(&Context::new(), Arc::new(EmbeddingRequest::new(["a", "b"]))).await.unwrap_err();
        assert_eq!((error.kind(), error.target()), (kind, Some(model.target())));
    }
    let answer = model.embed(&Context::new(), Arc::new("a".into())).await.unwrap();
    assert_eq!((answer.usage.input, answer.usage.output), (Some(3), None));

    let mut tokens = EmbeddingRequest::new(["a"]);
    tokens.inputs = vec![EmbeddingInput::Tokens(vec![1])];
    let many = EmbeddingRequest::new(vec!["a"; 101]);
    for (request, kind) in [(tokens, ErrorKind::Unsupported), (many, ErrorKind::InvalidRequest)] {
        assert_eq!(model.render(&Context::new(), &request).unwrap_err().kind(), kind);
    }
}
