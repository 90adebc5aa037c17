//! `ai prices`

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use ai::Error;
use ai::costs::{Day, ModelPrices, Price, Rates};
use ai::persistence::{KeptPrice, PriceSource, SqlPrices};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{output, setup};

/// Set prices of your own, and see those that were written down.
#[derive(Args)]
pub(crate) struct PricesCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the prices that are kept: those of your own, and what price lists said when the models were synced.
    List {
        /// Of a connection or a driver; without it of all.
        owner: Option<String>,
    },
    /// Set what a million tokens of a model cost, in US dollars. It holds for programs that are started afterwards; ai.toml
    /// comes before it.
    Set(Set),
    /// Take your own prices of a model away.
    Remove {
        /// The model, as `work/acme-1`; `local/*` is all of a connection or driver.
        model: String,
    },
}

#[derive(Args)]
struct Set {
    /// The model, as `work/acme-1`: a connection or a driver, a slash, and a model; `local/*` is all of them.
    model: String,
    /// What a million tokens cost that go in.
    #[arg(long, required_unless_present = "free", requires = "output", value_name = "USD")]
    input: Option<String>,
    /// What a million tokens cost that come out.
    #[arg(long, requires = "input", value_name = "USD")]
    output: Option<String>,
    /// What a million tokens cost that the vendor's cache held.
    #[arg(long, requires = "input", value_name = "USD")]
    cached_input: Option<String>,
    /// Everything is free.
    #[arg(long, conflicts_with_all = ["input", "output", "cached_input"])]
    free: bool,
    /// From this day on, as YYYY-MM-DD in UTC; without it always.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
}

impl PricesCommand {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_kept(config).await?;
        let prices = SqlPrices::new(ai.database().ok_or_else(setup::no_database)?.clone());
        match &self.action {
            Action::List { owner } => {
                let all = prices.history(owner.as_deref(), None).await?;
                if json {
                    output::json(&all.iter().map(as_json).collect::<Vec<_>>())?;
                } else if all.is_empty() {
                    output::line("no prices are kept; those of the release hold")?;
                } else {
                    let line = |price: &KeptPrice| {
                        output::line(format!("{}/{}  {}", price.owner, price.model, told(price)))
                    };
                    all.iter().try_for_each(line)?;
                }
            }
            Action::Set(set) => {
                let (owner, model) = named(&set.model)?;
                prices.set(owner, model, &set.prices()?, now()).await.map_err(invalid)?;
            }
            Action::Remove { model } => {
                let (owner, name) = named(model)?;
                if !prices.remove(owner, name).await? {
                    return Err(Failure::Input(format!("no price of your own is kept for `{model}`")));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Set {
    fn prices(&self) -> Result<ModelPrices, Failure> {
        let price = |text: &Option<String>| -> Result<Option<Price>, Failure> {
            text.as_deref().map(str::parse).transpose().map_err(invalid)
        };
        let mut rates = Rates::FREE;
        if let (Some(input), Some(output)) = (price(&self.input)?, price(&self.output)?) {
            rates = Rates::new(input, output);
            rates.cached_input = price(&self.cached_input)?;
        }
        let from: Option<Day> = self.from.as_deref().map(str::parse).transpose().map_err(invalid)?;
        Ok(match from {
            Some(day) => ModelPrices::from_periods([]).then(day, [rates]),
            None => ModelPrices::new(rates),
        })
    }
}

fn invalid(error: Error) -> Failure {
    match error.kind() {
        ai::ErrorKind::Storage => error.into(),
        _ => Failure::Input(error.message().to_owned()),
    }
}

fn named(model: &str) -> Result<(&str, &str), Failure> {
    model.split_once('/').ok_or_else(|| {
        Failure::Input(format!(
            "`{model}` names no model: write a connection or a driver, a slash, and a model"
        ))
    })
}

#[expect(clippy::disallowed_methods, reason = "the program's own clock is the machine's")]
fn now() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn as_json(price: &KeptPrice) -> Value {
    json!({
        "owner": price.owner,
        "model": price.model,
        "source": source(price),
        "currency": price.currency,
        "version": price.version,
        "created": moment(price.created),
        "from": price.period.from,
        "tiers": price.period.tiers,
        "web_search": price.period.web_search,
    })
}

fn source(price: &KeptPrice) -> &'static str {
    match price.source {
        PriceSource::Own => "own",
        _ => "catalogue",
    }
}

/// One line: what a million tokens of the standard tier cost, since when, and who says so.
pub(crate) fn told(price: &KeptPrice) -> String {
    let standard = price.period.tiers.get("standard").and_then(|rows| rows.first());
    let amount = |price: Option<Price>| price.map_or_else(|| "unknown".to_owned(), |price| price.to_string());
    let (input, out) = standard.map_or((None, None), |rates| (rates.input, rates.output));
    let from = price.period.from.map_or_else(|| "always".to_owned(), |day| format!("from {day}"));
    let version = price.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let (input, out) = (amount(input), amount(out));
    format!("{input} in, {out} out per million {}, {from} ({}{version})", price.currency, source(price))
}

/// As `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn moment(at: SystemTime) -> String {
    let day = Day::of(at);
    let seconds = at.duration_since(day.begins()).unwrap_or_default().as_secs();
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
