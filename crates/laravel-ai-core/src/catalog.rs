//! What an account offers, and whether it works.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Context, ErrorKind, ModelInfo, Result};

/// The models of an account, and the state of its credential and endpoint. Nothing here is ever a paid call.
///
/// # Contract for implementers
/// * Paging is followed to the end.
/// * A failure is an error and never turns into a built-in list.
/// * Dropping a future cancels the call.
///
/// # Contract for wrappers
/// Forward every method. A wrapper that remembers lists says how old they are where they are shown, and never
/// remembers [`check_credentials`](Self::check_credentials) or [`health`](Self::health).
#[async_trait]
pub trait Catalog: Debug + Send + Sync + 'static {
    /// All models that the credential sees.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind).
    async fn models(&self, ctx: &Context) -> Result<Vec<ModelInfo>>;

    /// One model.
    ///
    /// # Errors
    /// [`ModelNotFound`](crate::ErrorKind::ModelNotFound) when the credential does not see it, and any other.
    async fn model(&self, ctx: &Context, id: &str) -> Result<ModelInfo>;

    /// Whether the credential is right. A vendor that can't be asked is a result, not an error.
    async fn check_credentials(&self, ctx: &Context) -> CredentialReport;

    /// Whether the endpoint answers, and how fast.
    async fn health(&self, ctx: &Context) -> Health;
}

/// What is known about a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CredentialReport {
    /// Whether it is right.
    pub status: CredentialStatus,
    /// What is wrong, for people.
    pub message: Option<String>,
    /// The account it belongs to.
    pub account: Option<String>,
    /// The organization it belongs to.
    pub organization: Option<String>,
    /// The project it belongs to.
    pub project: Option<String>,
    /// How many models it sees.
    pub models: Option<usize>,
}

impl CredentialReport {
    /// A report of this status, nothing else known.
    pub fn new(status: CredentialStatus) -> Self {
        Self { status, message: None, account: None, organization: None, project: None, models: None }
    }

    /// What a failed question says: a refused credential is invalid, one that may not ask or has no credit left
    /// is valid all the same, and otherwise the vendor could not be asked.
    pub fn from_error(error: &crate::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Authentication | ErrorKind::Configuration => CredentialStatus::Invalid,
            ErrorKind::Permission | ErrorKind::QuotaExceeded => CredentialStatus::Valid,
            _ => CredentialStatus::Unreachable,
        };
        Self { message: Some(error.to_string()), ..Self::new(status) }
    }
}

/// Whether a credential is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CredentialStatus {
    /// The vendor took it.
    Valid,
    /// The vendor refused it, or it can't even be sent.
    Invalid,
    /// The vendor could not be asked.
    Unreachable,
}

/// Whether an endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// It answered, be it with a refusal.
    pub reachable: bool,
    /// How long the answer took.
    pub latency: Option<Duration>,
    /// What is wrong, for people.
    pub message: Option<String>,
}

impl Health {
    /// It answered after `latency`.
    pub fn reachable(latency: Duration) -> Self {
        Self { reachable: true, latency: Some(latency), message: None }
    }

    /// It did not answer.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { reachable: false, latency: None, message: Some(message.into()) }
    }

    /// With what is wrong although it answered.
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}
