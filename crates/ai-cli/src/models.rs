//! `ai models`

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::kept_models::{List, Show, Sync};
use crate::pull::{Pull, Running};
use crate::wait::Spinner;
use crate::{output, setup};

/// List the models of a connection, keep the lists of all, or fetch a model onto a server.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Models {
    #[command(subcommand)]
    action: Option<Action>,
    /// The connection; without it the default one.
    connection: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// Fetch a model onto an Ollama server. Ctrl-C stops it; fetching it again goes on from there.
    Pull(Pull),
    /// List the models in the memory of an Ollama server.
    Ps(Running),
    /// Ask all connections for their models and keep the lists in the database. Lists of the last 12 hours are not asked for again.
    Sync(Sync),
    /// List the models that were kept.
    List(List),
    /// Show what is known of a model, and what it costs.
    Show(Show),
}

impl Models {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        match &self.action {
            None => self.list(config, json).await,
            Some(Action::Pull(pull)) => pull.run(config, json).await,
            Some(Action::Ps(running)) => running.run(config, json).await,
            Some(Action::Sync(sync)) => sync.run(config, json).await,
            Some(Action::List(list)) => list.run(config, json).await,
            Some(Action::Show(show)) => show.run(config, json).await,
        }
    }

    async fn list(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
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
