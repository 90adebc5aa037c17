//! Fetching a model onto a server.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream;
use laravel_ai_core::{Error, ErrorKind, Result};
use provider_http::wire::{Number, Raw, Text, parse, wire};
use provider_http::words::broken_frame;
use provider_http::{Failure, FrameReader};
use serde_json::error::Category;

use crate::error::error_in_line;

/// A model on its way onto a server: a stream of what the server does.
///
/// The law: *zero or more events, then exactly one [`PullEvent::Done`] or one error, then nothing.* An error may come
/// although HTTP said 200, and a body that ends before the server says `success` is
/// [`StreamInterrupted`](ErrorKind::StreamInterrupted), never an end.
///
/// Dropping it closes the connection, and the server stops. It keeps the parts that it has, so that fetching the same model
/// again goes on from there.
///
/// ```
/// use futures_util::StreamExt;
/// use laravel_ai_core::{Context, Result};
/// use provider_ollama::{PullEvent, Server};
///
/// async fn fetch(server: &Server) -> Result<()> {
///     let mut pull = server.pull(&Context::new(), "qwen3:8b").await?;
///     while let Some(event) = pull.next().await {
///         if let PullEvent::Status(status) = event? {
///             println!("{status}");
///         }
///         println!("{} of {} bytes", pull.progress().completed(), pull.progress().total());
///     }
///     Ok(())
/// }
/// ```
pub struct Pull {
    events: Pin<Box<dyn Stream<Item = Result<PullEvent>> + Send>>,
    progress: PullProgress,
}

/// One thing that a server says while it fetches a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullEvent {
    /// What it does, in its words: `pulling manifest`, `verifying sha256 digest`, `writing manifest` …
    Status(String),
    /// How much of a layer of the model is there.
    Layer {
        /// The layer's digest, `sha256:…`.
        digest: String,
        /// Its bytes.
        total: u64,
        /// The bytes that are there.
        completed: u64,
    },
    /// The model is there.
    Done,
}

/// How much of a model is there, all layers that were named so far together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullProgress {
    layers: BTreeMap<String, (u64, u64)>,
}

impl PullProgress {
    /// Takes note of an event.
    pub fn note(&mut self, event: &PullEvent) {
        if let PullEvent::Layer { digest, total, completed } = event {
            self.layers.insert(digest.clone(), (*total, *completed));
        }
    }

    /// The bytes that are there.
    pub fn completed(&self) -> u64 {
        self.sum(|(_, completed)| *completed)
    }

    /// The bytes of the layers that are known. It grows, because the server names a layer when it comes to it.
    pub fn total(&self) -> u64 {
        self.sum(|(total, _)| *total)
    }

    /// How many layers are known.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    fn sum(&self, part: impl Fn(&(u64, u64)) -> u64) -> u64 {
        self.layers.values().map(part).fold(0, u64::saturating_add)
    }
}

impl Pull {
    pub(crate) fn new(reader: FrameReader, hosted: bool) -> Self {
        let answer = Arc::clone(reader.failure());
        let events = stream::unfold(Some(reader), move |reader| {
            let answer = Arc::clone(&answer);
            async move {
                let mut reader = reader?;
                let event = match reader.next_frame().await {
                    Ok(Some(line)) => read(hosted, &answer, line.data()),
                    Ok(None) => Err(cut()),
                    Err(error) if error.kind() == ErrorKind::Transport => Err(cut().with_source(error)),
                    Err(error) => Err(error),
                };
                match event {
                    Ok(PullEvent::Done) => {
                        reader.drain().await;
                        Some((Ok(PullEvent::Done), None))
                    }
                    Ok(event) => Some((Ok(event), Some(reader))),
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        Self { events: Box::pin(events.fuse()), progress: PullProgress::default() }
    }

    /// How much is there, after the events that were read.
    pub fn progress(&self) -> &PullProgress {
        &self.progress
    }

    /// Reads on until the model is there.
    ///
    /// # Errors
    /// The error that ends the stream.
    pub async fn finish(mut self) -> Result<()> {
        while let Some(event) = self.next().await {
            event?;
        }
        Ok(())
    }
}

impl Stream for Pull {
    type Item = Result<PullEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.events.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(event))) = &polled {
            self.progress.note(event);
        }
        polled
    }
}

impl fmt::Debug for Pull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull").field("progress", &self.progress).finish_non_exhaustive()
    }
}

wire! {
    struct Line<'a> {
        status: Text<'a> = "status",
        digest: Text<'a> = "digest",
        total: Number = "total",
        completed: Number = "completed",
        error: Raw<'a> = "error",
    } ignoring _
}

fn read(hosted: bool, answer: &Failure, data: &str) -> Result<PullEvent> {
    let line: Line<'_> = parse(data).map_err(|error| match error.classify() {
        Category::Eof => cut(),
        _ => broken_frame(data, error),
    })?;
    if line.error.is_some() {
        return Err(error_in_line(hosted, answer, data));
    }
    Ok(match (line.status.filled(), line.digest.owned(), line.total.0) {
        (Some("success"), ..) => PullEvent::Done,
        (_, Some(digest), Some(total)) => {
            PullEvent::Layer { digest, total, completed: line.completed.0.unwrap_or(0) }
        }
        (status, ..) => PullEvent::Status(status.unwrap_or_default().to_owned()),
    })
}

fn cut() -> Error {
    let message = "the server stopped before the model was there; fetching it again goes on from what it has";
    Error::new(ErrorKind::StreamInterrupted, message).with_possibly_billed(false)
}
