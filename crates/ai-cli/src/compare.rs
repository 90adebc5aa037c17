//! `ai costs compare`

use std::path::Path;
use std::process::ExitCode;

use ai::Money;
use ai::persistence::{Grouping, Total};
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::json;

use crate::failure::Failure;
use crate::ledger::{Which, ledger};
use crate::{output, setup};

/// Compare what models cost.
#[derive(Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    which: Which,
}

impl Compare {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ledger = ledger(&setup::load_kept(config).await?)?;
        let by = [Grouping::Connection, Grouping::Model];
        let totals = ledger.totals(&self.which.filter()?, &by).await?;
        if json {
            output::json(&totals.iter().map(as_json).collect::<Vec<_>>())?;
        } else if totals.is_empty() {
            output::line("nothing was tried")?;
        } else {
            output::line(table(&totals).to_string())?;
            if totals.iter().any(|total| total.unpriced > 0) {
                output::complain(
                    "Attempts of unknown cost are unpriced; with them it is more than what stands here.",
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What so many cost of which `count` cost all, to twelve decimal places.
fn share(cost: Option<Money>, of: u64, count: u64) -> Option<Money> {
    let cost = cost?;
    let amount = cost.amount.checked_mul(of.into())?.checked_div(count.into())?;
    Some(Money::new(amount.round_dp(12).normalize(), cost.currency))
}

fn names(total: &Total) -> [&str; 2] {
    [0, 1].map(|place| total.names.get(place).and_then(Option::as_deref).unwrap_or_default())
}

fn as_json(total: &Total) -> serde_json::Value {
    let [connection, model] = names(total);
    let amount = |money: Option<Money>| money.map(|money| money.amount.to_string());
    json!({
        "connection": connection,
        "model": model,
        "attempts": total.attempts,
        "answered": total.answered,
        "unpriced": total.unpriced,
        "cost": total.cost,
        "per_thousand_calls": amount(share(total.cost, 1_000, total.attempts)),
        "per_answer": amount(share(total.cost, 1, total.answered)),
    })
}

fn table(totals: &[Total]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["model", "attempts", "answered", "unpriced", "cost", "per 1,000 calls", "per answer"]);
    for total in totals {
        let [connection, model] = names(total);
        let money =
            |money: Option<Money>| money.map_or_else(|| "unknown".to_owned(), |money| money.to_string());
        let mut row = vec![Cell::new(format!("{connection}/{model}"))];
        let numbers = [total.attempts, total.answered, total.unpriced].map(|number| number.to_string());
        let costs = [
            money(total.cost),
            money(share(total.cost, 1_000, total.attempts)),
            money(share(total.cost, 1, total.answered)),
        ];
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        row.extend(numbers.into_iter().chain(costs).map(right));
        table.add_row(row);
    }
    table
}
