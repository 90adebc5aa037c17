//! `ai config`

use std::path::Path;
use std::process::ExitCode;

use ai::{Ai, Error, Origin, Problem, Problems, Severity};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{output, setup};

/// Look at the configuration.
#[derive(Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find everything that is wrong with the configuration. Sends nothing.
    Check,
    /// Show every value in force and where it comes from, secrets masked.
    Show,
}

impl ConfigCommand {
    pub(crate) fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load(config)?;
        match self.command {
            Command::Check => check(&ai.problems(), &refusals(&ai), json),
            Command::Show => {
                let shown = ai.config().show(&ai.known_drivers());
                if json {
                    let entry = |it: &ai::Shown| json!({"key": it.key, "value": it.value, "origin": it.origin.to_string()});
                    output::json(&shown.iter().map(entry).collect::<Vec<_>>())?;
                } else if shown.is_empty() {
                    output::line("nothing is configured")?;
                } else {
                    shown.iter().try_for_each(|it| output::line(it.to_string()))?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// What only the drivers know to be wrong, such as a base URL that is none: opening a connection sends nothing.
fn refusals(ai: &Ai) -> Vec<(String, Error)> {
    let names = ai.config().connection_names();
    let refused = names.filter_map(|name| Some((name.to_owned(), ai.provider(name).describe().err()?)));
    // What the configuration itself knows is said with its place already.
    refused.filter(|(_, error)| error.vendor::<Problems>().is_none()).collect()
}

fn check(problems: &[Problem], refusals: &[(String, Error)], json: bool) -> Result<ExitCode, Failure> {
    let wrong =
        problems.iter().filter(|problem| problem.severity == Severity::Error).count() + refusals.len();
    if json {
        let refused = |(name, error): &(String, Error)| {
            json!({"severity": "error", "origin": Origin::BuiltIn.to_string(), "key": format!("connections.{name}"),
                "message": error.message()})
        };
        output::json(&problems.iter().map(as_json).chain(refusals.iter().map(refused)).collect::<Vec<_>>())?;
    } else {
        for problem in problems {
            output::line(format!("{}: {problem}", word(problem.severity)))?;
        }
        for (name, error) in refusals {
            output::line(format!("error: [connections.{name}]: {}", error.message()))?;
        }
        output::line(match wrong {
            0 => "the configuration is right".to_owned(),
            1 => "1 error".to_owned(),
            _ => format!("{wrong} errors"),
        })?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn as_json(problem: &Problem) -> Value {
    json!({
        "severity": word(problem.severity),
        "origin": problem.origin.to_string(),
        "key": problem.key,
        "message": problem.message,
    })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}
