//! From the command line's options to the library.

use std::path::Path;
use std::sync::Arc;

use ai::{Ai, AiBuilder, Config, Error, ErrorKind, MemoryStore, Route};

use crate::failure::Failure;
use crate::output;

/// The file that is used when there is one and no other is named.
const DEFAULT_FILE: &str = "ai.toml";

/// The library as configured, for what keeps no conversations: a database is left alone.
pub(crate) fn load(config: Option<&Path>) -> Result<Ai, Failure> {
    Ok(builder(config)?.environment().store(Arc::new(MemoryStore::new())).build()?)
}

/// The library as configured, with its database.
///
/// # Errors
/// When none is configured.
pub(crate) async fn load_kept(config: Option<&Path>) -> Result<Ai, Failure> {
    let ai = builder(config)?.environment().start().await?;
    match ai.database() {
        Some(_) => Ok(ai),
        None => Err(no_database().into()),
    }
}

/// The library as configured; where nothing at all is configured, the mock, labelled on stderr. Only this program
/// does that: the library says what is missing.
pub(crate) fn load_or_mock(config: Option<&Path>) -> Result<Ai, Failure> {
    match mock_instead(config, &load(config)?)? {
        Some(builder) => Ok(builder.store(Arc::new(MemoryStore::new())).build()?),
        None => load(config),
    }
}

/// The same with the database, where one is configured.
pub(crate) async fn load_or_mock_kept(config: Option<&Path>) -> Result<Ai, Failure> {
    let builder = match mock_instead(config, &load(config)?)? {
        Some(builder) => builder,
        None => builder(config)?.environment(),
    };
    Ok(builder.start().await?)
}

/// The library with the mock, where `ai` has nothing to ask.
fn mock_instead(config: Option<&Path>, ai: &Ai) -> Result<Option<AiBuilder>, Failure> {
    if config.is_some() || Path::new(DEFAULT_FILE).exists() {
        return Ok(None);
    }
    match ai.config().default_connection() {
        Ok(_) => Ok(None),
        Err(error) if ai.config().is_unconfigured() => {
            output::complain(format_args!(
                "ai: this is the mock, since no provider is configured ({})",
                error.message()
            ));
            Ok(Some(builder(config)?.environment().default_model("mock/mock")))
        }
        Err(error) => Err(error.into()),
    }
}

/// The database: the one that is named, else that of the configuration.
pub(crate) fn database_url(config: Option<&Path>, named: Option<&str>) -> Result<String, Failure> {
    if let Some(url) = named {
        return Ok(url.to_owned());
    }
    match load(config)?.config().database()?.url {
        Some(url) => Ok(url.expose().to_owned()),
        None => Err(no_database().into()),
    }
}

pub(crate) fn no_database() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "no database is configured: write `[database]` with `url = \"sqlite:ai.db\"` in ai.toml, or set \
         AI_DATABASE_URL",
    )
}

/// The way to this model, or to the default one.
pub(crate) fn route(ai: &Ai, model: Option<&str>) -> Route {
    match model {
        Some(model) => ai.model(model),
        None => ai.route(),
    }
}

fn builder(config: Option<&Path>) -> Result<AiBuilder, Failure> {
    let builder = Ai::builder();
    let file = match config {
        Some(file) => file,
        None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
        None => return Ok(builder),
    };
    Ok(builder.config(Config::from_file(file)?))
}
