//! What examples and tests need.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Clock, Context, CredentialReport, CredentialStatus, Health, ModelInfo, Result,
};

/// It is always the same moment.
#[derive(Debug)]
pub struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }
}

/// A vendor of two models.
#[derive(Debug)]
pub struct Acme;

#[async_trait]
impl Catalog for Acme {
    async fn models(&self, _: &Context) -> Result<Vec<ModelInfo>> {
        Ok(vec![ModelInfo::new("acme-1"), ModelInfo::new("acme-2")])
    }

    async fn model(&self, _: &Context, id: &str) -> Result<ModelInfo> {
        Ok(ModelInfo::new(id))
    }

    async fn check_credentials(&self, _: &Context) -> CredentialReport {
        CredentialReport::new(CredentialStatus::Valid)
    }

    async fn health(&self, _: &Context) -> Health {
        Health::reachable(Duration::ZERO)
    }
}
