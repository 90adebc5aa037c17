//! The vault: credentials that only this library with its master key can read.

mod account;
mod credentials;
mod envelope;
mod error;
mod master_key;
mod store;
mod tables;

pub use account::{Account, AccountName};
pub use error::VaultError;
pub use master_key::MasterKeys;
pub use store::Vault;
pub(crate) use tables::STEP;
