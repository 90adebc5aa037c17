//! What the validator found in our requests and in the servers' answers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::server::Server;

/// A stream that we left is over for the validator when it fails to pass on the next piece.
const LAST_LINE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Line {
    method: String,
    path: String,
    request_errors: Vec<String>,
    #[serde(default)]
    response_errors: Vec<String>,
}

/// Waits until the validator has seen all that we sent, prints what it found, and says whether our requests conform.
pub(crate) async fn finish(name: &str, server: &Server) -> Result<bool, Box<dyn std::error::Error>> {
    let mut waited = Duration::ZERO;
    let lines = loop {
        let text = std::fs::read_to_string(&server.log)?;
        let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Line>, _>>()?;
        if lines.len() >= server.sent() || waited >= LAST_LINE {
            break lines;
        }
        tokio::time::sleep(AGAIN).await;
        waited += AGAIN;
    };
    let errors: usize = lines.iter().map(|line| line.request_errors.len()).sum();
    println!("\nvalidator, {name}: {} of {} requests judged, {errors} errors", lines.len(), server.sent());
    for line in lines.iter().filter(|line| !line.request_errors.is_empty()) {
        println!("  FAIL {} {}: {}", line.method, line.path, line.request_errors.join("; "));
    }
    let mut hints = BTreeMap::<&str, usize>::new();
    for hint in lines.iter().flat_map(|line| &line.response_errors) {
        *hints.entry(hint).or_default() += 1;
    }
    if !hints.is_empty() {
        println!("  the servers' answers, which are theirs to mend:");
    }
    for (hint, count) in hints {
        println!("  {count:>4} × {hint}");
    }
    Ok(errors == 0 && lines.len() == server.sent())
}
