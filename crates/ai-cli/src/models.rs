//! `ai models`

use std::path::Path;
use std::process::ExitCode;

use ai::Context;
use clap::Args;

use crate::failure::Failure;
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
        let mut models = route.catalog()?.models(&Context::new()).await?;
        models.sort_by(|a, b| a.id.cmp(&b.id));
        if json {
            output::json(&models)?;
        } else {
            models.iter().try_for_each(|model| output::line(&model.id))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
