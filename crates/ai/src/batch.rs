//! Many calls at once.

use std::fmt;

use futures_util::{Stream, StreamExt, stream};
use laravel_ai_core::{ChatRequest, ChatResponse, Result};

use crate::{Ai, Route};

/// How many calls run at once unless the program says otherwise.
const CONCURRENCY: usize = 8;

/// Many requests that go the same way, some of them at once.
///
/// Each request has a result of its own, so one that fails takes no other with it. Dropping the future or stream cancels
/// the calls that run; those that are done were paid for, so keep what [`results`](Self::results) gave.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ai::Result<()> {
/// # let ai = ai::Ai::fake();
/// let answers = ai
///     .batch(["Translate: cat", "Translate: dog"])
///     .concurrency(4)
///     .on_progress(|progress| eprintln!("{} of {}", progress.done, progress.total))
///     .send()
///     .await;
/// for answer in answers {
///     match answer {
///         Ok(answer) => println!("{}", answer.text()),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch does nothing until it is sent"]
pub struct Batch {
    route: Route,
    requests: Vec<ChatRequest>,
    concurrency: usize,
    on_progress: Option<OnProgress>,
}

type OnProgress = Box<dyn FnMut(BatchProgress<'_>) + Send>;

/// One more result of a [`Batch`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BatchProgress<'a> {
    /// Which request it answers, by its place in the batch.
    pub index: usize,
    /// How many results there are, this one with them.
    pub done: usize,
    /// How many there will be.
    pub total: usize,
    /// The result.
    pub result: &'a Result<ChatResponse>,
}

impl Batch {
    pub(crate) fn new(route: Route, requests: Vec<ChatRequest>) -> Self {
        Self { route, requests, concurrency: CONCURRENCY, on_progress: None }
    }

    /// With at most this many calls at once (8 unless it is set; at least 1).
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Calls `callback` with each result as it comes.
    pub fn on_progress(mut self, callback: impl FnMut(BatchProgress<'_>) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }

    /// All results, in the order of the requests.
    pub async fn send(self) -> Vec<Result<ChatResponse>> {
        let mut results: Vec<_> = self.results().collect().await;
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Each result when it is there, with the place of its request in the batch.
    pub fn results(self) -> impl Stream<Item = (usize, Result<ChatResponse>)> + Send {
        let Self { route, requests, concurrency, mut on_progress } = self;
        let total = requests.len();
        let calls = requests.into_iter().enumerate().map(move |(index, request)| {
            let route = route.clone();
            async move { (index, route.send(request).await) }
        });
        stream::iter(calls).buffer_unordered(concurrency).enumerate().map(move |(before, (index, result))| {
            if let Some(callback) = &mut on_progress {
                callback(BatchProgress { index, done: before + 1, total, result: &result });
            }
            (index, result)
        })
    }
}

impl Ai {
    /// Many requests to the default model, some of them at once.
    pub fn batch<R: Into<ChatRequest>>(&self, requests: impl IntoIterator<Item = R>) -> Batch {
        self.route().batch(requests)
    }
}

impl Route {
    /// Many requests that go this way, some of them at once.
    pub fn batch<R: Into<ChatRequest>>(&self, requests: impl IntoIterator<Item = R>) -> Batch {
        Batch::new(self.clone(), requests.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("route", &self.route)
            .field("requests", &self.requests.len())
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
