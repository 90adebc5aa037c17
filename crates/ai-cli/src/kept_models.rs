//! `ai models sync`, `list` and `show`

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use ai::costs::Day;
use ai::models::{KeptModel, SyncOptions, SyncOutcome, SyncReport};
use ai::persistence::{KeptPrice, SqlPrices};
use ai::{Ai, Error, ErrorKind};
use clap::Args;
use serde_json::{Value, json};

use crate::failure::{Failure, exit_code};
use crate::wait::Spinner;
use crate::{output, prices, setup};

/// Ask connections for their models, and keep the lists.
#[derive(Args)]
pub(crate) struct Sync {
    /// The connections; without one all that are configured.
    connections: Vec<String>,
    /// Ask again where a list is fresh.
    #[arg(long)]
    force: bool,
    /// Keep nothing, and say what would change.
    #[arg(long)]
    dry_run: bool,
}

impl Sync {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_kept(config).await?;
        let mut options = SyncOptions::default();
        (options.force, options.dry_run) = (self.force, self.dry_run);
        let spinner = Spinner::start("asking for the models");
        let mut reports = Vec::new();
        for connection in &self.connections {
            reports.push(ai.provider(connection).sync_models(&options).await?);
        }
        if self.connections.is_empty() {
            reports = ai.sync_models(&options).await;
        }
        drop(spinner);
        if json {
            output::json(&reports.iter().map(as_json).collect::<Vec<_>>())?;
        } else if reports.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "no connection is configured").into());
        } else {
            reports.iter().try_for_each(told)?;
        }
        let worst = reports.iter().filter_map(failure).map(|error| exit_code(error.kind())).max();
        Ok(ExitCode::from(worst.unwrap_or_default()))
    }
}

fn failure(report: &SyncReport) -> Option<&Error> {
    match &report.outcome {
        SyncOutcome::Failed(error) => Some(error),
        _ => None,
    }
}

fn outcome(report: &SyncReport) -> &'static str {
    match report.outcome {
        SyncOutcome::Synced => "synced",
        SyncOutcome::DryRun => "dry run",
        SyncOutcome::Fresh => "fresh",
        _ => "failed",
    }
}

fn as_json(report: &SyncReport) -> Value {
    json!({
        "connection": report.connection,
        "driver": report.driver,
        "outcome": outcome(report),
        "error": failure(report).map(ToString::to_string),
        "models": report.models,
        "kinds": report.kinds,
        "added": report.added,
        "updated": report.updated,
        "removed": report.removed,
        "synced": report.synced.map(prices::moment),
        "fresh_until": report.fresh_until.map(prices::moment),
    })
}

fn told(report: &SyncReport) -> Result<(), Failure> {
    let SyncReport { connection, models, added, updated, removed, .. } = report;
    if let Some(error) = failure(report) {
        return Ok(output::line(format!("{connection}: failed, {models} models are kept: {error}"))?);
    }
    let kinds: Vec<_> = report.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let until = report.fresh_until.map(|until| format!(", fresh until {}", prices::moment(until)));
    output::line(format!(
        "{connection}: {}, {models} models{kinds}{}; {} added, {} updated, {} removed",
        outcome(report),
        until.unwrap_or_default(),
        added.len(),
        updated.len(),
        removed.len(),
    ))?;
    for (sign, ids) in [("+", added), ("~", updated), ("-", removed)] {
        ids.iter().try_for_each(|id| output::line(format!("  {sign} {id}")))?;
    }
    Ok(())
}

/// List the models that were kept.
#[derive(Args)]
pub(crate) struct List {
    /// The connection; without it all.
    connection: Option<String>,
    /// Those too that are gone.
    #[arg(long)]
    all: bool,
    /// Only of this kind, such as `chat` or `embedding`.
    #[arg(long)]
    kind: Option<String>,
}

