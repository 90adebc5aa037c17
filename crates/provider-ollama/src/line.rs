//! A connection to a server, and what holds for each of its calls.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use laravel_ai_core::{Context, Error, ErrorKind, Resources, Result};
use provider_http::wire::{Raw, parse, text_of, wire};
use provider_http::{Call, Connection, FrameReader, Framer};

use crate::config::Config;
use crate::driver::Ollama;
use crate::error::error_of;
use crate::host;

/// How long a server may be silent if nobody says otherwise. A cold model is loaded first, and an answer that is not streamed
/// comes when the last token is made: on a slow machine with a large model both take many minutes. A machine that is gone
/// is noticed much earlier, because the transport keeps probing the connection.
const SILENCE: Duration = Duration::from_secs(30 * 60);

#[derive(Debug)]
pub(crate) struct Line {
    connection: Connection,
    hosted: bool,
}

impl Line {
    pub(crate) fn new(name: &str, config: &Config, resources: &Resources) -> Result<Self> {
        let base_url = host::base_url(config.base_url.as_deref());
        let hosted = host::is_hosted(&base_url);
        let mut connection = Connection::new(Ollama::DRIVER, name, &base_url, resources)?
            .without_pasted(&["/v1", "/chat", "/generate", "/embed", "/tags"])
            .map_err(|error| {
                let message = format!("{}; the driver `ollama` adds /api and the rest", error.message());
                Error::new(error.kind(), message)
            })?
            .with_failures(move |failure| error_of(hosted, failure));
        connection = match &config.api_key {
            key if hosted => connection.with_required_key(key.as_ref())?,
            Some(key) => connection.with_key(key)?,
            None => connection,
        };
        for (name, value) in &config.headers {
            connection = connection.with_header(name, value)?;
        }
        Ok(Self { connection, hosted })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn is_hosted(&self) -> bool {
        self.hosted
    }

    pub(crate) async fn send(&self, ctx: &Context, call: &Call<'_>) -> Result<Response<Bytes>> {
        let answer = self.connection.client().send(&patient(ctx), call).await;
        answer.map_err(|error| self.explain(error))
    }

    /// As [`send`](Self::send), and an answer that is an error object is the error that it says, whatever its status.
    pub(crate) async fn send_checked(&self, ctx: &Context, call: Call<'_>) -> Result<Response<Bytes>> {
        let answer = self.send(ctx, &call).await?;
        self.checked(&call, answer)
    }

    pub(crate) async fn stream(&self, ctx: &Context, call: Call<'_>) -> Result<FrameReader> {
        let reader = self.connection.client().stream(&patient(ctx), call, Framer::ndjson()).await;
        reader.map_err(|error| self.explain(error))
    }

    /// A question that reads, asked with the key of the call, and its answer when that is no failure.
    pub(crate) async fn ask(&self, ctx: &Context, call: Call<'_>) -> Result<Response<Bytes>> {
        let access = self.connection.access(ctx, &self.connection.target("")).await?;
        let call = call.with_headers(&access.headers);
        let answer = self.connection.client().send(ctx, &call).await;
        self.checked(&call, answer.map_err(|error| self.explain(error))?)
    }

    fn checked(&self, call: &Call<'_>, answer: Response<Bytes>) -> Result<Response<Bytes>> {
        let text = text_of(answer.body());
        let Said { error, .. } = parse(&text).unwrap_or_default();
        if error.is_none() {
            drop(text);
            return Ok(answer);
        }
        let client = self.connection.client();
        Err(client.error(&client.failure(call, &answer)))
    }

    /// Most who can't reach a local server have not started it.
    fn explain(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::Transport || error.possibly_billed() || self.hosted {
            return error;
        }
        let host = self.connection.client().base_url().host();
        let message = format!(
            "{}: is Ollama running at {host}? Start it with `ollama serve`, or say in `base_url` where it is",
            error.message()
        );
        Error::new(ErrorKind::Transport, message)
            .with_retry(error.retry())
            .with_possibly_billed(false)
            .with_source(error)
    }
}

wire! {
    struct Said<'a> {
        error: Raw<'a> = "error",
    } ignoring _
}

fn patient(ctx: &Context) -> Cow<'_, Context> {
    if ctx.timeouts.idle.is_some() {
        return Cow::Borrowed(ctx);
    }
    let mut patient = ctx.clone();
    patient.timeouts.idle = Some(SILENCE);
    Cow::Owned(patient)
}
