//! What a server does beside answering: fetching models, and keeping them in memory.

use std::sync::Arc;

use laravel_ai_core::{Context, Error, ErrorKind, Resources, Result};
use provider_http::Call;
use provider_http::wire::{List, Number, Text, parse, text_of, wire};
use serde_json::{Value, json};

use crate::config::Config;
use crate::line::Line;
use crate::options::KeepAlive;
use crate::pull::Pull;

/// A server itself. Cheap to clone; opening one does no I/O.
///
/// It is the [extension](laravel_ai_core::Provider::extension) of a connection with the driver `ollama`, so that
/// `ai.provider("local").extension::<Server>()` gives it with the connection's address, key and headers.
///
/// ```
/// use laravel_ai_core::{Context, Resources, Result};
/// use provider_ollama::{Config, Server};
///
/// async fn warm_up(resources: &Resources) -> Result<()> {
///     let server = Server::connect("local", &Config::new(), resources)?;
///     server.pull(&Context::new(), "qwen3:8b").await?.finish().await?;
///     server.load(&Context::new(), "qwen3:8b", None).await?;
///     for model in server.running(&Context::new()).await? {
///         println!("{} with a context of {:?} tokens", model.name, model.context_tokens);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    line: Arc<Line>,
}

/// A model in a server's memory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RunningModel {
    /// Its name.
    pub name: String,
    /// Its bytes in memory.
    pub size: Option<u64>,
    /// How many of them lie on the GPU.
    pub size_vram: Option<u64>,
    /// The length of the context that is really used, in tokens.
    pub context_tokens: Option<u64>,
    /// When it leaves the memory if nobody asks it (RFC 3339).
    pub expires_at: Option<String>,
}

impl Server {
    /// The server of a configuration. Does no I/O.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) that names the key that is wrong.
    pub fn connect(connection: &str, config: &Config, resources: &Resources) -> Result<Self> {
        Ok(Self { line: Arc::new(Line::new(connection, config, resources)?) })
    }

    pub(crate) fn of(line: Arc<Line>) -> Self {
        Self { line }
    }

    /// The server's version, such as `0.15.2`.
    ///
    /// # Errors
    /// Any [`ErrorKind`].
    pub async fn version(&self, ctx: &Context) -> Result<String> {
        let answer = self.line.ask(ctx, Call::get("api/version")).await?;
        let text = text_of(answer.body());
        let Version { version, .. } = parse(&text).unwrap_or_default();
        version.owned().ok_or_else(|| Error::new(ErrorKind::Decode, "the answer is no version"))
    }

    /// The models that are in memory now.
    ///
    /// # Errors
    /// Any [`ErrorKind`].
    pub async fn running(&self, ctx: &Context) -> Result<Vec<RunningModel>> {
        let answer = self.line.ask(ctx, Call::get("api/ps")).await?;
        let text = text_of(answer.body());
        let page: Running<'_> =
            parse(&text).map_err(|_| Error::new(ErrorKind::Decode, "the answer is no list of models"))?;
        let model = |row: Row<'_>| {
            Some(RunningModel {
                name: row.name.owned()?,
                size: row.size.0,
                size_vram: row.size_vram.0,
                context_tokens: row.context.0,
                expires_at: row.expires_at.owned(),
            })
        };
        Ok(page.models.into_iter().filter_map(model).collect())
    }

    /// Loads a chat model before anybody asks it, and keeps it for `keep_alive` (5 minutes if nothing is said). Comes back
    /// when it is in memory; dropping the future gives up waiting.
    ///
    /// # Errors
    /// Any [`ErrorKind`]; [`ModelNotFound`](ErrorKind::ModelNotFound) for a model that the server does not have.
    pub async fn load(&self, ctx: &Context, model: &str, keep_alive: Option<KeepAlive>) -> Result<()> {
        let mut body = json!({"model": model, "messages": [], "stream": false});
        if let (Some(keep_alive), Some(members)) = (keep_alive, body.as_object_mut()) {
            members.insert("keep_alive".into(), serde_json::to_value(keep_alive).unwrap_or(Value::Null));
        }
        let target = self.line.connection().target(model);
        let access = self.line.connection().access(ctx, &target).await?;
        let call = Call::post("api/chat", body.to_string()).with_headers(&access.headers);
        let loaded = self.line.send_checked(ctx, call).await;
        let loaded = loaded.and_then(|answer| {
            let text = text_of(answer.body());
            let Loaded { done, .. } = parse(&text).unwrap_or_default();
            let message = "the answer does not say that the model was loaded: check `base_url`";
            done.filled().map(drop).ok_or_else(|| Error::new(ErrorKind::Decode, message))
        });
        loaded.map_err(|error| error.with_target(&access.target))
    }

    /// Takes a model out of memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn unload(&self, ctx: &Context, model: &str) -> Result<()> {
        self.load(ctx, model, Some(KeepAlive::unload())).await
    }

    /// Fetches a model onto the server. What is not known of it, such as its name being wrong, may be said when the stream
    /// has begun.
    ///
    /// # Errors
    /// Any [`ErrorKind`].
    pub async fn pull(&self, ctx: &Context, model: &str) -> Result<Pull> {
        let body = json!({"model": model, "stream": true}).to_string();
        let target = self.line.connection().target(model);
        let access = self.line.connection().access(ctx, &target).await?;
        let call = Call::post("api/pull", body).with_headers(&access.headers);
        let reader = self.line.stream(ctx, call).await;
        let reader = reader.map_err(|error| error.with_target(&access.target))?;
        Ok(Pull::new(reader, self.line.is_hosted()))
    }
}

wire! {
    struct Loaded<'a> {
        done: Text<'a> = "done",
    } ignoring _
}

wire! {
    struct Version<'a> {
        version: Text<'a> = "version",
    } ignoring _
}

wire! {
    struct Running<'a> {
        models: List<Row<'a>> = "models",
    } ignoring _
}

wire! {
    struct Row<'a> {
        name: Text<'a> = "name" | "model",
        size: Number = "size",
        size_vram: Number = "size_vram",
        context: Number = "context_length",
        expires_at: Text<'a> = "expires_at",
    } ignoring _
}
