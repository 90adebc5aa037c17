//! Time limits of embeddings and of the questions to a catalogue.

use std::sync::Arc;
use std::time::Duration;

use ai_layers::Timeout;
use async_trait::async_trait;
use laravel_ai_core::{
    Capabilities, Catalog, Context, CredentialReport, CredentialStatus, EmbeddingModel, EmbeddingRequest,
    EmbeddingResponse, ErrorKind, Health, Layer, ModelInfo, RenderedRequest, Result, Target, Timeouts,
};
use provider_mock::{Mock, TestClock};
use tokio::time::{Instant, sleep};

const TAKES: Duration = Duration::from_secs(60);

/// Answers after a minute.
#[derive(Debug)]
struct Slow {
    target: Target,
    capabilities: Capabilities,
}

#[async_trait]
impl EmbeddingModel for Slow {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn max_inputs(&self) -> Option<usize> {
        Some(7)
    }

    fn render(&self, ctx: &Context, request: &EmbeddingRequest) -> Result<RenderedRequest> {
        use laravel_ai_core::Provider as _;
        Mock::new().embedding_model("any")?.render(ctx, request)
    }

    async fn embed(&self, _: &Context, _: Arc<EmbeddingRequest>) -> Result<EmbeddingResponse> {
        sleep(TAKES).await;
        Ok(EmbeddingResponse::new(self.target.clone(), vec![vec![1.0]]))
    }
}

#[async_trait]
impl Catalog for Slow {
    async fn models(&self, _: &Context) -> Result<Vec<ModelInfo>> {
        sleep(TAKES).await;
        Ok(vec![ModelInfo::new("slow")])
    }

    async fn model(&self, _: &Context, id: &str) -> Result<ModelInfo> {
        sleep(TAKES).await;
        Ok(ModelInfo::new(id))
    }

    async fn check_credentials(&self, _: &Context) -> CredentialReport {
        sleep(TAKES).await;
        CredentialReport::new(CredentialStatus::Valid)
    }

    async fn health(&self, _: &Context) -> Health {
        sleep(TAKES).await;
        Health::reachable(TAKES)
    }
}

fn slow() -> Arc<Slow> {
    let mut capabilities = Capabilities::default();
    capabilities.embeddings = Some(true);
    Arc::new(Slow { target: Target::new("slow", "work", "slow"), capabilities })
}

fn within(seconds: u64) -> Context {
    Context::new().with_timeouts(Timeouts::default().with_total(Duration::from_secs(seconds)))
}

#[tokio::test(start_paused = true)]
async fn embeddings_end_at_their_total() {
    let model = Timeout::new(Arc::new(TestClock::new())).embedding(slow());
    let request = Arc::new(EmbeddingRequest::new(["Lima"]));

    let start = Instant::now();
    let error = model.embed(&within(2), Arc::clone(&request)).await.unwrap_err();
    assert_eq!((error.kind(), start.elapsed()), (ErrorKind::Timeout, Duration::from_secs(2)));
    assert_eq!(error.target(), Some(model.target()));

    for enough in [within(61), Context::new()] {
        assert_eq!(model.embed(&enough, Arc::clone(&request)).await.unwrap().embeddings, [[1.0]]);
    }
    assert_eq!((model.max_inputs(), model.capabilities().embeddings), (Some(7), Some(true)));
    assert!(model.render(&Context::new(), &request).is_ok());
}

#[tokio::test(start_paused = true)]
async fn questions_to_a_catalogue_end_at_their_total() {
    let catalog = Timeout::new(Arc::new(TestClock::new())).catalog(slow());
    let (ctx, start) = (within(2), Instant::now());

    assert_eq!(catalog.models(&ctx).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(catalog.model(&ctx, "slow").await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Unreachable);
    let health = catalog.health(&ctx).await;
    assert!(!health.reachable && health.message.unwrap().contains("`total` of 2s"));
    assert_eq!(start.elapsed(), Duration::from_secs(8));

    let ctx = within(61);
    assert_eq!(catalog.models(&ctx).await.unwrap(), [ModelInfo::new("slow")]);
    assert_eq!(catalog.model(&ctx, "slow").await.unwrap(), ModelInfo::new("slow"));
    assert_eq!(catalog.check_credentials(&ctx).await.status, CredentialStatus::Valid);
    assert!(catalog.health(&ctx).await.reachable);
}
