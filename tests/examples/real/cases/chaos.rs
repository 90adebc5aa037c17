//! Answers that are no answers.

use laravel_ai_core::Retry;

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::failed;

pub(super) async fn run(table: &mut Table, server: &Server) {
    both(table, server, "malformed", tagged("malformed"), "unreadable answer · 200 · elsewhere").await;
    both(table, server, "reset", tagged("reset"), "connection failed · again").await;
    both(table, server, "drop", tagged("drop"), "provider failed · 500 · again").await;
    table.case("flaky", "made it, every failure allowed another try", flaky(server)).await;
    both(table, server, "no such fixture", tagged("nothing"), "provider overloaded · 503 · again").await;
}

/// Asks until there is an answer. Four in nine requests fail, so that thirty failures in a row are no accident.
async fn flaky(server: &Server) -> String {
    for _ in 0..30 {
        match server.answer(Way::Streamed, tagged("flaky")).await {
            Ok(answer) => return format!("{}, every failure allowed another try", answer.text()),
            Err(error) if matches!(error.retry(), Retry::SameTarget { .. }) => {}
            Err(error) => return failed(&error),
        }
    }
    "never an answer".into()
}
