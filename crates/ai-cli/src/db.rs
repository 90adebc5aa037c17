//! `ai db`

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use ai::Database;
use ai::persistence::Migration;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::{output, setup};

/// Make and change the tables of the database.
#[derive(Args)]
pub(crate) struct Db {
    #[command(subcommand)]
    action: Action,
    /// The database, such as `sqlite:ai.db`; without it the one of the configuration. Other people on this machine can
    /// see the options of a program, so a password is better kept in the configuration.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// Apply the migrations that the database lacks.
    Migrate,
    /// List the migrations, and which of them the database has.
    Status,
    /// Take the last migrations back, with everything that their tables hold.
    Rollback {
        /// How many.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Print the SQL of every migration, to run it by hand.
    Sql,
}

impl Db {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let url = setup::database_url(config, self.database.as_deref())?;
        let database = Database::connect(&url).await?;
        let outcome = self.act(&database, json).await;
        database.close().await?;
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn act(&self, database: &Database, json: bool) -> Result<(), Failure> {
        let before = database.migrations().await?;
        match &self.action {
            Action::Status => return status(&before, json),
            Action::Sql => return Ok(output::text(&database.sql())?),
            Action::Migrate => database.migrate().await?,
            Action::Rollback { steps, yes } => {
                let going: Vec<_> = before.iter().rev().filter(|migration| migration.applied).collect();
                let names: Vec<_> =
                    going.iter().take(*steps as usize).map(|migration| migration.name.as_str()).collect();
                if !names.is_empty() && !yes {
                    confirm(&format!("This removes {} with everything in their tables.", names.join(", ")))?;
                }
                database.rollback(*steps).await?;
            }
        }
        let after = database.migrations().await?;
        let changed: Vec<_> =
            before.iter().zip(&after).filter(|(old, new)| old.applied != new.applied).collect();
        if json {
            return status(&after, true);
        }
        for (_, migration) in &changed {
            output::line(format!(
                "{} {}",
                if migration.applied { "applied" } else { "removed" },
                migration.name
            ))?;
        }
        if changed.is_empty() {
            output::line("nothing to do")?;
        }
        Ok(())
    }
}

fn status(migrations: &[Migration], json: bool) -> Result<(), Failure> {
    if json {
        let all: Vec<_> = migrations
            .iter()
            .map(|migration| serde_json::json!({ "name": migration.name, "applied": migration.applied }))
            .collect();
        return Ok(output::json(&all)?);
    }
    for migration in migrations {
        output::line(format!(
            "{}  {}",
            if migration.applied { "applied" } else { "pending" },
            migration.name
        ))?;
    }
    Ok(())
}

/// Asks before something is lost. Where nobody can be asked, the answer is no.
pub(crate) fn confirm(what: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Input(format!("{what} Nobody can be asked here: say `--yes`.")));
    }
    output::complain(format_args!("{what} Go on? [y/N]"));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Input("nothing was changed".to_owned())),
    }
}
