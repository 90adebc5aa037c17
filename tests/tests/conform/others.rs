//! Embeddings and the list of models.

use std::sync::Arc;

use laravel_ai_core::{Context, EmbeddingInput, EmbeddingRequest, EmbeddingTask};
use provider_mock::WireReply;
use tests::SentRequest;

use crate::chat::sent;
use crate::{drivers, specs};

fn embeddings() -> Vec<(&'static str, EmbeddingRequest)> {
    let two = || EmbeddingRequest::new(["first text", "second text"]);
    let mut tokens = two();
    tokens.inputs = vec![EmbeddingInput::Tokens(vec![1, 2, 3]), EmbeddingInput::Tokens(vec![4])];
    let mut user = two();
    user.end_user = Some("u1".into());
    let mut extra = two();
    extra.extra_body.insert("encoding_format".into(), "float".into());
    vec![
        ("one text", EmbeddingRequest::new(["first text"])),
        ("two texts", two()),
        ("tokens", tokens),
        ("dimensions", two().with_dimensions(8)),
        ("task", two().with_task(EmbeddingTask::Query)),
        ("end user", user),
        ("extra body", extra),
    ]
}

#[tokio::test]
async fn every_embedding_request_is_what_the_vendor_defines() {
    let mut wrong = Vec::new();
    for row in drivers::all() {
        let Some(definition) = specs::definition(row.vendor) else { return };
        let (provider, transport) = row.provider();
        transport.reply(WireReply::status(500));
        let model = provider.embedding_model(row.models.embedding).unwrap();
        for (name, request) in embeddings() {
            let ctx = Context::new();
            let name = format!("embed: {name}");
            let rendered = match model.render(&ctx, &request) {
                Ok(rendered) => SentRequest::from(&rendered),
                Err(error) => {
                    let listed = row
                        .refuses
                        .iter()
                        .any(|(refused, kind, _)| *refused == name && *kind == error.kind());
                    assert!(listed, "{}, {name}: {error}", row.name);
                    continue;
                }
            };
            model.embed(&ctx, Arc::new(request)).await.unwrap_err();
            let sent = sent(transport.recorded().last().unwrap());
            assert_eq!((&rendered.body, &rendered.path), (&sent.body, &sent.path), "{name}");
            let beyond = |finding: &String| {
                row.beyond.iter().any(|(request, what, _)| *request == name && finding.contains(what))
            };
            let findings = definition.check(&sent).into_iter().map(|finding| finding.to_string());
            wrong.extend(
                findings.filter(|it| !beyond(it)).map(|finding| format!("{}, {name}: {finding}", row.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn asking_for_models_is_what_the_vendor_defines() {
    for row in drivers::all() {
        let Some(definition) = specs::definition(row.vendor) else { return };
        let (provider, transport) = row.provider();
        transport.reply(WireReply::status(500));
        let catalog = provider.catalog().unwrap();
        let ctx = Context::new();
        catalog.models(&ctx).await.unwrap_err();
        catalog.model(&ctx, row.models.chat).await.unwrap_err();
        _ = catalog.check_credentials(&ctx).await;
        _ = catalog.health(&ctx).await;
        let recorded = transport.recorded();
        assert_eq!(recorded.len(), 4, "{recorded:#?}");
        for recorded in recorded {
            // Ollama shows a model to a POST.
            let free = recorded.method() == "GET" || recorded.path() == "/api/show";
            assert!(free, "asking never costs");
            assert_eq!(definition.check(&sent(&recorded)), [], "{recorded}");
        }
    }
}
