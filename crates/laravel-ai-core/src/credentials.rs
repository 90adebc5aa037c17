//! Credentials as a port.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Context, Result, Secret};

/// Finds the credential of a call, for applications whose tenants bring their own keys.
///
/// # Contract
/// A driver asks once per physical attempt, before it builds headers. `Ok(None)` means "use the one that the
/// connection was configured with". An error ends the call before anything is sent. Implementations cache as
/// they see fit and never log what they return; dropping the future must be safe.
#[async_trait]
pub trait Credentials: Debug + Send + Sync + 'static {
    /// The secret for `connection`, in the environment of the call (its tenant, user and project labels).
    async fn secret(&self, ctx: &Context, connection: &str) -> Result<Option<Secret>>;
}
