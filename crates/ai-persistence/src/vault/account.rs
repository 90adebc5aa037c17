//! Accounts: whose credential, for which connection.

use std::fmt;
use std::time::SystemTime;

use laravel_ai_core::{Error, ErrorKind, Fingerprint, Result};

use super::tables::{CONNECTION, NAME};

/// Names one account: a tenant's, or the house's own, for a connection.
///
/// As text `tenant/connection/name`, and `-/connection/name` for the house.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AccountName {
    /// Whose it is; `None` is the house.
    pub tenant: Option<String>,
    /// The connection of `ai.toml` that it is for.
    pub provider: String,
    /// Tells several accounts of one connection apart.
    pub name: String,
}

impl AccountName {
    /// An account of the house.
    pub fn new(provider: impl Into<String>, name: impl Into<String>) -> Self {
        Self { tenant: None, provider: provider.into(), name: name.into() }
    }

    /// The account of a tenant.
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        let parts = [
            ("tenant", self.tenant.as_deref(), NAME),
            ("connection", Some(self.provider.as_str()), CONNECTION),
            ("name", Some(self.name.as_str()), NAME),
        ];
        for (what, text, most) in parts {
            let Some(text) = text else { continue };
            let long = text.chars().count() > most as usize;
            // `-` is the house; a blank at an end makes no difference to MySQL.
            let odd =
                text == "-" || text.trim() != text || text.contains(|c: char| c == '/' || c.is_control());
            if text.is_empty() || long || odd {
                let message = format!(
                    "the {what} of an account has 1 to {most} characters, no `/`, no blank at its ends, and is not `-`"
                );
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
        }
        Ok(())
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = self.tenant.as_deref().unwrap_or("-");
        write!(f, "{tenant}/{}/{}", self.provider, self.name)
    }
}

/// What may be told of an account: everything but its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// Whether calls of its tenant and connection use it.
    pub is_default: bool,
    /// `false` after it was disabled: its credential is not given out.
    pub is_active: bool,
    /// Counts each new envelope, from 1.
    pub version: u64,
    /// The fingerprint of its credential.
    pub fingerprint: Fingerprint,
    /// The id of the master key that it is sealed with.
    pub master_key: Fingerprint,
    /// When it was added.
    pub created_at: SystemTime,
    /// When its credential was last changed.
    pub updated_at: SystemTime,
}
