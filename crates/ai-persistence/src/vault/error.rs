//! What can be wrong with an account.

use std::fmt;

use laravel_ai_core::{Error, ErrorKind, Fingerprint};

/// Why the vault gives no credential: `error.vendor::<VaultError>()`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no such account, or none that is the default.
    UnknownAccount,
    /// The account was disabled.
    Disabled,
    /// The master key that the account is sealed with was not given.
    MasterKeyMissing(Fingerprint),
    /// The row was changed, or moved here from another account.
    Tampered,
    /// Another writer changed the account at the same time.
    Conflict,
    /// An account of that name is there already.
    Taken,
}

impl VaultError {
    pub(super) fn about(self, account: &dyn fmt::Display) -> Error {
        let kind = match self {
            Self::UnknownAccount | Self::Disabled => ErrorKind::Authentication,
            Self::MasterKeyMissing(_) => ErrorKind::Configuration,
            Self::Tampered => ErrorKind::Storage,
            Self::Conflict | Self::Taken => ErrorKind::InvalidRequest,
        };
        Error::new(kind, format!("the account `{account}` {self}")).with_source(self)
    }

    /// One word for the audit trail.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::Disabled => "disabled",
            Self::MasterKeyMissing(_) => "master_key_missing",
            Self::Tampered => "tampered",
            Self::Conflict => "conflict",
            Self::Taken => "taken",
        }
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAccount => f.write_str("is not in the vault: add it, or make another the default"),
            Self::Disabled => f.write_str("is disabled"),
            Self::MasterKeyMissing(id) => {
                write!(
                    f,
                    "is sealed with the master key {id}, which was not given: give it as a further line"
                )
            }
            Self::Tampered => {
                f.write_str("was tampered with: its row was changed, or belongs to another one")
            }
            Self::Conflict => f.write_str("was changed by another writer at the same time: try again"),
            Self::Taken => {
                f.write_str("is in the vault already: rotate its credential, or choose another name")
            }
        }
    }
}

impl std::error::Error for VaultError {}
