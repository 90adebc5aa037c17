//! Embeddings, the list of models, the credential and the server's health.

use std::sync::Arc;

use laravel_ai_core::{Context, EmbeddingRequest, Result};

use crate::server::Server;
use crate::table::Table;
use crate::words::failed;

pub(super) async fn run(table: &mut Table, server: &Server) {
    let vector = "[0.1, -0.2, 0.3, 0.4]";
    let two = format!("{vector} {vector}");
    for (name, request, expected) in [
        ("embedding", EmbeddingRequest::new(["[fx:embed]"]), vector),
        ("two embeddings", EmbeddingRequest::new(["[fx:embed]", "second"]), &two),
        ("embedding with dimensions", EmbeddingRequest::new(["[fx:embed]"]).with_dimensions(4), vector),
        (
            "embedding limited",
            EmbeddingRequest::new(["[fx:embed-429]"]),
            "rate limited · 429 · again after 2 s",
        ),
    ] {
        let answer = async { vectors(server, request).await.unwrap_or_else(|error| failed(&error)) };
        table.case(name, expected, answer).await;
    }

    let ctx = Context::new();
    let Ok(catalog) = server.provider.catalog() else {
        return table.case("models", "a catalog", async { "none".into() }).await;
    };
    let names = async {
        let models = catalog.models(&ctx).await;
        models.map_or_else(
            |error| failed(&error),
            |models| models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>().join(" "),
        )
    };
    table.case("models", "gemini-2.5-flash gpt-4o gpt-4o-mini gpt-5 grok-4 llama3.2", names).await;
    let one =
        async { catalog.model(&ctx, "gpt-4o").await.map_or_else(|error| failed(&error), |model| model.id) };
    table.case("one model", "gpt-4o", one).await;
    let missing =
        async { catalog.model(&ctx, "gpt-nope").await.map_or_else(|error| failed(&error), |model| model.id) };
    table.case("a model that is not there", "model not found · 404 · elsewhere", missing).await;
    let credential = async {
        let report = catalog.check_credentials(&ctx).await;
        format!("{:?}, {} models", report.status, report.models.unwrap_or_default())
    };
    table.case("credential", "Valid, 6 models", credential).await;
    let health = async {
        let health = catalog.health(&ctx).await;
        format!("reachable {}, latency known {}", health.reachable, health.latency.is_some())
    };
    table.case("health", "reachable true, latency known true", health).await;
}

async fn vectors(server: &Server, request: EmbeddingRequest) -> Result<String> {
    let model = server.provider.embedding_model("text-embedding-3-small")?;
    let answer = model.embed(&Context::new(), Arc::new(request)).await?;
    Ok(answer.embeddings.iter().map(|vector| format!("{vector:?}")).collect::<Vec<_>>().join(" "))
}
