//! Embeddings.

use std::sync::Arc;

use laravel_ai_core::{
    Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, EmbeddingTask, ErrorKind,
    Result,
};
use provider_openai_compat::Config;
use serde_json::{Value, json};

use crate::support::{BASE, Reply, Script, answer, fixture, provider, read_by};

fn model(script: &Arc<Script>, config: Config) -> Arc<dyn EmbeddingModel> {
    provider(script, config).embedding_model("text-embedding-3-small").unwrap()
}

fn quirky(quirks: &str) -> Config {
    toml::from_str(&format!("base_url = \"{BASE}\"\n[quirks]\n{quirks}")).unwrap()
}

async fn embed(body: Value, inputs: &[&str]) -> Result<EmbeddingResponse> {
    let script = Script::new([Reply::json(200, body.to_string())]);
    let request = EmbeddingRequest::new(inputs.iter().copied());
    model(&script, Config::new(BASE)).embed(&Context::new(), Arc::new(request)).await
}

#[tokio::test]
async fn every_example() {
    for name in read_by("embedding") {
        let answer = answer(&name);
        let rows = serde_json::from_slice::<Value>(answer.body()).unwrap()["data"].as_array().unwrap().len();
        let script = Script::new([Reply::new(answer)]);
        let request = EmbeddingRequest::new((0..rows).map(|index| format!("text {index}")));
        let response =
            model(&script, Config::new(BASE)).embed(&Context::new(), Arc::new(request)).await.unwrap();
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), response);
    }
}

#[tokio::test]
async fn both_forms_of_a_vector_are_the_same() {
    // 0.1, -0.2, 0.3, -0.4 as little-endian 32-bit floats.
    let base64 = json!({"data": [{"index": 0, "embedding": "zczMPc3MTL6amZk+zczMvg=="}]});
    let floats = json!({"data": [{"index": 0, "embedding": [0.1, -0.2, 0.3, -0.4]}]});
    let first = embed(base64, &["a"]).await.unwrap();
    assert_eq!(first.embeddings, [[0.1, -0.2, 0.3, -0.4]]);
    assert_eq!(embed(floats, &["a"]).await.unwrap().embeddings, first.embeddings);
    assert!(first.usage.is_unknown());
}

#[tokio::test]
async fn vectors_are_in_the_order_of_the_inputs() {
    let row = |index: Value, value: f32| json!({"index": index, "embedding": [value]});
    let shuffled = json!({"data": [row(json!(2), 3.0), row(json!(0), 1.0), row(json!(1), 2.0)]});
    assert_eq!(embed(shuffled, &["a", "b", "c"]).await.unwrap().embeddings, [[1.0], [2.0], [3.0]]);
    let bare = json!({"data": [row(json!(null), 1.0), row(json!(null), 2.0)]});
    assert_eq!(embed(bare, &["a", "b"]).await.unwrap().embeddings, [[1.0], [2.0]]);
}

#[tokio::test]
async fn another_number_of_vectors_is_unreadable() {
    let row = |index: u32| json!({"index": index, "embedding": [1.0]});
    for data in [
        json!([row(0)]),
        json!([row(0), row(1), row(2)]),
        json!([row(0), row(0)]),
        json!([row(1), row(2)]),
        json!([]),
        json!(null),
        json!([row(0), {"index": 1, "embedding": null}]),
        json!([row(0), {"index": 1, "embedding": "AAA="}]),
        json!([row(0), {"index": 1, "embedding": ["x"]}]),
    ] {
        let error = embed(json!({"data": data}), &["a", "b"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{data}");
    }
    let refused =
        embed(json!({"error": {"message": "m", "code": "invalid_api_key"}}), &["a"]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn requests_say_what_was_asked() {
    let ctx = Context::new();
    let script = Script::new([]);
    let rendered =
        |config: Config, request: &EmbeddingRequest| model(&script, config).render(&ctx, request).unwrap();
    let two = EmbeddingRequest::new(["first", "second"]).with_dimensions(4);
    let plain = rendered(Config::new(BASE), &two);
    assert_eq!(plain.url, "http://localhost:8080/v1/embeddings");
    assert_eq!(plain.body["encoding_format"], "base64");
    let wanted: Value = serde_json::from_str(&fixture("openai_embeddings_request.json")).unwrap();
    assert_eq!(rendered(quirky("base64_embeddings = false"), &two).body, wanted);

    let mut tokens = EmbeddingRequest::default();
    tokens.inputs = vec![EmbeddingInput::Tokens(vec![1, 2]), EmbeddingInput::Text("b".into())];
    assert_eq!(rendered(Config::new(BASE), &tokens).body["input"], json!([[1, 2], "b"]));

    let task = EmbeddingRequest::new(["a"]).with_task(EmbeddingTask::Query);
    assert_eq!(rendered(Config::new(BASE), &task).warnings.len(), 1);
    let short = rendered(quirky("unsupported = [\"dimensions\"]"), &two);
    assert!(short.body.get("dimensions").is_none() && short.warnings.len() == 1);

    let limited = model(&script, quirky("max_embedding_inputs = 1"));
    assert_eq!(limited.max_inputs(), Some(1));
    assert_eq!(limited.render(&ctx, &two).unwrap_err().kind(), ErrorKind::InvalidRequest);
    let mut strict = task.clone();
    strict.strict = true;
    assert_eq!(limited.render(&ctx, &strict).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_is_rendered_is_what_is_sent() {
    let script = Script::new([Reply::json(200, r#"{"data":[{"embedding":[1]}]}"#)]);
    let model = model(&script, Config::new(BASE).with_api_key("test-canary-key"));
    let mut request = EmbeddingRequest::new(["a"]);
    request.extra_body.insert("truncate".into(), json!(true));
    request.end_user = Some("u1".into());
    let rendered = model.render(&Context::new(), &request).unwrap();
    model.embed(&Context::new(), Arc::new(request)).await.unwrap();
    assert_eq!(rendered.body, script.body(0));
    assert!(!rendered.to_string().contains("canary"));
}
