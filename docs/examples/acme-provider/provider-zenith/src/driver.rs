//! The driver, an account at Zenith, and Zenith's errors.

use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::{
    ChatModel, Description, Driver, Error, ErrorKind, Provider, Resources, Result, Retry, Secret,
};
use provider_http::{Connection, Failure, HttpChatModel};
use serde::Deserialize;
use serde_json::Value;

use crate::encode::Codec;

/// The driver `zenith`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Zenith;

/// What configuration says of a connection to Zenith.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The key.
    pub api_key: Secret,
    /// The root of the API, where it is not Zenith's own.
    pub base_url: Option<String>,
}

impl Driver for Zenith {
    const NAME: &'static str = "zenith";
    type Config = Config;

    fn connect(connection: &str, config: Config, resources: &Resources) -> Result<Arc<dyn Provider>> {
        let base_url = config.base_url.as_deref().unwrap_or("https://api.zenith.example/v3");
        let opened = Connection::new(Self::NAME, connection, base_url, resources)?
            .with_key_header("zenith-key", "")?
            .with_key(&config.api_key)?
            .with_failures(error_of);
        Ok(Arc::new(Account(Arc::new(opened))))
    }
}

#[derive(Debug)]
struct Account(Arc<Connection>);

impl Provider for Account {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn describe(&self) -> Description {
        self.0.describe().with_api("talk, version 3")
    }

    fn chat_model(&self, model: &str) -> Result<Arc<dyn ChatModel>> {
        Ok(Arc::new(HttpChatModel::new(Arc::clone(&self.0), Codec, model)))
    }
}

/// Zenith's own codes go before the status, which says little: a full queue comes as 400.
pub(crate) fn error_of(failure: &Failure) -> Error {
    let body: Value = failure.json().unwrap_or_default();
    let (kind, message) = match body["problem"]["code"].as_str() {
        Some("engine_unknown") => (ErrorKind::ModelNotFound, "Zenith does not know the engine"),
        Some("too_much") => (ErrorKind::ContextTooLong, "the conversation is longer than the engine takes"),
        Some("queue_full") => (ErrorKind::RateLimited, "Zenith's queue is full"),
        Some("tired") => (ErrorKind::Overloaded, "Zenith has no engine free"),
        _ => return failure.default_error(),
    };
    let wait = body["problem"]["wait"].as_u64().map(Duration::from_secs);
    let error = failure.error(kind, message);
    if wait.is_some() { error.with_retry(Retry::SameTarget { after: wait }) } else { error }
}
