//! From the command line's options to the library.

use std::path::Path;

use ai::{Ai, AiBuilder, Config, Route};

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
