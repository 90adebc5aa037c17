//! `ai ask`

use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use ai::{ChatRequest, ChatResponse, Message, StreamEvent};
use clap::Args;
use futures_util::StreamExt;

use crate::failure::Failure;
use crate::{output, setup};

/// Ask a model and print its answer while it is made.
#[derive(Args)]
pub(crate) struct Ask {
    /// What to ask. Text on stdin is added below it; without a prompt it is the prompt.
    prompt: Vec<String>,
    /// The model: `connection/model`, or a model of the default connection.
    #[arg(short, long)]
    model: Option<String>,
    /// Instructions for the model.
    #[arg(short, long)]
    system: Option<String>,
    /// Randomness, from 0.
    #[arg(long)]
    temperature: Option<f64>,
    /// The most tokens of the answer.
    #[arg(long)]
    max_tokens: Option<u32>,
    /// Print the answer when it is whole.
    #[arg(long)]
    no_stream: bool,
    /// Print the request that would be sent, with secrets masked, and send nothing.
    #[arg(long)]
    render: bool,
}

impl Ask {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let request = self.request()?;
        let ai = setup::load_or_mock(config)?;
        let route = match &self.model {
            Some(model) => ai.model(model),
            None => ai.route(),
        };
        if self.render {
            let rendered = route.render(request)?;
            match json {
                true => output::json(&rendered)?,
                false => output::line(rendered.to_string())?,
            }
            return Ok(ExitCode::SUCCESS);
        }
        let response =
            if json || self.no_stream { route.send(request).await? } else { stream(&route, request).await? };
        if json {
            output::json(&response)?;
        } else if self.no_stream {
            output::line(response.text())?;
        }
        for warning in &response.warnings {
            output::complain(format_args!("ai: warning: {warning}"));
        }
        if let (false, Some(refusal)) = (json, response.refusal()) {
            output::complain(format_args!("ai: the model refused: {refusal}"));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self) -> Result<ChatRequest, Failure> {
        let mut prompt = self.prompt.join(" ");
        // Without a prompt a terminal would only seem to hang, so stdin is read only when something is piped in.
        if !io::stdin().is_terminal() {
            let mut piped = Vec::new();
            io::stdin().read_to_end(&mut piped)?;
            let piped = String::from_utf8(piped).map_err(|_| {
                Failure::Input("what is piped in is no UTF-8 text, so it can't be asked".into())
            })?;
            let piped = piped.trim_end();
            if !piped.is_empty() {
                prompt = if prompt.is_empty() { piped.to_owned() } else { format!("{prompt}\n\n{piped}") };
            }
        }
        if prompt.trim().is_empty() {
            return Err(Failure::Input("there is nothing to ask: give a prompt, or pipe it in".into()));
        }
        let system = self.system.as_deref().map(Message::system);
        let mut request = ChatRequest::new(system.into_iter().chain([Message::user(prompt)]));
        request.temperature = self.temperature;
        request.max_output_tokens = self.max_tokens;
        request.validate()?;
        Ok(request)
    }
}

/// Prints text as it comes. What was delivered before an error stays on the screen, on a line of its own.
async fn stream(route: &ai::Route, request: ChatRequest) -> Result<ChatResponse, Failure> {
    let mut stream = route.stream(request).await?;
    let mut printed = false;
    while let Some(event) = stream.next().await {
        match event {
            Ok(StreamEvent::TextDelta { text, .. }) => {
                output::text(&text)?;
                printed = true;
            }
            Ok(_) => {}
            Err(error) => {
                if printed {
                    output::line("")?;
                }
                return Err(error.into());
            }
        }
    }
    if printed {
        output::line("")?;
    }
    Ok(stream.into_response().await?)
}
