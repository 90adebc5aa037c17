//! What came to the tables of conversations with windows: pins and summaries.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnDef;

use super::tables::{CONVERSATIONS, MESSAGES};
use crate::schema::step::{Change, Step, text};

pub(crate) const STEP: Step = Step { name: "m0007_pinned", up, down: |_| Vec::new() };

fn up(backend: DbBackend) -> Vec<Change> {
    let pinned = ColumnDef::new("pinned").boolean().not_null().default(false).to_owned();
    vec![
        Change::Column { table: MESSAGES, name: "pinned", column: Box::new(pinned) },
        // The summary that was kept last, in its stored form.
        Change::Column { table: CONVERSATIONS, name: "summary", column: Box::new(text(backend, "summary")) },
    ]
}
