//! Between rows and entries.

use std::sync::Arc;
use std::time::Duration;

use ai_costs::{LedgerEntry, Unpriced};
use laravel_ai_core::{AttemptId, Context, Cost, Error, ErrorKind, Labels, Result, RunId, Target, Usage};
use sea_orm::{DbBackend, DbErr, QueryResult, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::tables::NAME;
use crate::amount;
use crate::failure::failed;
use crate::instant::{from_micros, to_micros};

pub(super) const COLUMNS: [&str; 22] = [
    "id",
    "run_id",
    "step",
    "modality",
    "driver",
    "connection",
    "model",
    "tenant",
    "user_id",
    "project",
    "conversation",
    "started_at",
    "latency",
    "first_content",
    "outcome",
    "error",
    "input_tokens",
    "output_tokens",
    "cost_amount",
    "cost_currency",
    "overran",
    "details",
];

/// What no question is asked about, and what has to come back to the last digit and letter.
#[derive(Serialize, Deserialize)]
struct Details {
    target: Target,
    labels: Arc<Labels>,
    usage: Usage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    served: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_tier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unpriced: Option<Unpriced>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// The values of [`COLUMNS`].
pub(super) fn values(backend: DbBackend, entry: LedgerEntry) -> Result<Vec<Value>> {
    let LedgerEntry { attempt, run, step, modality, target, labels, usage, cost, .. } = &entry;
    let money = cost.as_ref().map(|cost| &cost.money);
    let outcome = word(&entry.outcome)?;
    let (modality, error) = (word(modality)?, entry.error.as_ref().map(word).transpose()?);
    let name = |text: &str| text.chars().take(NAME as usize).collect::<String>();
    let label = |text: &Option<String>| Value::from(text.as_deref().map(name));
    let mut values: Vec<Value> = vec![
        (*attempt.as_uuid()).into(),
        (*run.as_uuid()).into(),
        i64::from(*step).into(),
        modality.into(),
        name(target.driver()).into(),
        name(target.connection()).into(),
        name(target.model()).into(),
        label(&labels.tenant),
        label(&labels.user),
        label(&labels.project),
        label(&labels.conversation),
        to_micros(entry.started).into(),
        micros(entry.latency).into(),
        entry.first_content.map(micros).into(),
        outcome.into(),
        error.into(),
        usage.input.map(count).into(),
        usage.output.map(count).into(),
        match money {
            Some(money) => amount::to_value(backend, money.amount)?,
            None => amount::null(backend),
        },
        money.map(|money| money.currency.as_str().to_owned()).into(),
        entry.overran.into(),
    ];
    let details = Details {
        target: entry.target,
        labels: entry.labels,
        usage: entry.usage,
        served: entry.served,
        service_tier: entry.service_tier,
        cost: entry.cost,
        unpriced: entry.unpriced,
        request_id: entry.request_id,
    };
    let details = serde_json::to_string(&details).map_err(|_| unwritable())?;
    values.push(details.into());
    Ok(values)
}

pub(super) fn entry(row: &QueryResult) -> Result<LedgerEntry> {
    let column = |cause: DbErr| failed("a row of the ledger could not be read", &cause);
    let details: String = row.try_get("", "details").map_err(column)?;
    let details: Details = serde_json::from_str(&details).map_err(|_| unreadable("details"))?;
    let started: i64 = row.try_get("", "started_at").map_err(column)?;
    let mut entry = LedgerEntry::new(&Context::new(), details.target, from_micros(started));
    entry.attempt = AttemptId::from(row.try_get::<Uuid>("", "id").map_err(column)?);
    entry.run = RunId::from(row.try_get::<Uuid>("", "run_id").map_err(column)?);
    entry.step = u32::try_from(row.try_get::<i64>("", "step").map_err(column)?).unwrap_or_default();
    entry.modality = meaning("modality", &row.try_get::<String>("", "modality").map_err(column)?)?;
    entry.outcome = meaning("outcome", &row.try_get::<String>("", "outcome").map_err(column)?)?;
    let error: Option<String> = row.try_get("", "error").map_err(column)?;
    entry.error = error.map(|error| meaning("error", &error)).transpose()?;
    entry.latency = length(row.try_get("", "latency").map_err(column)?);
    let first_content: Option<i64> = row.try_get("", "first_content").map_err(column)?;
    entry.first_content = first_content.map(length);
    entry.overran = row.try_get("", "overran").map_err(column)?;
    entry.served = details.served;
    entry.service_tier = details.service_tier;
    entry.labels = details.labels;
    entry.usage = details.usage;
    entry.cost = details.cost;
    entry.unpriced = details.unpriced;
    entry.request_id = details.request_id;
    Ok(entry)
}

/// A value without fields as the word that it is stored as.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(unwritable()),
    }
}

fn meaning<T: DeserializeOwned>(column: &str, word: &str) -> Result<T> {
    serde_json::from_value(word.into()).map_err(|_| unreadable(column))
}

fn unwritable() -> Error {
    Error::new(ErrorKind::InvalidRequest, "a row of the ledger can't be written as JSON")
}

fn unreadable(column: &str) -> Error {
    let what = format!("the column `{column}` of the ledger holds what this version can't read");
    Error::new(ErrorKind::Storage, what)
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

fn length(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

fn count(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
