//! `ai ask`

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use ai::{Ai, ChatRequest, JsonSchemaFormat, Message, Object, ObjectFormat, Route, UserPart};
use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::wait::Spinner;
use crate::{answer, attach, output, setup};

/// The word that stands for what is piped in.
const STDIN: &str = "-";

/// How long stdin may stay silent before that is said.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ask a model and print its answer while it is made.
#[derive(Args)]
pub(crate) struct Ask {
    /// What to ask. What is piped in is added below it, or stands where `-` does; without a prompt it is the prompt.
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
    /// A file to go with the question: an image, a sound, a document or a text. May be given more than once.
    #[arg(short, long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// A JSON Schema that the answer must fit. The JSON is printed when it does; otherwise the command fails.
    #[arg(long, value_name = "FILE", conflicts_with = "no_stream")]
    schema: Option<PathBuf>,
    /// Say on stderr what the answer used.
    #[arg(long)]
    usage: bool,
    /// Print the answer when it is whole.
    #[arg(long)]
    no_stream: bool,
    /// Print the request that would be sent, with secrets masked, and send nothing.
    #[arg(long)]
    render: bool,
}

impl Ask {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let format = self.schema.as_deref().map(read_schema).transpose()?;
        let request = self.request().await?;
        let ai = setup::load_or_mock_kept(config).await?;
        let outcome = self.answer(&ai, format, request, json).await;
        // The rows of what was tried, failures too.
        ai.flush().await?;
        outcome
    }

    async fn answer(
        &self,
        ai: &Ai,
        format: Option<ObjectFormat>,
        mut request: ChatRequest,
        json: bool,
    ) -> Result<ExitCode, Failure> {
        let route = setup::route(ai, self.model.as_deref());
        if self.render {
            if let Some(format) = &format {
                request = request.with_format(format.response_format());
            }
            let rendered = route.render(request)?;
            match json {
                true => output::json(&rendered)?,
                false => output::line(rendered.to_string())?,
            }
            return Ok(ExitCode::SUCCESS);
        }
        let response = match format {
            Some(format) => object(&route, &format, request, json).await?,
            None if json || self.no_stream => {
                let spinner = Spinner::start("waiting for the answer");
                let response = route.send(request).await;
                drop(spinner);
                let response = response?;
                match json {
                    true => output::json(&response)?,
                    false => output::line(response.text())?,
                }
                response
            }
            None => answer::print(route.stream(request)).await?,
        };
        answer::notes(&response, self.usage);
        Ok(ExitCode::SUCCESS)
    }

    /// The prompt with what is piped in.
    async fn question(&self) -> Result<String, Failure> {
        let prompt = self.prompt.join(" ");
        let named = self.prompt.iter().any(|word| word == STDIN);
        // Without a prompt a terminal would only seem to hang, so stdin is read only when something is piped in.
        if !named && io::stdin().is_terminal() {
            return Ok(prompt);
        }
        let piped = piped().await?;
        let piped = piped.trim_end();
        if named {
            let words = self.prompt.iter().map(|word| if word == STDIN { piped } else { word });
            return Ok(words.collect::<Vec<_>>().join(" "));
        }
        Ok(match (prompt.is_empty(), piped.is_empty()) {
            (_, true) => prompt,
            (true, _) => piped.to_owned(),
            _ => format!("{prompt}\n\n{piped}"),
        })
    }

    async fn request(&self) -> Result<ChatRequest, Failure> {
        let prompt = self.question().await?;
        if prompt.trim().is_empty() {
            return Err(Failure::Input("there is nothing to ask: give a prompt, or pipe it in".into()));
        }
        let system = self.system.as_deref().map(Message::system);
        let mut parts = vec![UserPart::text(prompt)];
        for file in &self.attach {
            parts.push(attach::part(file)?);
        }
        let mut request = ChatRequest::new(system.into_iter().chain([Message::User(parts)]));
        request.temperature = self.temperature;
        request.max_output_tokens = self.max_tokens;
        request.validate()?;
        Ok(request)
    }
}

/// Stdin to its end. Where nothing comes for a while, somebody may have forgotten to close it, and is told.
async fn piped() -> Result<String, Failure> {
    let reading = tokio::task::spawn_blocking(|| {
        let mut piped = Vec::new();
        io::stdin().read_to_end(&mut piped).map(|_| piped)
    });
    tokio::pin!(reading);
    let read = match tokio::time::timeout(PATIENCE, &mut reading).await {
        Ok(read) => read,
        Err(_) => {
            output::complain("ai: reading stdin to its end; give `</dev/null` if nothing is to come");
            reading.await
        }
    };
    let piped = read.map_err(io::Error::other)??;
    String::from_utf8(piped)
        .map_err(|_| Failure::Input("what is piped in is no UTF-8 text, so it can't be asked".into()))
}

fn read_schema(path: &Path) -> Result<ObjectFormat, Failure> {
    let wrong = |what: &dyn std::fmt::Display| Failure::Input(format!("`{}` {what}", path.display()));
    let text =
        std::fs::read_to_string(path).map_err(|error| wrong(&format_args!("can't be read: {error}")))?;
    let schema: Value =
        serde_json::from_str(&text).map_err(|error| wrong(&format_args!("is no JSON Schema: {error}")))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = stem.chars().filter(fits).take(64).collect();
    let name = if name.is_empty() { "answer".to_owned() } else { name };
    Ok(ObjectFormat::new(JsonSchemaFormat::new(name, schema))?)
}

/// Asks for JSON by a schema, and prints it if it fits.
async fn object(
    route: &Route,
    format: &ObjectFormat,
    request: ChatRequest,
    json: bool,
) -> Result<ai::ChatResponse, Failure> {
    let spinner = Spinner::start("waiting for the answer");
    let object = route.object_as::<Value>(format, request).await;
    drop(spinner);
    let Object { value, response, .. } = object?;
    match json {
        true => output::json(&json!({"value": value, "response": response}))?,
        false => output::json(&value)?,
    }
    Ok(response)
}
