//! `ai models pull` and `ai models ps`

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ai::ollama::{PullEvent, PullProgress, Server};
use ai::{Ai, Context, Error, ErrorKind};
use clap::Args;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::failure::Failure;
use crate::{output, setup};

/// Fetch a model onto an Ollama server.
#[derive(Args)]
pub(crate) struct Pull {
    /// The model, such as `qwen3:8b`; `connection/model` names the server too.
    model: String,
    /// The connection; without it the default one, or the only one that leads to such a server.
    #[arg(short, long)]
    connection: Option<String>,
}

/// List the models in the memory of an Ollama server.
#[derive(Args)]
pub(crate) struct Running {
    /// The connection; without it the default one, or the only one that leads to such a server.
    connection: Option<String>,
}

impl Pull {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load(config)?;
        let named = |name: &str| ai.config().connection_names().any(|known| known == name);
        let (connection, model) = match (&self.connection, self.model.split_once('/')) {
            (None, Some((connection, model))) if named(connection) => (Some(connection), model),
            (connection, _) => (connection.as_deref(), self.model.as_str()),
        };
        let server = server(&ai, connection)?;
        tokio::select! {
            fetched = fetch(&server, model, json) => fetched.map(|()| ExitCode::SUCCESS),
            _ = tokio::signal::ctrl_c() => {
                let message = format!("stopped; `ai models pull {}` goes on from what is there", self.model);
                Err(Error::new(ErrorKind::Cancelled, message).into())
            }
        }
    }
}

impl Running {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let server = server(&setup::load(config)?, self.connection.as_deref())?;
        let running = server.running(&Context::new()).await?;
        if json {
            output::json(&running)?;
            return Ok(ExitCode::SUCCESS);
        }
        for model in &running {
            let size = model.size.map(bytes).unwrap_or_default();
            let context = model.context_tokens.map(|tokens| format!("{tokens} tokens")).unwrap_or_default();
            output::line(format!("{}\t{size}\t{context}", model.name))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The server behind a connection.
fn server(ai: &Ai, connection: Option<&str>) -> Result<Arc<Server>, Failure> {
    if let Some(connection) = connection {
        return Ok(ai.provider(connection).extension()?);
    }
    let default = ai.route().extension();
    if default.is_ok() {
        return Ok(default?);
    }
    let mut servers: Vec<Arc<Server>> =
        ai.providers().iter().filter_map(|provider| provider.extension().ok()).collect();
    match (servers.pop(), servers.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            Err(Failure::Input("there are several Ollama servers: name one with --connection".into()))
        }
        (None, _) => Err(Failure::Input(
            "no connection leads to an Ollama server: write one with `driver = \"ollama\"` into ai.toml, or set \
             OLLAMA_HOST (127.0.0.1 for this machine)"
                .into(),
        )),
    }
}

async fn fetch(server: &Server, model: &str, json: bool) -> Result<(), Failure> {
    let mut pull = server.pull(&Context::new(), model).await?;
    let mut shown = Shown::new(json);
    while let Some(event) = pull.next().await {
        shown.event(&event?, pull.progress())?;
    }
    Ok(())
}

/// A bar at a terminal, a line for each step elsewhere, and JSON lines for programs.
struct Shown {
    json: bool,
    bar: Option<ProgressBar>,
    /// The tenth of the whole that was told last, where there is no bar.
    told: u64,
}

impl Shown {
    fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        Self { json, bar, told: 0 }
    }

    fn event(&mut self, event: &PullEvent, progress: &PullProgress) -> Result<(), Failure> {
        let (completed, total) = (progress.completed(), progress.total());
        if self.json {
            let line = match event {
                PullEvent::Status(status) => json!({"status": status}),
                PullEvent::Done => json!({"status": "success"}),
                _ => json!({"status": "pulling", "completed": completed, "total": total}),
            };
            return Ok(output::json(&line)?);
        }
        match (event, &self.bar) {
            (PullEvent::Status(status), Some(bar)) => bar.set_message(status.clone()),
            (PullEvent::Status(status), None) => output::complain(status),
            (PullEvent::Done, bar) => {
                bar.iter().for_each(|bar| bar.finish_and_clear());
                output::line(format!("the model is there ({})", bytes(total)))?;
            }
            (_, Some(bar)) => {
                bar.set_length(total);
                bar.set_position(completed);
            }
            (_, None) => {
                let tenth = completed.saturating_mul(10).checked_div(total).unwrap_or(0);
                if tenth != std::mem::replace(&mut self.told, tenth) {
                    output::complain(format_args!("{} of {}", bytes(completed), bytes(total)));
                }
            }
        }
        Ok(())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.bar.iter().for_each(|bar| bar.finish_and_clear());
    }
}

fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}
