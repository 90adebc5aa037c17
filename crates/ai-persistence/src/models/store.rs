//! Lists of models.

use std::sync::{Arc, OnceLock};

use ai_costs::{Catalogue, Day};
use ai_models::{KeptList, KeptModel, ModelStore, NewList};
use async_trait::async_trait;
use laravel_ai_core::{Error, ErrorKind, ModelInfo, RawJson, Result};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};

use super::prices;
use super::tables::{MODELS, PROVIDERS};
use crate::Database;
use crate::failure::failed;
use crate::instant::{from_micros, to_micros};

/// How many rows are written by one statement.
const BATCH: usize = 200;
/// What every write says of a model.
const COLUMNS: [&str; 10] = [
    "connection",
    "model",
    "driver",
    "kind",
    "is_active",
    "first_seen_at",
    "synced_at",
    "removed_at",
    "info",
    "raw",
];

/// The lists of models in a [`Database`]: `ai_providers` says when each connection gave its list last, `ai_provider_models`
/// holds the models, those that are gone too.
#[derive(Clone, Debug)]
pub struct SqlModels {
    database: Database,
    /// Read when it is needed first.
    catalogue: Arc<OnceLock<Catalogue>>,
}

impl SqlModels {
    /// The lists in this database. What the price list of this release says of each model is written down beside it, in
    /// `ai_provider_model_costs`: a row when a price is seen first, and one for each change, from the day on which it was seen or
    /// for which it is announced.
    pub fn new(database: Database) -> Self {
        Self { database, catalogue: Arc::default() }
    }

    /// With another price list.
    #[must_use]
    pub fn with_prices_of(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = Arc::new(catalogue.into());
        self
    }

    fn catalogue(&self) -> Result<&Catalogue> {
        if let Some(catalogue) = self.catalogue.get() {
            return Ok(catalogue);
        }
        let embedded = Catalogue::embedded()?;
        Ok(self.catalogue.get_or_init(|| embedded))
    }

    async fn write(&self, on: &DatabaseTransaction, list: NewList) -> Result<(), DbErr> {
        let at = to_micros(list.at);
        let mut provider = Query::insert();
        provider.into_table(PROVIDERS).columns(["name", "driver", "synced_at", "models"]);
        provider.values_panic([
            list.connection.clone().into(),
            list.driver.clone().into(),
            at.into(),
            i64::try_from(list.models.len()).unwrap_or(i64::MAX).into(),
        ]);
        let changed = ["driver", "synced_at", "models"];
        provider.on_conflict(OnConflict::column("name").update_columns(changed).to_owned());
        on.execute(&provider).await?;

        let mut gone = Query::update();
        gone.table(MODELS)
            .value("is_active", false)
            .value("removed_at", at)
            .and_where(Expr::col("connection").eq(list.connection.clone()))
            .and_where(Expr::col("is_active").eq(true));
        on.execute(&gone).await?;
        for models in list.models.chunks(BATCH) {
            let mut insert = Query::insert();
            insert.into_table(MODELS).columns(COLUMNS);
            for model in models {
                let mut plain = model.clone();
                let raw = plain.raw.take();
                let info = serde_json::to_string(&plain)
                    .map_err(|_| DbErr::Custom("a model can't be written as JSON".to_owned()))?;
                insert.values_panic([
                    list.connection.clone().into(),
                    model.id.clone().into(),
                    list.driver.clone().into(),
                    kind(model).into(),
                    true.into(),
                    at.into(),
                    at.into(),
                    Option::<i64>::None.into(),
                    info.into(),
                    raw.map(|raw| raw.as_str().to_owned()).into(),
                ]);
            }
            let changed = ["driver", "kind", "is_active", "synced_at", "removed_at", "info", "raw"];
            let conflict = OnConflict::columns(["connection", "model"]).update_columns(changed).to_owned();
            on.execute(insert.on_conflict(conflict)).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl ModelStore for SqlModels {
    async fn lists(&self) -> Result<Vec<KeptList>> {
        let mut select = Query::select();
        select.columns(["name", "driver", "synced_at", "models"]).from(PROVIDERS);
        select.order_by("name", Order::Asc);
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        let list = |row: &QueryResult| {
            let models = u64::try_from(row.try_get::<i64>("", "models")?).unwrap_or_default();
            let synced = from_micros(row.try_get("", "synced_at")?);
            let (name, driver): (String, String) = (row.try_get("", "name")?, row.try_get("", "driver")?);
            Ok(KeptList::new(name, driver, synced, models))
        };
        rows.iter().map(list).collect::<Result<_, DbErr>>().map_err(unread)
    }

    async fn models(&self, connection: Option<&str>) -> Result<Vec<KeptModel>> {
        let mut select = Query::select();
        select.columns(["connection", "driver", "first_seen_at", "removed_at", "info", "raw"]).from(MODELS);
        select.and_where_option(connection.map(|name| Expr::col("connection").eq(name)));
        select.order_by("connection", Order::Asc).order_by("model", Order::Asc);
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        let mut models: Vec<_> = rows.iter().map(model).collect::<Result<_>>()?;
        // Servers sort texts by rules of their own.
        models
            .sort_by(|one, other| (&one.connection, &one.info.id).cmp(&(&other.connection, &other.info.id)));
        Ok(models)
    }

    async fn save(&self, list: NewList) -> Result<()> {
        let unsaved = |cause: DbErr| failed("a list of models was not stored", &cause);
        let catalogue = self.catalogue()?;
        let transaction = self.database.begin().await.map_err(unsaved)?;
        let (driver, day) = (list.driver.clone(), Day::of(list.at));
        let names: Vec<_> = list.models.iter().map(|model| model.id.clone()).collect();
        let now = list.at;
        self.write(&transaction, list).await.map_err(unsaved)?;
        prices::note(&transaction, self.database.backend(), catalogue, &driver, &names, (now, day)).await?;
        transaction.commit().await.map_err(unsaved)
    }
}

fn kind(model: &ModelInfo) -> Option<String> {
    match serde_json::to_value(model.kind?) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}

fn model(row: &QueryResult) -> Result<KeptModel> {
    let info: String = row.try_get("", "info").map_err(unread)?;
    let wrong = || Error::new(ErrorKind::Storage, "a row of ai_provider_models can't be read");
    let mut info: ModelInfo = serde_json::from_str(&info).map_err(|_| wrong())?;
    let raw: Option<String> = row.try_get("", "raw").map_err(unread)?;
    info.raw = raw.map(RawJson::parse).transpose().map_err(|_| wrong())?;
    let read = || {
        let (connection, driver): (String, String) =
            (row.try_get("", "connection")?, row.try_get("", "driver")?);
        let first: i64 = row.try_get("", "first_seen_at")?;
        let removed: Option<i64> = row.try_get("", "removed_at")?;
        let mut model = KeptModel::new(connection, driver, info, from_micros(first));
        model.removed = removed.map(from_micros);
        Ok::<_, DbErr>(model)
    };
    read().map_err(unread)
}

fn unread(cause: DbErr) -> Error {
    failed("the lists of models could not be read", &cause)
}
