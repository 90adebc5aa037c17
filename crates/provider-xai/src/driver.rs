//! The driver for xAI.

use std::sync::Arc;

use laravel_ai_core::{Driver, Provider, Resources, Result};

use crate::account::Account;
use crate::config::Config;

/// The driver `xai`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Xai;

impl Xai {
    pub(crate) const DRIVER: &'static str = "xai";

    /// An account at xAI, for what only xAI has; [`connect`](Driver::connect) gives the same as a provider.
    ///
    /// # Errors
    /// [`Configuration`](laravel_ai_core::ErrorKind::Configuration) for a key, header or base URL that can't be used, and for a
    /// missing key where no [`Credentials`](laravel_ai_core::Credentials) port gives one.
    pub fn account(connection: &str, config: Config, resources: &Resources) -> Result<Account> {
        Account::open(connection, config, resources)
    }
}

impl Driver for Xai {
    const NAME: &'static str = Self::DRIVER;
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        Ok(Arc::new(Self::account(connection, config, resources)?))
    }
}
