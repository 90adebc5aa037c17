//! Requests for vectors.

use laravel_ai_core::*;

#[test]
fn each_rule_refuses_with_words_of_its_own() {
    let mut tokens = EmbeddingRequest::new(["a"]);
    tokens.inputs.push(EmbeddingInput::Tokens(vec![]));
    for (request, message) in [
        (EmbeddingRequest::new::<&str>([]), "there is nothing to embed"),
        (EmbeddingRequest::new(["a", "", "b"]), "input 1 is empty, which vendors refuse"),
        (tokens, "input 1 is empty, which vendors refuse"),
        (
            EmbeddingRequest::new(["a"]).with_dimensions(0),
            "`dimensions` is 0: leave it out or ask for at least 1",
        ),
    ] {
        let error = request.validate().unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidRequest, message));
    }
    assert!(EmbeddingRequest::new(["a"]).with_dimensions(1).validate().is_ok());
}

#[test]
fn a_request_comes_back_from_storage_without_its_headers() {
    let mut request = EmbeddingRequest::new(["a"])
        .with_dimensions(8)
        .with_task(EmbeddingTask::Other("CODE".into()))
        .with_end_user("u-1")
        .with_extra("x", 1)
        .with_strict(true);
    request.inputs.push(EmbeddingInput::Tokens(vec![1, 2]));
    let stored = serde_json::to_string(&request.clone().with_header("x-key", "canary").unwrap()).unwrap();
    assert!(!stored.contains("canary"));
    assert_eq!(serde_json::from_str::<EmbeddingRequest>(&stored).unwrap(), request);
}

#[test]
fn a_response_comes_back_from_storage() {
    let mut response = EmbeddingResponse::new(Target::new("d", "c", "m"), vec![vec![0.1, -1.0e-7], vec![]]);
    response.usage.input = Some(3);
    let stored = serde_json::to_string(&response).unwrap();
    assert_eq!(serde_json::from_str::<EmbeddingResponse>(&stored).unwrap(), response);
}
