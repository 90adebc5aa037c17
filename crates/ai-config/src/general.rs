//! Tables of the top level that belong to no connection.

use std::num::NonZeroU64;
use std::time::Duration;

use laravel_ai_core::{Result, Secret};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::Config;
use crate::problem::into_error;
use crate::read::{Scope, read};
use crate::settings::duration::Seconds;

/// Prices of the application's own.
pub(crate) const PRICES: &str = "prices";
/// Where everything is kept.
pub(crate) const DATABASE: &str = "database";

/// Answers that are given again.
pub(crate) const CACHE: &str = "cache";

/// `[cache]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CacheSettings {
    /// Whether anything is kept.
    pub enabled: bool,
    /// For how long answers and vectors are given again; none are unless this is set.
    #[serde(deserialize_with = "length")]
    pub answers: Option<Duration>,
    /// For how long after that they are given where the vendor fails.
    #[serde(deserialize_with = "length")]
    pub stale_if_error: Option<Duration>,
    /// For how long lists of models are given again; an hour unless this is set.
    #[serde(deserialize_with = "length")]
    pub models: Option<Duration>,
    /// Whether users of one tenant share no answers.
    pub per_user: bool,
    /// About how many bytes are kept; 64 MiB unless this is set.
    pub max_bytes: Option<NonZeroU64>,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            answers: None,
            stale_if_error: None,
            models: None,
            per_user: false,
            max_bytes: None,
        }
    }
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Duration>, D::Error> {
    Seconds::deserialize(deserializer).map(|Seconds(length)| Some(length))
}

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

    /// The table `[cache]`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ai_config::Config;
    ///
    /// let config = Config::parse("ai.toml", "[cache]\nanswers = \"10m\"")?;
    /// assert_eq!(config.cache()?.answers, Some(Duration::from_secs(600)));
    /// # Ok::<_, laravel_ai_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](laravel_ai_core::ErrorKind::Configuration) with everything in it that does not fit.
    pub fn cache(&self) -> Result<CacheSettings> {
        self.section(CACHE, "[cache]")
    }

    fn section<T: DeserializeOwned + Default>(&self, name: &str, label: &str) -> Result<T> {
        let Some(entry) = self.general.entry(name) else { return Ok(T::default()) };
        let nothing = |_: &str| -> &'static [&'static str] { &[] };
        let scope = Scope { path: name, label, also: &[], variables: &nothing };
        read(&entry.node, &self.resolver, &scope).map_err(into_error)
    }
}
