//! `ai config`

use std::path::Path;
use std::process::ExitCode;

use ai::{Problem, Severity};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{output, setup};

/// The settings that this version acts on; what else is set is said to have no effect.
pub(crate) const IN_FORCE: &[&str] =
    &["default_model", "timeout", "timeouts.connect", "timeouts.idle", "timeouts.total"];

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
            Command::Check => {
                let mut problems = ai.config().check(&ai.known_drivers());
                problems.extend(ai.config().not_in_force(IN_FORCE));
                check(&problems, json)
            }
            Command::Show => {
                let shown = ai.config().show();
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

fn check(problems: &[Problem], json: bool) -> Result<ExitCode, Failure> {
    let wrong = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if json {
        output::json(&problems.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        for problem in problems {
            output::line(format!("{}: {problem}", word(problem.severity)))?;
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
