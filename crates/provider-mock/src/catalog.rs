//! The models of a mock.

use std::time::Duration;

use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo, Result,
};

use crate::Mock;

#[derive(Debug)]
pub(crate) struct MockCatalog(pub(crate) Mock);

impl MockCatalog {
    fn failure(&self) -> Result<()> {
        self.0.state().catalog.clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Catalog for MockCatalog {
    async fn models(&self, _: &Context) -> Result<Vec<ModelInfo>> {
        self.failure()?;
        Ok(self.0.settings.models.clone())
    }

    async fn model(&self, _: &Context, id: &str) -> Result<ModelInfo> {
        self.failure()?;
        let models = &self.0.settings.models;
        models.iter().find(|info| info.id == id).cloned().ok_or_else(|| {
            let known: Vec<_> = models.iter().map(|info| info.id.as_str()).collect();
            let message = format!("the mock has no model `{id}`; it has: {}", known.join(", "));
            Error::new(ErrorKind::ModelNotFound, message)
        })
    }

    async fn check_credentials(&self, _: &Context) -> CredentialReport {
        if let Err(error) = self.failure() {
            return CredentialReport::from_error(&error);
        }
        let mut report = CredentialReport::new(CredentialStatus::Valid);
        report.message = Some("a mock needs no credential".into());
        report.models = Some(self.0.settings.models.len());
        report
    }

    async fn health(&self, _: &Context) -> Health {
        match self.failure() {
            // A refusal is an answer too.
            Err(error) if error.kind() == ErrorKind::Transport => Health::unreachable(error.to_string()),
            Err(error) => Health::reachable(Duration::ZERO).with_message(error.to_string()),
            Ok(()) => Health::reachable(Duration::ZERO).with_message("a mock answers inside the program"),
        }
    }
}
