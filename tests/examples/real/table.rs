//! What was expected and what came.

use std::future::Future;
use std::time::Instant;

/// The cases so far. Each is printed when it is done.
pub(crate) struct Table {
    only: Option<String>,
    done: usize,
    failed: Vec<String>,
}

impl Table {
    pub(crate) fn new(only: Option<String>) -> Self {
        println!("\n{:<34} {:>6}  expected, and what came where it differs", "case", "ms");
        Self { only, done: 0, failed: Vec::new() }
    }

    /// Runs a case, if it is asked for.
    pub(crate) async fn case(&mut self, name: &str, expected: &str, got: impl Future<Output = String>) {
        if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        let start = Instant::now();
        let got = got.await;
        self.done += 1;
        let took = start.elapsed().as_millis();
        let verdict = if got == expected { "ok" } else { "FAIL" };
        println!("{name:<34} {took:>6}  {verdict:<4} {expected}");
        if got != expected {
            println!("{:<34} {:>6}  {:<4} {got}", "", "", "got");
            self.failed.push(name.to_owned());
        }
    }

    /// Prints the sum; whether all was as expected.
    pub(crate) fn finish(self) -> bool {
        println!("\n{} cases, {} not as expected", self.done, self.failed.len());
        for name in &self.failed {
            println!("  FAIL {name}");
        }
        if self.done == 0 {
            println!("no case has such a name");
        }
        self.failed.is_empty() && self.done > 0
    }
}
