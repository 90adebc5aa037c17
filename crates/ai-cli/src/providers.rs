//! `ai providers`

use std::path::Path;
use std::process::ExitCode;

use ai::{CredentialReport, CredentialStatus, Description, Error, ErrorKind, Health, Route};
use clap::Args;
use comfy_table::{Table, presets};
use futures_util::future::join_all;
use serde::Serialize;

use crate::failure::{Failure, exit_code};
use crate::wait::Spinner;
use crate::{output, setup};

/// List the connections that are configured.
#[derive(Args)]
pub(crate) struct Providers {
    /// Ask each one whether it answers, and whether its key is right; fails if one can't be used. Never a paid call.
    #[arg(long)]
    check: bool,
}

/// One connection, as `--json` shows it.
#[derive(Serialize)]
struct Row {
    connection: String,
    /// Whether calls that name no connection go through it.
    default: bool,
    /// The model of calls through it that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<CredentialReport>,
    #[serde(skip)]
    failed: Option<ErrorKind>,
    /// Why the connection can't be used as it is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Row {
    fn exit_code(&self) -> u8 {
        let refused =
            self.credential.as_ref().is_some_and(|report| report.status == CredentialStatus::Invalid);
        let dead = self.health.as_ref().is_some_and(|health| !health.reachable);
        match self.failed {
            Some(kind) => exit_code(kind),
            None if dead => exit_code(ErrorKind::Transport),
            None if refused => exit_code(ErrorKind::Authentication),
            None => 0,
        }
    }
}

impl Providers {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load(config)?;
        let default = ai.route().connection_name().ok();
        let spinner = self.check.then(|| Spinner::start("asking"));
        let rows =
            join_all(ai.providers().into_iter().map(|route| self.row(route, default.as_deref()))).await;
        drop(spinner);
        match json {
            true => output::json(&rows)?,
            false => output::line(self.table(&rows))?,
        }
        for row in rows.iter().filter(|row| row.description.is_some() && !json) {
            if let Some(error) = &row.error {
                output::complain(format_args!("ai: {}: {error}", row.connection));
            }
        }
        // As a script needs it: a connection that was asked and can't be used is a failure.
        let worst = rows.iter().filter(|_| self.check).map(Row::exit_code).max();
        Ok(worst.map_or(ExitCode::SUCCESS, ExitCode::from))
    }

    async fn row(&self, route: Route, default: Option<&str>) -> Row {
        let connection = route.connection_name().unwrap_or_default();
        let default = default == Some(&connection);
        let model = route.chat_model().ok().map(|model| model.target().model().to_owned());
        let mut row = Row {
            connection,
            default,
            default_model: model,
            description: None,
            health: None,
            credential: None,
            failed: None,
            error: None,
        };
        if let Err(error) = self.examine(&route, &mut row).await {
            row.failed = Some(error.kind());
            row.error = Some(error.message().to_owned());
        }
        row
    }

    async fn examine(&self, route: &Route, row: &mut Row) -> Result<(), Error> {
        row.description = Some(route.describe()?);
        if self.check {
            let (health, credential) = tokio::join!(route.health(), route.check_credentials());
            (row.health, row.credential) = (Some(health?), Some(credential?));
        }
        Ok(())
    }

    fn table(&self, rows: &[Row]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let mut header = vec!["CONNECTION", "DRIVER", "MODEL", "ENDPOINT"];
        if self.check {
            header.extend(["ANSWERS", "KEY"]);
        }
        table.set_header(header);
        for row in rows {
            let name = format!("{}{}", row.connection, if row.default { " (default)" } else { "" });
            let model = row.default_model.clone().unwrap_or_else(|| "-".to_owned());
            let mut cells = vec![name];
            match &row.description {
                Some(what) => cells.extend([what.driver.clone(), model, what.endpoint.clone()]),
                None => cells.extend(["-".to_owned(), model, row.error.clone().unwrap_or_default()]),
            }
            if self.check {
                cells.push(row.health.as_ref().map_or_else(|| "-".to_owned(), answers));
                cells.push(row.credential.as_ref().map_or("-", |report| key(report.status)).to_owned());
            }
            table.add_row(cells);
        }
        // Nobody wants the spaces around the table.
        let lines: Vec<_> = table.lines().map(|line| line.trim().to_owned()).collect();
        lines.join("\n")
    }
}

fn answers(health: &Health) -> String {
    match health.latency {
        Some(latency) if health.reachable => format!("in {} ms", latency.as_millis()),
        _ if health.reachable => "yes".to_owned(),
        _ => "no".to_owned(),
    }
}

fn key(status: CredentialStatus) -> &'static str {
    match status {
        CredentialStatus::Valid => "valid",
        CredentialStatus::Invalid => "invalid",
        _ => "can't be asked",
    }
}
