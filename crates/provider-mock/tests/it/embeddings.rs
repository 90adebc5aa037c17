//! Embeddings of a mock.

use std::sync::Arc;

use laravel_ai_core::{
    Context, EmbeddingInput, EmbeddingRequest, EmbeddingResponse, ErrorKind, Provider, Result,
};
use provider_mock::Mock;

async fn embed(mock: &Mock, request: EmbeddingRequest) -> Result<EmbeddingResponse> {
    mock.embedding_model("e").unwrap().embed(&Context::new(), Arc::new(request)).await
}

#[tokio::test]
async fn vectors_follow_from_input_and_seed() {
    let mock = Mock::new();
    let first = embed(&mock, EmbeddingRequest::new(["Lima", "Quito", "Lima"])).await.unwrap();
    assert_eq!(first.embeddings.len(), 3);
    assert_eq!(first.embeddings[0], first.embeddings[2]);
    assert_ne!(first.embeddings[0], first.embeddings[1]);
    for vector in &first.embeddings {
        let norm: f32 = vector.iter().map(|x| x * x).sum();
        assert!(vector.len() == 64 && (norm - 1.0).abs() < 1e-4);
    }
    assert_eq!((first.usage.input, first.usage.output), (Some(4), None), "1 + 2 + 1 by characters");

    let again = embed(&Mock::new(), EmbeddingRequest::new(["Lima"])).await.unwrap();
    assert_eq!(again.embeddings[0], first.embeddings[0]);
    let seeded = embed(&Mock::new().with_seed(1), EmbeddingRequest::new(["Lima"])).await.unwrap();
    assert_ne!(seeded.embeddings[0], first.embeddings[0]);
}

#[tokio::test]
async fn the_length_is_the_requests_or_the_mocks() {
    let mock = Mock::new().with_dimensions(8);
    let pinned = embed(&mock, EmbeddingRequest::new(["Lima"]).with_dimensions(3)).await.unwrap();
    assert_eq!(
        format!("{:.4?}", pinned.embeddings),
        "[[0.6296, -0.5228, -0.5746]]",
        "snapshots of users hold this"
    );
    let lengths = |response: EmbeddingResponse| response.embeddings[0].len();
    assert_eq!(lengths(embed(&mock, EmbeddingRequest::new(["a"])).await.unwrap()), 8);
    assert_eq!(lengths(embed(&mock, EmbeddingRequest::new(["a"]).with_dimensions(3)).await.unwrap()), 3);
}

#[tokio::test]
async fn tokens_are_no_text() {
    let mut request = EmbeddingRequest::new(["12"]);
    request.inputs.push(EmbeddingInput::Tokens(vec![12]));
    request.inputs.push(EmbeddingInput::Tokens(vec![1, 2]));
    let vectors = embed(&Mock::new(), request).await.unwrap().embeddings;
    assert!(vectors[0] != vectors[1] && vectors[1] != vectors[2]);
}

#[tokio::test]
async fn a_closure_makes_vectors_or_fails() {
    let mock = Mock::new().embed_with(|sent| match sent.request.inputs.len() {
        3 => Err(ErrorKind::RateLimited.into()),
        _ => Ok(vec![vec![1.0, 0.0]]),
    });
    assert_eq!(embed(&mock, EmbeddingRequest::new(["a"])).await.unwrap().embeddings, [[1.0, 0.0]]);
    let short = embed(&mock, EmbeddingRequest::new(["a", "b"])).await.unwrap_err();
    assert_eq!(short.kind(), ErrorKind::Configuration);
    assert!(short.message().contains("1 vectors for 2 inputs"), "{short}");
    let failed = embed(&mock, EmbeddingRequest::new(["a", "b", "c"])).await.unwrap_err();
    assert_eq!((failed.kind(), failed.target().is_some()), (ErrorKind::RateLimited, true));
    assert_eq!(mock.recorded_embeddings().len(), 3);
}

#[tokio::test]
async fn what_no_vendor_takes_was_not_sent() {
    let mock = Mock::new();
    let empty: [&str; 0] = [];
    assert_eq!(
        embed(&mock, EmbeddingRequest::new(empty)).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
    mock.assert_nothing_sent();
}
