//! The conductor, and with other commands the vendor and the client that it starts.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(name = "bench", about = "Measures the library beside the raw floor")]
struct Command {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    arguments: benches::Arguments,
}

#[derive(clap::Subcommand)]
enum Part {
    /// The vendor: prints its port and serves until it is killed.
    #[command(hide = true)]
    Vendor,
    /// One sample: prints a line of JSON.
    #[command(hide = true)]
    Client(benches::Order),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let command = Command::parse();
    match command.part {
        Some(Part::Vendor) => benches::serve(),
        Some(Part::Client(order)) => benches::run_client(&order, None),
        None => benches::run(&command.arguments),
    }
}
