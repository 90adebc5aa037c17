//! Prices in time: the application's own, and what price lists said.

use std::collections::BTreeMap;
use std::time::SystemTime;

use ai_costs::{Catalogue, Day, ModelPrices, Overrides, Price, PricePeriod};
use laravel_ai_core::{Error, ErrorKind, Result};
use rust_decimal::Decimal;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};

use super::tables::COSTS;
use crate::failure::failed;
use crate::instant::{from_micros, to_micros};
use crate::{Database, amount};

/// The day that is before every other.
const ALWAYS: &str = "0000-00-00";
const STANDARD: &str = "standard";
const COLUMNS: [&str; 10] = [
    "owner",
    "model",
    "source",
    "effective_from",
    "currency",
    "version",
    "input_price",
    "output_price",
    "created_at",
    "prices",
];

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PriceSource {
    /// The application set it: costs are reckoned by it.
    Own,
    /// A price list said so when the models were synced. History: costs are reckoned by the list of the release.
    Catalogue,
}

impl PriceSource {
    const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Catalogue => "catalogue",
        }
    }
}

/// The prices of a model from a day on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeptPrice {
    /// A connection or a driver.
    pub owner: String,
    /// A model; of the application's own prices also a pattern with one `*`.
    pub model: String,
    /// Where it comes from.
    pub source: PriceSource,
    /// The currency, as its ISO 4217 code.
    pub currency: String,
    /// The version of the price list.
    pub version: Option<String>,
    /// When the row was made.
    pub created: SystemTime,
    /// The prices, with their first day.
    pub period: PricePeriod,
}

/// Prices in a [`Database`], in the table `ai_provider_model_costs`. They have a first day, so what was paid in the past stays
/// explained, and a change can be written down before it holds.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// use std::time::SystemTime;
/// use ai_costs::{ModelPrices, Rates};
/// use ai_persistence::{Database, SqlPrices};
///
/// let prices = SqlPrices::new(Database::open("sqlite::memory:").await?);
/// let now = SystemTime::UNIX_EPOCH; // in a program: what the clock says
/// prices.set("work", "acme-1", &ModelPrices::new(Rates::new("2.50".parse()?, "10".parse()?)), now).await?;
/// assert_eq!(prices.history(Some("work"), None).await?.len(), 1);
/// let own = prices.overrides().await?; // for `ai_costs::Prices`
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqlPrices {
    database: Database,
}

impl SqlPrices {
    /// The prices in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Sets prices of the application's own, in US dollars: each period takes the place of the one that begins on the same day,
    /// and others stay. The owner is a connection or a driver; in the model one `*` stands for any text.
    /// [`ModelPrices::unknown`] takes the place of all periods.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when owner or model is empty, too long, or has more than one `*`;
    /// [`Storage`](ErrorKind::Storage) when they were not stored, and none of them is.
    pub async fn set(&self, owner: &str, model: &str, prices: &ModelPrices, now: SystemTime) -> Result<()> {
        let fits = |text: &str, longest: usize| !text.is_empty() && text.chars().count() <= longest;
        if !fits(owner, 191) || owner.contains('/') || !fits(model, 400) || model.matches('*').count() > 1 {
            let message = "prices belong to a connection or a driver, and to a model with one `*` at most";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let backend = self.database.backend();
        let transaction = self.database.begin().await.map_err(unset)?;
        let unknown = PricePeriod::default();
        let periods = match prices.periods() {
            [] => {
                transaction.execute(&removal(owner, model)).await.map_err(unset)?;
                std::slice::from_ref(&unknown)
            }
            periods => periods,
        };
        for period in periods {
            let row = Row { owner, model, source: PriceSource::Own, currency: "USD", version: None };
            row.write(&transaction, backend, period, now).await?;
        }
        transaction.commit().await.map_err(unset)
    }

    /// Takes the application's own prices of a model away: whether there were some.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when the database could not be asked.
    pub async fn remove(&self, owner: &str, model: &str) -> Result<bool> {
        let done = self.database.writer().execute(&removal(owner, model)).await.map_err(unset)?;
        Ok(done.rows_affected() > 0)
    }

    /// Every price that is kept, of an owner and a model where they are named, by owner, model, source and day.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when the database could not be asked.
    pub async fn history(&self, owner: Option<&str>, model: Option<&str>) -> Result<Vec<KeptPrice>> {
        let mut select = Query::select();
        select.columns(COLUMNS).from(COSTS);
        select.and_where_option(owner.map(|owner| Expr::col("owner").eq(owner)));
        select.and_where_option(model.map(|model| Expr::col("model").eq(model)));
        for column in ["owner", "model", "source", "effective_from"] {
            select.order_by(column, Order::Asc);
        }
        let rows = self.database.reader().query_all(&select).await.map_err(unread)?;
        rows.iter().map(price).collect()
    }

    /// The application's own prices, for [`Prices::with_overrides`](ai_costs::Prices::with_overrides).
    ///
    /// # Errors
    /// As [`history`](Self::history).
    pub async fn overrides(&self) -> Result<Overrides> {
        let mut models: BTreeMap<(String, String), Vec<PricePeriod>> = BTreeMap::new();
        let all = self.history(None, None).await?;
        for kept in all.into_iter().filter(|kept| kept.source == PriceSource::Own) {
            models.entry((kept.owner, kept.model)).or_default().push(kept.period);
        }
        let mut own = Overrides::default();
        for ((owner, model), mut periods) in models {
            if periods == [PricePeriod::default()] {
                periods.clear();
            }
            own.set(owner, model, ModelPrices::from_periods(periods));
        }
        Ok(own)
    }
}

/// Writes down what a list says of models that a driver has, where that is not the last that was written.
pub(super) async fn note(
    on: &impl ConnectionTrait,
    backend: DbBackend,
    catalogue: &Catalogue,
    driver: &str,
    models: &[String],
    (now, today): (SystemTime, Day),
) -> Result<()> {
    let mut select = Query::select();
    select.columns(COLUMNS).from(COSTS);
    select.and_where(Expr::col("owner").eq(driver));
    select.and_where(Expr::col("source").eq(PriceSource::Catalogue.word()));
    let rows = on.query_all(&select).await.map_err(unread)?;
    let known: Vec<_> = rows.iter().map(price).collect::<Result<_>>()?;
    let currency = catalogue.currency().to_string();
    for model in models {
        let Some(prices) = catalogue.find(driver, model) else { continue };
        let of_model: Vec<_> =
            known.iter().filter(|kept| kept.model == *model).map(|kept| &kept.period).collect();
        for period in prices.periods() {
            let before = of_model.iter().filter(|kept| kept.from <= period.from.max(Some(today)));
            let mut period = period.clone();
            match before.max_by_key(|kept| kept.from) {
                Some(last) if same(last, &period) => continue,
                // A price that has changed without a day holds since it was seen.
                Some(_) if period.from.is_none_or(|from| from < today) => {
                    if of_model.iter().any(|kept| kept.from == period.from && same(kept, &period)) {
                        continue;
                    }
                    period.from = Some(today);
                }
                _ => {}
            }
            let row = Row {
                owner: driver,
                model,
                source: PriceSource::Catalogue,
                currency: &currency,
                version: Some(catalogue.version()),
            };
            row.write(on, backend, &period, now).await?;
        }
    }
    Ok(())
}

fn same(one: &PricePeriod, other: &PricePeriod) -> bool {
    (&one.tiers, one.web_search) == (&other.tiers, other.web_search)
}

struct Row<'a> {
    owner: &'a str,
    model: &'a str,
    source: PriceSource,
    currency: &'a str,
    version: Option<&'a str>,
}

