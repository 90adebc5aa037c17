//! Refusals, each with its kind and what may be tried.

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::said;

pub(super) async fn run(table: &mut Table, server: &Server) {
    for (tag, expected) in [
        ("400", "invalid request · 400 · never"),
        ("401", "authentication failed · 401 · elsewhere"),
        ("403", "permission denied · 403 · elsewhere"),
        ("404", "model not found · 404 · elsewhere"),
        ("413", "invalid request · 413 · never"),
        ("context", "context too long · 400 · elsewhere"),
        ("429", "rate limited · 429 · again after 2 s"),
        ("quota", "quota exceeded · 429 · elsewhere"),
        ("500", "provider failed · 500 · again"),
        ("502", "provider failed · 502 · again"),
        ("503", "provider overloaded · 503 · again"),
    ] {
        both(table, server, &format!("error {tag}"), tagged(tag), expected).await;
    }
    // The server counts, and only from its start, so these are one case.
    let retried = async {
        let mut said_each = Vec::new();
        for _ in 0..3 {
            said_each.push(said(&server.answer(Way::Asked, tagged("retry")).await));
        }
        said_each.join(", then ")
    };
    let expected = "rate limited · 429 · again after 1 s, then provider failed · 503 · again, \
                    then third time lucky · Stop · 11+7";
    table.case("retry", expected, retried).await;
}
