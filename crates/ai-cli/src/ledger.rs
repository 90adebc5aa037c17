//! `ai logs` and `ai costs`

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use ai::costs::{AttemptOutcome, Day, LedgerEntry};
use ai::persistence::{AttemptFilter, Grouping, SqlLedger, Total};
use ai::{Ai, Error, ErrorKind};
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::json;

use crate::compare::Compare;
use crate::failure::Failure;
use crate::{output, setup};

/// How often a log that is followed looks for more.
const PAUSE: Duration = Duration::from_secs(1);
/// How many characters the longest bar has.
const BAR: usize = 24;

/// Which attempts.
#[derive(Args)]
pub(crate) struct Which {
    /// Only of this user.
    #[arg(long)]
    user: Option<String>,
    /// Only of this project.
    #[arg(long)]
    project: Option<String>,
    /// Only through this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only to this model.
    #[arg(long)]
    model: Option<String>,
    /// Only from this day on, as YYYY-MM-DD in UTC.
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only before this day.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

impl Which {
    pub(crate) fn filter(&self) -> Result<AttemptFilter, Failure> {
        let day = |text: &Option<String>| -> Result<Option<SystemTime>, Failure> {
            let Some(text) = text else { return Ok(None) };
            let day: Day = text.parse().map_err(|error: Error| Failure::Input(error.message().to_owned()))?;
            Ok(Some(day.begins()))
        };
        let mut filter = AttemptFilter::default();
        filter.user.clone_from(&self.user);
        filter.project.clone_from(&self.project);
        filter.connection.clone_from(&self.connection);
        filter.model.clone_from(&self.model);
        (filter.since, filter.until) = (day(&self.since)?, day(&self.until)?);
        Ok(filter)
    }
}

/// List what was tried, the newest first: one line for each request that went out.
#[derive(Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    which: Which,
    /// Only what failed.
    #[arg(long)]
    failed: bool,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: u64,
    /// Go on with what is tried from now on, the oldest first, until Ctrl-C.
    #[arg(long)]
    follow: bool,
}

impl Logs {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ledger = ledger(&setup::load_kept(config).await?)?;
        let mut filter = self.which.filter()?;
        if self.failed {
            filter.outcome = Some(AttemptOutcome::Failed);
        }
        let mut rows = ledger.attempts(&filter, None, self.limit).await?;
        if !self.follow {
            rows.iter().try_for_each(|row| log(row, json))?;
            return Ok(ExitCode::SUCCESS);
        }
        rows.reverse();
        let mut seen = Vec::new();
        loop {
            for row in rows.iter().filter(|row| !seen.contains(&row.attempt)) {
                log(row, json)?;
            }
            if let Some(newest) = rows.iter().map(|row| row.started).max() {
                filter.since = Some(newest);
                seen = rows.iter().filter(|row| row.started == newest).map(|row| row.attempt).collect();
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    return Ok(ExitCode::SUCCESS);
                }
            }
            rows = ledger.attempts(&filter, None, 10_000).await?;
            rows.reverse();
        }
    }
}

fn log(row: &LedgerEntry, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::json(row)?);
    }
    let outcome = match (row.outcome, row.error) {
        (AttemptOutcome::Answered, _) => "answered".to_owned(),
        (AttemptOutcome::Cancelled, _) => "cancelled".to_owned(),
        (_, Some(kind)) => kind.to_string(),
        _ => "failed".to_owned(),
    };
    let tokens = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let cost = row.cost.as_ref().map_or_else(|| "unknown".to_owned(), |cost| cost.money.to_string());
    let seconds = row.latency.as_secs_f64();
    let (input, out) = (tokens(row.usage.input), tokens(row.usage.output));
    let user = row.labels.user.as_deref().unwrap_or("-");
    Ok(output::line(format!(
        "{}  {}  {outcome}  {seconds:.2} s  {input}+{out} tokens  {cost}  user {user}",
        moment(row.started),
        row.target,
    ))?)
}