impl Row<'_> {
    async fn write(
        &self,
        on: &impl ConnectionTrait,
        backend: DbBackend,
        period: &PricePeriod,
        now: SystemTime,
    ) -> Result<()> {
        let text = serde_json::to_string(period)
            .map_err(|_| Error::new(ErrorKind::Storage, "prices can't be written as JSON"))?;
        let standard =
            period.tiers.get(STANDARD).and_then(|rows| rows.iter().min_by_key(|row| row.from_input));
        // For people: what does not fit there is in `prices` all the same.
        let shown = |price: Option<Price>| match price.map(Price::amount) {
            Some(price) => amount::to_value(backend, price.min(Decimal::from(9_000_000))),
            None => Ok(amount::null(backend)),
        };
        let input = shown(standard.and_then(|rates| rates.input))?;
        let output = shown(standard.and_then(|rates| rates.output))?;
        let mut insert = Query::insert();
        insert.into_table(COSTS).columns(COLUMNS);
        insert.values_panic([
            self.owner.into(),
            self.model.into(),
            self.source.word().into(),
            period.from.map_or_else(|| ALWAYS.to_owned(), |day| day.to_string()).into(),
            self.currency.into(),
            self.version.into(),
            Expr::val(input),
            Expr::val(output),
            to_micros(now).into(),
            text.into(),
        ]);
        let key = OnConflict::columns(["owner", "model", "source", "effective_from"]);
        let changed = ["currency", "version", "input_price", "output_price", "created_at", "prices"];
        on.execute(insert.on_conflict(key.to_owned().update_columns(changed).to_owned()))
            .await
            .map_err(unset)?;
        Ok(())
    }
}

fn removal(owner: &str, model: &str) -> sea_orm::sea_query::DeleteStatement {
    let mut delete = Query::delete();
    delete
        .from_table(COSTS)
        .and_where(Expr::col("owner").eq(owner))
        .and_where(Expr::col("model").eq(model))
        .and_where(Expr::col("source").eq(PriceSource::Own.word()));
    delete
}

fn price(row: &QueryResult) -> Result<KeptPrice> {
    let text: String = row.try_get("", "prices").map_err(unread)?;
    let period = serde_json::from_str(&text)
        .map_err(|_| Error::new(ErrorKind::Storage, "a row of ai_provider_model_costs can't be read"))?;
    let read = || {
        Ok::<_, DbErr>(KeptPrice {
            owner: row.try_get("", "owner")?,
            model: row.try_get("", "model")?,
            source: match row.try_get::<String>("", "source")?.as_str() {
                "own" => PriceSource::Own,
                _ => PriceSource::Catalogue,
            },
            currency: row.try_get("", "currency")?,
            version: row.try_get("", "version")?,
            created: from_micros(row.try_get("", "created_at")?),
            period,
        })
    };
    read().map_err(unread)
}

fn unset(cause: DbErr) -> Error {
    failed("prices were not stored", &cause)
}

fn unread(cause: DbErr) -> Error {
    failed("the prices could not be read", &cause)
}
