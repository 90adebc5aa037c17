//! From the command line's options to the library.

use std::path::Path;

use ai::{Ai, AiBuilder, Config, Error, ErrorKind, Route};

use crate::failure::Failure;
use crate::output;

/// The file that is used when there is one and no other is named.
const DEFAULT_FILE: &str = "ai.toml";

/// The library as configured.
pub(crate) fn load(config: Option<&Path>) -> Result<Ai, Failure> {
    Ok(builder(config)?.environment().build()?)
}

/// The library as configured; where nothing at all is configured, the mock, labelled on stderr. Only this program
/// does that: the library says what is missing.
pub(crate) fn load_or_mock(config: Option<&Path>) -> Result<Ai, Failure> {
    let ai = load(config)?;
    if config.is_some() || Path::new(DEFAULT_FILE).exists() {
        return Ok(ai);
    }
    match ai.config().default_connection() {
        Ok(_) => Ok(ai),
        Err(error) if ai.config().is_unconfigured() => {
            output::complain(format_args!(
                "ai: this is the mock, since no provider is configured ({})",
                error.message()
            ));
            Ok(builder(config)?.environment().default_model("mock/mock").build()?)
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
        None => Err(Error::new(
            ErrorKind::Configuration,
            "no database is configured: write `[database]` with `url = \"sqlite:ai.db\"` in ai.toml, set \
             AI_DATABASE_URL, or name one with `--database`",
        )
        .into()),
    }
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
