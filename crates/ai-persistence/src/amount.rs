//! Money as the database keeps it: exact to twelve decimal places on every server.
//!
//! SQLite has no decimal type and would count in binary fractions, so there an amount is a whole number of millionths of
//! a millionth (10⁻¹²) of the currency's unit in a 64-bit integer; the largest amount of one row is 9,223,372.
//! PostgreSQL and MySQL keep `decimal(30, 12)`.

use laravel_ai_core::{Error, ErrorKind, Result};
use rust_decimal::{Decimal, RoundingStrategy};
use sea_orm::sea_query::{ColumnDef, IntoIden};
use sea_orm::{DbBackend, DbErr, QueryResult, Value};

/// The decimal places that are kept.
pub(crate) const SCALE: u32 = 12;

/// The column of an amount.
pub(crate) fn column(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match backend {
        DbBackend::Sqlite => column.big_integer(),
        _ => column.decimal_len(30, SCALE),
    };
    column
}

/// An amount as a value of its column. What is finer than twelve decimal places is rounded to the nearest.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) when the column can't hold it.
pub(crate) fn to_value(backend: DbBackend, amount: Decimal) -> Result<Value> {
    let amount = amount.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointNearestEven);
    match backend {
        DbBackend::Sqlite => scaled(amount).map(|scaled| Value::BigInt(Some(scaled))).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("an amount of {amount} is too large for SQLite, which keeps up to 9223372"),
            )
        }),
        _ => Ok(Value::Decimal(Some(amount))),
    }
}

/// No amount.
pub(crate) fn null(backend: DbBackend) -> Value {
    match backend {
        DbBackend::Sqlite => Value::BigInt(None),
        _ => Value::Decimal(None),
    }
}

/// The amount in a column of a row.
pub(crate) fn read(backend: DbBackend, row: &QueryResult, column: &str) -> Result<Option<Decimal>, DbErr> {
    Ok(match backend {
        DbBackend::Sqlite => {
            row.try_get::<Option<i64>>("", column)?.map(|scaled| Decimal::new(scaled, SCALE).normalize())
        }
        _ => row.try_get::<Option<Decimal>>("", column)?.map(|amount| amount.normalize()),
    })
}

fn scaled(amount: Decimal) -> Option<i64> {
    let mut amount = amount;
    amount.rescale(SCALE);
    if amount.scale() != SCALE {
        return None;
    }
    i64::try_from(amount.mantissa()).ok()
}
