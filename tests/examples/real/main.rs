//! Drives the providers over their whole range against servers that nobody here wrote, through a validator that
//! nobody here wrote. `cargo xtask real` starts those and this.
#![allow(
    clippy::disallowed_methods,
    reason = "a program of its own: it talks to the network and so needs the real time"
)]

mod cases;
mod clock;
mod server;
mod table;
mod validator;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use self::server::Server;
use self::table::Table;

/// Where the servers are.
#[derive(Debug, Parser)]
struct Arguments {
    /// The base URL of the server for everything but images.
    #[arg(long)]
    chat: String,
    /// What the validator in front of it writes.
    #[arg(long)]
    chat_log: PathBuf,
    /// The base URL of the server that looks at images and repeats what it was asked.
    #[arg(long)]
    images: String,
    /// What the validator in front of it writes.
    #[arg(long)]
    images_log: PathBuf,
    /// Only the cases whose name holds this.
    only: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let chat = Server::connect(&arguments.chat, arguments.chat_log)?;
    let images = Server::connect(&arguments.images, arguments.images_log)?;
    let mut table = Table::new(arguments.only);
    cases::run(&mut table, &chat, &images).await;
    let as_expected = table.finish();
    let chat = validator::finish("chat", &chat).await?;
    let images = validator::finish("images", &images).await?;
    Ok(as_expected && chat && images)
}
