//! A list of steps that all run, each timed, with a table at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// What has run so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Runs one step now. A failure is printed and remembered, so that one run shows every failing step.
    pub(crate) fn run(&mut self, name: impl Into<String>, step: impl FnOnce() -> Result<()>) {
        let name = name.into();
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = step();
        let took = start.elapsed();
        match &outcome {
            Ok(()) => println!("== {name}: passed in {:.1} s", took.as_secs_f64()),
            Err(error) => println!("== {name}: FAILED in {:.1} s: {error:#}", took.as_secs_f64()),
        }
        self.done.push(Step { name, took, passed: outcome.is_ok() });
    }

    /// Prints the table, and fails when a step has failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n{}", self.table());
        let failed: Vec<_> =
            self.done.iter().filter(|step| !step.passed).map(|step| step.name.as_str()).collect();
        if !failed.is_empty() {
            bail!("{} of {} steps failed: {}", failed.len(), self.done.len(), failed.join(", "));
        }
        Ok(())
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.len()).max().unwrap_or(0).max("total".len());
        let mut table = String::new();
        for step in &self.done {
            let outcome = if step.passed { "passed" } else { "FAILED" };
            let _ = writeln!(table, "{:width$}  {:>8.1} s  {outcome}", step.name, step.took.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|step| step.took).sum();
        let _ = write!(table, "{:width$}  {:>8.1} s", "total", total.as_secs_f64());
        table
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn every_step_runs_and_the_failed_ones_are_named() {
        let mut steps = Steps::default();
        let mut ran = Vec::new();
        steps.run("one", || {
            ran.push(1);
            Ok(())
        });
        steps.run("two", || Err(anyhow!("broken")));
        steps.run("three", || {
            ran.push(1);
            Ok(())
        });
        assert_eq!(ran.len(), 2);
        assert!(steps.table().contains("two"));
        assert_eq!(steps.finish().unwrap_err().to_string(), "1 of 3 steps failed: two");
    }

    #[test]
    fn all_passed() {
        let mut steps = Steps::default();
        steps.run("one", || Ok(()));
        steps.finish().unwrap();
    }
}
