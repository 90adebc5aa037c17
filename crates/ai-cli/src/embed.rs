//! `ai embed`

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use ai::EmbeddingRequest;
use clap::Args;

use crate::failure::Failure;
use crate::wait::Spinner;
use crate::{output, setup};

/// Turn texts into vectors: a JSON array for each, on a line of its own.
#[derive(Args)]
pub(crate) struct Embed {
    /// The texts; without any, or for `-`, each line of stdin is one.
    texts: Vec<String>,
    /// The model: `connection/model`, or a model of the default connection.
    #[arg(short, long)]
    model: Option<String>,
    /// The length of the vectors, for models that can shorten them.
    #[arg(long)]
    dimensions: Option<u32>,
}

impl Embed {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let mut texts = self.texts.clone();
        if texts.is_empty() || texts == ["-"] {
            if io::stdin().is_terminal() {
                output::complain("ai: one text on each line; Ctrl-D ends");
            }
            texts = io::stdin().lock().lines().collect::<Result<_, _>>()?;
            texts.retain(|text| !text.trim().is_empty());
        }
        let mut request = EmbeddingRequest::new(texts);
        request.dimensions = self.dimensions;
        request.validate()?;
        let ai = setup::load_or_mock_kept(config).await?;
        let route = setup::route(&ai, self.model.as_deref());
        let spinner = Spinner::start("embedding");
        let response = route.embed(request).await;
        drop(spinner);
        ai.flush().await?;
        let response = response?;
        if json {
            output::json(&response)?;
        } else {
            response.embeddings.iter().try_for_each(output::json)?;
        }
        for warning in &response.warnings {
            output::complain(format_args!("ai: warning: {warning}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