impl List {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_kept(config).await?;
        let mut models = ai.kept_models().kept(self.connection.as_deref()).await?;
        if models.is_empty() {
            return Err(none(self.connection.as_deref()));
        }
        models.retain(|model| self.all || model.removed.is_none());
        if let Some(kind) = &self.kind {
            models.retain(|model| self::kind(model).as_ref() == Some(kind));
        }
        if json {
            output::json(&models.iter().map(kept).collect::<Vec<_>>())?;
            return Ok(ExitCode::SUCCESS);
        }
        for model in &models {
            let kind = kind(model).unwrap_or_else(|| "-".to_owned());
            let gone = if model.removed.is_some() { "  gone" } else { "" };
            output::line(format!("{}/{}  {kind}{gone}", model.connection, model.info.id))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn none(connection: Option<&str>) -> Failure {
    let whose = connection.map(|name| format!(" of `{name}`")).unwrap_or_default();
    Failure::Input(format!("no list{whose} is kept: run `ai models sync`"))
}

fn kind(model: &KeptModel) -> Option<String> {
    match serde_json::to_value(model.info.kind?) {
        Ok(Value::String(word)) => Some(word),
        _ => None,
    }
}

fn kept(model: &KeptModel) -> Value {
    json!({
        "connection": model.connection,
        "driver": model.driver,
        "id": model.info.id,
        "kind": model.info.kind,
        "info": model.info,
        "first_seen": prices::moment(model.first_seen),
        "removed": model.removed.map(prices::moment),
    })
}

/// Show what is known of a model.
#[derive(Args)]
pub(crate) struct Show {
    /// The model, as `connection/model` or alone.
    model: String,
}

impl Show {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_kept(config).await?;
        let all = ai.kept_models().kept(None).await?;
        if all.is_empty() {
            return Err(none(None));
        }
        let full = |model: &KeptModel| format!("{}/{}", model.connection, model.info.id);
        let named: Vec<_> =
            all.iter().filter(|model| full(model) == self.model || model.info.id == self.model).collect();
        if named.is_empty() {
            let near: Vec<_> =
                all.iter().map(full).filter(|name| name.contains(&self.model)).take(5).collect();
            let near = if near.is_empty() { "see `ai models list`".to_owned() } else { near.join(", ") };
            return Err(Failure::Input(format!("`{}` is in no list that is kept: {near}", self.model)));
        }
        let mut shown = Vec::new();
        for model in named {
            let history = costs(&ai, model).await?;
            if json {
                let mut value = kept(model);
                if let Some(object) = value.as_object_mut() {
                    object.insert("prices".to_owned(), history.iter().map(prices::as_json).collect());
                }
                shown.push(value);
            } else {
                print(model, &history)?;
            }
        }
        if json {
            output::json(&shown)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The prices of a model: those of its connection and those of its driver.
async fn costs(ai: &Ai, model: &KeptModel) -> Result<Vec<KeptPrice>, Error> {
    let database = ai.database().ok_or_else(setup::no_database)?;
    let all = SqlPrices::new(database.clone());
    let mut prices = all.history(Some(&model.driver), Some(&model.info.id)).await?;
    if model.connection != model.driver {
        prices.extend(all.history(Some(&model.connection), Some(&model.info.id)).await?);
    }
    Ok(prices)
}

fn print(model: &KeptModel, history: &[KeptPrice]) -> Result<(), Failure> {
    let day = |at: SystemTime| Day::of(at);
    output::line(format!("{}/{}", model.connection, model.info.id))?;
    let row = |what: &str, value: Option<String>| match value {
        Some(value) => output::line(format!("  {what:<18}{value}")),
        None => Ok(()),
    };
    let info = &model.info;
    row("driver", Some(model.driver.clone()))?;
    row("kind", kind(model))?;
    row("name", info.name.clone())?;
    row("offered by", info.owned_by.clone())?;
    row("made", info.created.map(|at| day(at).to_string()))?;
    row("switched off", info.shutdown.clone())?;
    row("context", info.capabilities.context_tokens.map(|count| format!("{count} tokens")))?;
    row("longest answer", info.capabilities.max_output_tokens.map(|count| format!("{count} tokens")))?;
    let flags = serde_json::to_value(&info.capabilities).unwrap_or_default();
    let flags = flags.as_object().into_iter().flatten();
    for (name, known) in flags.filter_map(|(name, known)| known.as_bool().map(|known| (name, known))) {
        row(&name.replace('_', " "), Some(if known { "yes" } else { "no" }.to_owned()))?;
    }
    row("first seen", Some(day(model.first_seen).to_string()))?;
    row("gone since", model.removed.map(|at| day(at).to_string()))?;
    history.iter().try_for_each(|price| row("price", Some(prices::told(price))))?;
    Ok(())
}
