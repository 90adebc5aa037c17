//! What examples and tests need.

use std::time::Duration;

pub use ai_events::doc::StoppedClock;
use async_trait::async_trait;
use laravel_ai_core::{Catalog, Context, CredentialReport, CredentialStatus, Health, ModelInfo, Result};

/// A vendor of two models.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to grow")]
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
