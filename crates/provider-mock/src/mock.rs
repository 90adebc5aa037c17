//! The mock and its settings.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use laravel_ai_core::{Capabilities, Clock, Error, ModelInfo, ModelKind, Result};

use crate::matcher::Matcher;
use crate::rules::Rules;
use crate::{ChunkBy, Recorded, RecordedEmbedding, Reply, TestClock};

/// A provider that answers from a script and records what it was asked.
///
/// Without a script it answers by itself, and the same question and seed give the same answer. Clones share script
/// and records, so keep one and give the other away. See the [crate's documentation](crate) for a tour.
///
/// ```
/// use std::sync::Arc;
///
/// use laravel_ai_core::{ChatRequest, Context, Provider};
/// use provider_mock::Mock;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let mock = Mock::new().reply("Lima");
/// let request = Arc::new(ChatRequest::user("What is the capital of Peru?"));
/// let response = mock.chat_model("any")?.chat(&Context::new(), request).await?;
/// assert_eq!(response.text(), "Lima");
/// mock.assert_sent(|sent| sent.text().contains("Peru"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Mock {
    pub(crate) settings: Arc<Settings>,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) connection: String,
    pub(crate) seed: u64,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) delay: Duration,
    pub(crate) pace: Duration,
    pub(crate) chunks: ChunkBy,
    pub(crate) dimensions: u32,
    pub(crate) capabilities: Capabilities,
    pub(crate) models: Vec<ModelInfo>,
}

/// Vectors for an embedding request, from a closure of the test.
pub(crate) type Embed = Arc<dyn Fn(&RecordedEmbedding) -> Result<Vec<Vec<f32>>> + Send + Sync>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) rules: Arc<Rules<Matcher, Reply>>,
    pub(crate) strays: Strays,
    pub(crate) embed: Option<Embed>,
    pub(crate) catalog: Option<Error>,
    pub(crate) sent: Vec<Recorded>,
    pub(crate) embedded: Vec<RecordedEmbedding>,
}

/// What happens to a request that no rule is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strays {
    /// It is answered unless something is scripted.
    #[default]
    WithoutScript,
    Answered,
    Refused,
}

impl Mock {
    /// A mock without a script, called `mock`, with seed 0.
    pub fn new() -> Self {
        let info = |id: &str, kind| {
            let mut info = ModelInfo::new(id);
            info.kind = Some(kind);
            info
        };
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Some(true);
        capabilities.tools = Some(true);
        capabilities.parallel_tools = Some(true);
        capabilities.structured_output = Some(true);
        capabilities.reasoning = Some(true);
        let settings = Settings {
            connection: "mock".into(),
            seed: 0,
            clock: Arc::new(TestClock::new()),
            delay: Duration::ZERO,
            pace: Duration::ZERO,
            chunks: ChunkBy::Word,
            dimensions: 64,
            capabilities,
            models: vec![info("mock-chat", ModelKind::Chat), info("mock-embedding", ModelKind::Embedding)],
        };
        Self { settings: Arc::new(settings), state: Arc::default() }
    }

    /// The chat requests so far, in their order.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.state().sent.clone()
    }

    /// The embedding requests so far, in their order.
    pub fn recorded_embeddings(&self) -> Vec<RecordedEmbedding> {
        self.state().embedded.clone()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

macro_rules! settings {
    ($($(#[$doc:meta])* $method:ident, $field:ident: $type:ty;)*) => {
        /// Settings. Each holds for this value and the clones made of it later; script and records stay shared
        /// with all clones.
        impl Mock {
            /// With this name of the connection.
            pub fn with_connection(mut self, name: impl Into<String>) -> Self {
                Arc::make_mut(&mut self.settings).connection = name.into();
                self
            }

            /// With this list of models. Models outside the list answer too.
            pub fn with_models(mut self, models: impl IntoIterator<Item = ModelInfo>) -> Self {
                Arc::make_mut(&mut self.settings).models = models.into_iter().collect();
                self
            }

            $($(#[$doc])*
            pub fn $method(mut self, value: $type) -> Self {
                Arc::make_mut(&mut self.settings).$field = value;
                self
            })*
        }
    };
}

settings! {
    /// With this seed for everything that the mock makes up: ids, vectors, JSON by a schema.
    with_seed, seed: u64;
    /// With this clock for delays, paces and deadlines in place of a [`TestClock`].
    with_clock, clock: Arc<dyn Clock>;
    /// With this time before each answer that has no delay of its own.
    with_delay, delay: Duration;
    /// With this time before each delta of answers that have no pace of their own.
    with_pace, pace: Duration;
    /// With the texts of answers cut like this, unless they say otherwise.
    with_chunks, chunks: ChunkBy;
    /// With vectors of this length where a request does not ask for one; 64 otherwise.
    with_dimensions, dimensions: u32;
    /// With these capabilities of every chat model.
    with_capabilities, capabilities: Capabilities;
}

impl Default for Mock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Mock")
            .field("connection", &self.settings.connection)
            .field("seed", &self.settings.seed)
            .field("rules", &state.rules)
            .field("sent", &state.sent.len())
            .field("embedded", &state.embedded.len())
            .finish_non_exhaustive()
    }
}
