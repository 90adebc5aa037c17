//! `ai models`

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::wait::Spinner;
use crate::{output, setup};

/// List the models of a connection.
#[derive(Args)]
pub(crate) struct Models {
    /// The connection; without it the default one.
    connection: Option<String>,
}

impl Models {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_or_mock(config)?;
        let route = match &self.connection {
            Some(connection) => ai.provider(connection),
            None => ai.route(),
        };
        let spinner = Spinner::start("asking for the models");
        let models = route.models().await;
        drop(spinner);
        let mut models = models?;
        models.sort_by(|a, b| a.id.cmp(&b.id));
        if json {
            output::json(&models)?;
        } else {
            models.iter().try_for_each(|model| output::line(&model.id))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
