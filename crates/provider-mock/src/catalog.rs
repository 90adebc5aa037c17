//! The models of a mock.

use std::time::Duration;

use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo, Result,
};

use crate::Mock;

#[derive(Debug)]
pub(crate) struct MockCatalog(pub(crate) Mock);

#[async_trait]
impl Catalog for MockCatalog {
    async fn models(&self, _: &Context) -> Result<Vec<ModelInfo>> {
        Ok(self.0.settings.models.clone())
    }

    async fn model(&self, _: &Context, id: &str) -> Result<ModelInfo> {
        let models = &self.0.settings.models;
        models.iter().find(|info| info.id == id).cloned().ok_or_else(|| {
            let known: Vec<_> = models.iter().map(|info| info.id.as_str()).collect();
            let message = format!("the mock has no model `{id}`; it has: {}", known.join(", "));
            Error::new(ErrorKind::ModelNotFound, message)
        })
    }

    async fn check_credentials(&self, _: &Context) -> CredentialReport {
        let mut report = CredentialReport::new(CredentialStatus::Valid);
        report.message = Some("a mock needs no credential".into());
        report.models = Some(self.0.settings.models.len());
        report
    }

    async fn health(&self, _: &Context) -> Health {
        Health::reachable(Duration::ZERO).with_message("a mock answers inside the program")
    }
}