/// As `YYYY-MM-DD HH:MM:SS` in UTC.
fn moment(at: SystemTime) -> String {
    let day = Day::of(at);
    let seconds = at.duration_since(day.begins()).unwrap_or_default().as_secs();
    format!("{day} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Add up what was spent.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Costs {
    #[command(subcommand)]
    action: Option<CostsAction>,
    #[command(flatten)]
    which: Which,
    /// By what.
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// Print comma-separated values.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Subcommand)]
enum CostsAction {
    /// Compare models: what a thousand calls cost, and what an answer costs when failures are paid too.
    Compare(Compare),
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Day,
    Model,
    User,
    Project,
    Connection,
}

impl Costs {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        if let Some(CostsAction::Compare(compare)) = &self.action {
            return compare.run(config, json).await;
        }
        let ledger = ledger(&setup::load_kept(config).await?)?;
        let (by, title) = match self.by {
            By::Day => (Grouping::Day, "day"),
            By::Model => (Grouping::Model, "model"),
            By::User => (Grouping::User, "user"),
            By::Project => (Grouping::Project, "project"),
            By::Connection => (Grouping::Connection, "connection"),
        };
        let totals = ledger.totals(&self.which.filter()?, &[by]).await?;
        if json {
            output::json(&totals.iter().map(|total| as_json(title, total)).collect::<Vec<_>>())?;
        } else if self.csv {
            csv(title, &totals)?;
        } else if totals.is_empty() {
            output::line("nothing was tried")?;
        } else {
            output::line(table(title, &totals).to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The name of a total by one thing.
fn name(total: &Total) -> Option<&str> {
    total.names.first()?.as_deref()
}

fn as_json(title: &str, total: &Total) -> serde_json::Value {
    json!({
        title: name(total),
        "attempts": total.attempts,
        "answered": total.answered,
        "unpriced": total.unpriced,
        "input_tokens": total.input_tokens,
        "output_tokens": total.output_tokens,
        "cost": total.cost,
    })
}

fn csv(title: &str, totals: &[Total]) -> Result<(), Failure> {
    output::line(format!("{title},attempts,answered,unpriced,input_tokens,output_tokens,cost,currency"))?;
    for total in totals {
        let name = name(total).unwrap_or_default();
        // RFC 4180, section 2.
        let name = match name.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_owned(),
        };
        let (amount, currency) = match total.cost {
            Some(money) => (money.amount.to_string(), money.currency.to_string()),
            None => Default::default(),
        };
        output::line(format!(
            "{name},{},{},{},{},{},{amount},{currency}",
            total.attempts, total.answered, total.unpriced, total.input_tokens, total.output_tokens,
        ))?;
    }
    Ok(())
}

fn table(title: &str, totals: &[Total]) -> Table {
    let amount =
        |total: &Total| total.cost.and_then(|money| f64::try_from(money.amount).ok()).unwrap_or_default();
    let most = totals.iter().map(amount).fold(0.0, f64::max);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([title, "attempts", "answered", "unpriced", "input", "output", "cost", ""]);
    for total in totals {
        let number = |number: u64| Cell::new(number).set_alignment(CellAlignment::Right);
        let cost = total.cost.map_or_else(|| "unknown".to_owned(), |money| money.to_string());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the length of a bar, between 0 and its most"
        )]
        let bar = if most > 0.0 { (amount(total) / most * BAR as f64).round() as usize } else { 0 };
        table.add_row([
            Cell::new(name(total).unwrap_or("-")),
            number(total.attempts),
            number(total.answered),
            number(total.unpriced),
            number(total.input_tokens),
            number(total.output_tokens),
            Cell::new(cost).set_alignment(CellAlignment::Right),
            Cell::new("█".repeat(bar.min(BAR))),
        ]);
    }
    table
}

pub(crate) fn ledger(ai: &Ai) -> Result<SqlLedger, Error> {
    let database = ai.database().ok_or_else(|| Error::from(ErrorKind::Configuration))?;
    Ok(SqlLedger::new(database.clone()))
}
