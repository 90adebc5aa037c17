#![doc = include_str!("../README.md")]

mod answer;
mod ask;
mod attach;
mod budgets;
mod chat;
mod compare;
mod config;
mod conversations;
mod db;
mod doctor;
mod embed;
mod failure;
mod kept_models;
mod ledger;
mod models;
mod output;
mod prices;
mod providers;
mod pull;
mod setup;
mod wait;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::failure::Failure;

/// Talk to any AI provider from the command line.
#[derive(Parser)]
#[command(name = "ai", version, propagate_version = true, after_help = failure::EXIT_CODES)]
struct Cli {
    /// The configuration file; without it `ai.toml` in the current folder is used when there is one.
    #[arg(long, global = true, value_name = "FILE", env = "AI_CONFIG")]
    config: Option<PathBuf>,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ask a model and print its answer while it is made.
    Ask(ask::Ask),
    /// Talk to a model, with memory.
    Chat(chat::Chat),
    /// Turn texts into vectors.
    Embed(embed::Embed),
    /// List the models of a connection, keep the lists of all, or fetch a model onto a server.
    Models(models::Models),
    /// List the connections that are configured.
    Providers(providers::Providers),
    /// List what was tried, the newest first.
    Logs(ledger::Logs),
    /// Add up what was spent.
    Costs(ledger::Costs),
    /// Set prices of your own, and see those that were written down.
    Prices(prices::PricesCommand),
    /// Set limits on what is spent, and see how they stand.
    Budgets(budgets::Budgets),
    /// Look at the conversations that the database keeps, and order them.
    Conversations(conversations::Conversations),
    /// Make and change the tables of the database.
    Db(db::Db),
    /// Look at the configuration.
    Config(config::ConfigCommand),
    /// Find out what is wrong with configuration, keys and connections, and what to do.
    Doctor,
    /// Print what makes a shell complete the commands of `ai`.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => {
            // Nobody to read it is no reason to fail otherwise. The 2 of clap is ours for configuration.
            let _ = refusal.print();
            return ExitCode::from(if refusal.use_stderr() { failure::INVALID } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(error).report(cli.json),
    };
    match runtime.block_on(run(&cli)) {
        Ok(code) => code,
        Err(failure) => failure.report(cli.json),
    }
}

async fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    let config = cli.config.as_deref();
    match &cli.command {
        Command::Ask(ask) => ask.run(config, cli.json).await,
        Command::Chat(chat) => chat.run(config, cli.json).await,
        Command::Embed(embed) => embed.run(config, cli.json).await,
        Command::Models(models) => models.run(config, cli.json).await,
        Command::Providers(providers) => providers.run(config, cli.json).await,
        Command::Config(command) => command.run(config, cli.json),
        Command::Logs(logs) => logs.run(config, cli.json).await,
        Command::Costs(costs) => costs.run(config, cli.json).await,
        Command::Prices(prices) => prices.run(config, cli.json).await,
        Command::Budgets(budgets) => budgets.run(config, cli.json).await,
        Command::Conversations(command) => command.run(config, cli.json).await,
        Command::Db(db) => db.run(config, cli.json).await,
        Command::Doctor => doctor::run(config, cli.json).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "ai", &mut script);
            output::text(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
