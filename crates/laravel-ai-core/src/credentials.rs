//! Credentials as a port.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Context, Result, Secret};

/// Finds the credential of a call, for applications whose tenants bring their own keys.
///
/// A driver asks once per physical attempt, before it builds headers. An error ends the call before anything is
/// sent.
///
/// # Contract for implementers
/// * `Ok(None)` means "use the one that the connection was configured with": an unknown tenant that must not use
///   the house's key is an error of kind [`Authentication`](crate::ErrorKind::Authentication).
/// * Caches as it sees fit, never logs what it returns. Dropping the future must be safe.
///
/// # Contract for wrappers
/// Pass context and connection on. A wrapper that remembers secrets keeps them apart by all labels that the inner
/// one may look at, or one tenant pays with another's key.
#[async_trait]
pub trait Credentials: Debug + Send + Sync + 'static {
    /// The secret for `connection`, in the environment of the call (its tenant, user and project labels).
    async fn secret(&self, ctx: &Context, connection: &str) -> Result<Option<Secret>>;
}
