//! The repository's own chores, run as `cargo xtask <name>`; `cargo xtask help` lists them.
#![allow(
    clippy::disallowed_methods,
    reason = "a command-line tool reads the environment and the wall clock; the ban protects the libraries"
)]

mod api;
mod bench;
mod ci;
mod command;
mod conform;
mod deny;
mod e2e;
mod examples;
mod fuzz;
mod matrix;
mod prices;
#[cfg(unix)]
mod real;
mod soak;
mod steps;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The repository's own chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

// To add a chore: a module of its own, a variant here, an arm below.
#[derive(Debug, Subcommand)]
enum Chore {
    /// Unit and integration tests of every crate, with every feature.
    Test(test::Arguments),
    /// Everything a commit must pass, except the tests that `test` runs.
    Ci,
    /// The house rules: arrows between crates, sizes, names, secrets.
    Tidy,
    /// Compares the public API of the stable crates with docs/api.
    Api(api::Arguments),
    /// Licences, bans, sources and (where the database is present) advisories of all dependencies.
    Deny,
    /// Checks every crate with each of its features alone, with none and with all.
    Matrix,
    /// Compares what we send with the vendors' specifications in $AI_SPECS.
    Conform,
    /// Writes the price list and the tables of model facts anew from the data in crates/ai-costs/data.
    Prices(prices::Arguments),
    /// The crates in docs/examples, built and tested as a stranger's.
    Examples,
    /// End-to-end tests against real endpoints, as configured in the environment.
    E2e,
    /// Drives the providers against servers and validators of others; $AI_REAL names their start scripts.
    #[cfg(unix)]
    Real(real::Arguments),
    /// The benchmarks in benches/.
    Bench(bench::Arguments),
    /// Fuzzing, by the targets in fuzz/.
    Fuzz(fuzz::Arguments),
    /// Thousands of calls at once against a vendor that fails at random: none is lost, memory stays flat.
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    match api::stand_in_for_rustdoc().unwrap_or_else(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not through `Result` from `main`: a backtrace of ours says nothing about a check that failed.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let workspace = Workspace::load()?;
    match arguments.chore {
        Chore::Test(arguments) => test::run(&workspace, &arguments),
        Chore::Ci => ci::run(&workspace),
        Chore::Tidy => tidy::run(&workspace),
        Chore::Api(arguments) => api::run(&workspace, &arguments),
        Chore::Deny => deny::run(&workspace),
        Chore::Matrix => matrix::run(&workspace),
        Chore::Conform => conform::run(&workspace),
        Chore::Prices(arguments) => prices::run(&workspace, &arguments),
        Chore::Examples => examples::run(&workspace),
        Chore::E2e => e2e::run(&workspace),
        #[cfg(unix)]
        Chore::Real(arguments) => real::run(&workspace, &arguments),
        Chore::Bench(arguments) => bench::run(&workspace, &arguments),
        Chore::Fuzz(arguments) => fuzz::run(&workspace, &arguments),
        Chore::Soak(arguments) => soak::run(&workspace, &arguments),
    }
}
