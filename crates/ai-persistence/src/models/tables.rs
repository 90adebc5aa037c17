//! The tables of connections, of their models and of prices.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Index, Table};

use crate::amount;
use crate::schema::step::{Change, Step, instant, key, text};

pub(super) const PROVIDERS: &str = "ai_providers";
pub(super) const MODELS: &str = "ai_provider_models";
pub(super) const COSTS: &str = "ai_provider_model_costs";

pub(crate) const STEP: Step = Step { name: "m0005_models", up, down };

fn up(backend: DbBackend) -> Vec<Change> {
    let mut providers = Table::create();
    providers
        .table(PROVIDERS)
        .if_not_exists()
        // The name of the connection.
        .col(key(backend, "name", 191).not_null().primary_key())
        .col(key(backend, "driver", 191).not_null())
        .col(instant("synced_at").not_null())
        .col(ColumnDef::new("models").big_integer().not_null());

    let mut models = Table::create();
    models
        .table(MODELS)
        .if_not_exists()
        .col(key(backend, "connection", 191).not_null())
        .col(key(backend, "model", 512).not_null())
        .col(key(backend, "driver", 191).not_null())
        .col(key(backend, "kind", 16))
        .col(ColumnDef::new("is_active").boolean().not_null())
        .col(instant("first_seen_at").not_null())
        .col(instant("synced_at").not_null())
        .col(instant("removed_at"))
        // What the list said, as JSON, and the vendor's own record to the letter.
        .col(text(backend, "info").not_null())
        .col(text(backend, "raw"))
        .primary_key(Index::create().col("connection").col("model"));

    let mut costs = Table::create();
    costs
        .table(COSTS)
        .if_not_exists()
        // A connection or a driver.
        .col(key(backend, "owner", 191).not_null())
        // A model, or a pattern with one `*`.
        .col(key(backend, "model", 400).not_null())
        .col(key(backend, "source", 16).not_null())
        // `YYYY-MM-DD`, or `0000-00-00` for all of the past. Never NULL, which no unique key compares.
        .col(key(backend, "effective_from", 10).not_null())
        .col(key(backend, "currency", 3).not_null())
        // Of the price list that it was taken from.
        .col(key(backend, "version", 64))
        // Of a million tokens of a short prompt in the standard tier, for people; all of it is in `prices`.
        .col(amount::column(backend, "input_price"))
        .col(amount::column(backend, "output_price"))
        .col(instant("created_at").not_null())
        .col(text(backend, "prices").not_null())
        .primary_key(Index::create().col("owner").col("model").col("source").col("effective_from"));

    vec![Change::Table(Box::new(providers)), Change::Table(Box::new(models)), Change::Table(Box::new(costs))]
}

fn down(_: DbBackend) -> Vec<String> {
    [COSTS, MODELS, PROVIDERS].map(|table| format!("DROP TABLE IF EXISTS {table}")).into()
}
