//! `ai budgets`

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use ai::Money;
use ai::costs::{Budget, BudgetStatus, Budgets as _, Dimension, Mode, Period, Scope, Zone};
use ai::persistence::SqlBudgets;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::json;

use crate::db::confirm;
use crate::failure::Failure;
use crate::{output, setup};

/// Set limits on what is spent, which the database holds all programs to that use it.
#[derive(Args)]
pub(crate) struct Budgets {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Set a budget, in place of one of the same name. What is spent of that stays when scope, period and zone stay.
    Set(Set),
    /// List the budgets.
    List,
    /// Show how they stand: for each whose money it is, what is spent, reserved and left in the current period.
    Check {
        /// Only this one.
        name: Option<String>,
    },
    /// Forget what is spent of one, as if its period began now.
    Reset {
        /// Which.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Remove one, with what was spent of it.
    Remove {
        /// Which.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
struct Set {
    /// Its name.
    name: String,
    /// How much may be spent, such as 20 or 0.50.
    #[arg(long)]
    limit: String,
    /// In which currency: calls in another are refused, nothing is converted.
    #[arg(long, default_value = "USD")]
    currency: String,
    /// For how long: request, day, week, month, year, total, or a length that rolls on, such as 24h or 7d.
    #[arg(long, default_value = "month", value_parser = period)]
    period: Period,
    /// A limit for each of these by itself; without it one for all calls together.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Only this one of them.
    #[arg(long, requires = "by")]
    only: Option<String>,
    /// Where days begin, such as Europe/Berlin.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// Only tell when it is reached, and refuse nothing.
    #[arg(long)]
    soft: bool,
    /// Let calls pass whose price is not known.
    #[arg(long)]
    allow_unknown_prices: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Organisation,
    Project,
    User,
    Conversation,
    Key,
    Connection,
    Model,
}

impl From<By> for Dimension {
    fn from(by: By) -> Self {
        match by {
            By::Organisation => Self::Organisation,
            By::Project => Self::Project,
            By::User => Self::User,
            By::Conversation => Self::Conversation,
            By::Key => Self::Key,
            By::Connection => Self::Connection,
            By::Model => Self::Model,
        }
    }
}

fn period(text: &str) -> Result<Period, String> {
    Ok(match text {
        "request" => Period::Request,
        "day" => Period::Day,
        "week" => Period::Week,
        "month" => Period::Month,
        "year" => Period::Year,
        "total" => Period::Total,
        _ => {
            let wrong =
                || "write request, day, week, month, year, total, or a length such as 24h or 7d".to_owned();
            let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
            let seconds = match unit {
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return Err(wrong()),
            };
            let number: u64 = number.parse().map_err(|_| wrong())?;
            Period::Rolling(Duration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?))
        }
    })
}

impl Set {
    fn budget(&self) -> Result<Budget, Failure> {
        let wrong = |what: String| Failure::Input(what);
        let amount = self
            .limit
            .parse()
            .map_err(|_| wrong(format!("`{}` is no amount: write 20 or 0.50", self.limit)))?;
        let currency = ai::Currency::new(&self.currency)
            .ok_or_else(|| wrong(format!("`{}` is no currency: write a code such as USD", self.currency)))?;
        let zone: Zone = self.zone.parse().map_err(|error: ai::Error| wrong(error.message().to_owned()))?;
        let scope = match (self.by, &self.only) {
            (None, _) => Scope::everything(),
            (Some(by), None) => Scope::each(by.into()),
            (Some(by), Some(only)) => Scope::only(by.into(), only),
        };
        let mut budget =
            Budget::new(&self.name, scope, self.period, Money::new(amount, currency)).in_zone(zone);
        if self.soft {
            budget = budget.soft();
        }
        if self.allow_unknown_prices {
            budget = budget.allowing_unknown_prices();
        }
        Ok(budget)
    }
}

impl Budgets {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_kept(config).await?;
        let Some(database) = ai.database() else {
            return Err(Failure::Input(
                "budgets are kept in a database: set `[database] url` in ai.toml".to_owned(),
            ));
        };
        self.act(&SqlBudgets::new(database.clone()), json).await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn act(&self, budgets: &SqlBudgets, json: bool) -> Result<(), Failure> {
        match &self.action {
            Action::Set(set) => Ok(budgets.define(set.budget()?).await?),
            Action::List => list(&budgets.list().await?, json),
            Action::Check { name } => {
                let known = budgets.list().await?;
                if let Some(name) =
                    name.as_ref().filter(|name| known.iter().all(|budget| budget.name != **name))
                {
                    return Err(missing(name));
                }
                let all = budgets.status(now()).await?;
                let wanted = |status: &BudgetStatus| name.as_ref().is_none_or(|name| status.budget == *name);
                check(&all.into_iter().filter(wanted).collect::<Vec<_>>(), json)
            }
            Action::Reset { name, yes } => {
                if !yes {
                    confirm(&format!("This forgets what is spent of the budget `{name}`."))?;
                }
                if budgets.reset(name).await? { Ok(()) } else { Err(missing(name)) }
            }
            Action::Remove { name, yes } => {
                if !yes {
                    confirm(&format!("This removes the budget `{name}` with what was spent of it."))?;
                }
                if budgets.remove(name).await? { Ok(()) } else { Err(missing(name)) }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a command line is asked now")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn missing(name: &str) -> Failure {
    Failure::Input(format!("there is no budget `{name}`; `ai budgets list` tells which there are"))
}

fn list(budgets: &[Budget], json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::json(budgets)?);
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["name", "whose", "period", "limit", "kind"]);
    for budget in budgets {
        let kind = if budget.mode == Mode::Hard { "hard" } else { "soft" };
        let period = match budget.zone == Zone::UTC {
            true => budget.period.to_string(),
            false => format!("{} in {}", budget.period, budget.zone),
        };
        table.add_row([&budget.name, &budget.scope.to_string(), &period, &budget.limit.to_string(), kind]);
    }
    output::line(table.to_string())?;
    Ok(())
}

fn check(all: &[BudgetStatus], json: bool) -> Result<(), Failure> {
    if json {
        let row = |status: &BudgetStatus| {
            json!({
                "budget": status.budget, "subject": status.subject, "limit": status.limit, "spent": status.spent.normalize(),
                "reserved": status.reserved.normalize(), "left": status.left().normalize(), "unpriced": status.unpriced,
            })
        };
        return Ok(output::json(&all.iter().map(row).collect::<Vec<_>>())?);
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["budget", "whose", "spent", "reserved", "left", "limit"]);
    for status in all {
        let amount = |amount: String| Cell::new(amount).set_alignment(CellAlignment::Right);
        let whose = if status.subject.is_empty() { "all" } else { &status.subject };
        table.add_row([
            Cell::new(&status.budget),
            Cell::new(whose),
            amount(status.spent.normalize().to_string()),
            amount(status.reserved.normalize().to_string()),
            amount(status.left().normalize().to_string()),
            amount(status.limit.to_string()),
        ]);
    }
    output::line(table.to_string())?;
    Ok(())
}
