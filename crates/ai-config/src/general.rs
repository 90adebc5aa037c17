//! Tables of the top level that belong to no connection.

use laravel_ai_core::{Result, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Config;
use crate::problem::into_error;
use crate::read::{Scope, read};

/// Prices of the application's own.
pub(crate) const PRICES: &str = "prices";
/// Where everything is kept.
pub(crate) const DATABASE: &str = "database";

/// `[database]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DatabaseSettings {
    /// Which one: `sqlite:FILE`, `postgres://…` or `mysql://…`. It may hold a password.
    pub url: Option<Secret>,
}

impl Config {
    /// The table `[prices]`, read as whoever reckons costs has it; the default when there is none.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use ai_config::Config;
    ///
    /// let config = Config::parse("ai.toml", "[prices]\n\"local/*\" = \"free\"")?;
    /// let prices: BTreeMap<String, String> = config.prices()?;
    /// assert_eq!(prices["local/*"], "free");
    /// # Ok::<_, laravel_ai_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](laravel_ai_core::ErrorKind::Configuration) with everything in it that does not fit.
    pub fn prices<T: DeserializeOwned + Default>(&self) -> Result<T> {
        self.section(PRICES, "[prices]")
    }

    /// The table `[database]`.
    ///
    /// ```
    /// use ai_config::Config;
    ///
    /// let config = Config::parse("ai.toml", "[database]\nurl = \"sqlite:ai.db\"")?;
    /// assert_eq!(config.database()?.url.map(|url| url.expose().to_owned()).as_deref(), Some("sqlite:ai.db"));
    /// # Ok::<_, laravel_ai_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](laravel_ai_core::ErrorKind::Configuration) with everything in it that does not fit.
    pub fn database(&self) -> Result<DatabaseSettings> {
        self.section(DATABASE, "[database]")
    }

    fn section<T: DeserializeOwned + Default>(&self, name: &str, label: &str) -> Result<T> {
        let Some(entry) = self.general.entry(name) else { return Ok(T::default()) };
        let nothing = |_: &str| -> &'static [&'static str] { &[] };
        let scope = Scope { path: name, label, also: &[], variables: &nothing };
        read(&entry.node, &self.resolver, &scope).map_err(into_error)
    }
}
