//! What was tried, and what it cost: one row for each physical attempt.

mod memory;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use laravel_ai_core::{AttemptId, Context, Cost, ErrorKind, Labels, Modality, Result, RunId, Target, Usage};
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryLedger;
use crate::Unpriced;

/// Keeps a row for each physical attempt, failed and lost ones too: they are paid for and must be seen.
///
/// # Contract for implementers
/// * A row is kept whole or not at all, and once: a row of an attempt that has one already changes nothing and is no
///   error, so that a write whose outcome is unknown can be repeated.
/// * [`record`](Self::record) returns when the row is as safe as the implementation promises. It waits rather than
///   drops when it can't keep up; memory for rows that wait is bounded.
/// * [`hand_over`](Self::hand_over) is for callers that can't wait. It never blocks on I/O and never panics; a row that
///   finds no room is counted by the implementation, which says where it is told.
/// * Amounts come back as they were given, to the last digit.
/// * A row holds no content of the conversation, and nothing but the fingerprint of a credential.
///
/// # Contract for callers
/// Call [`flush`](Self::flush) before the program ends.
#[async_trait]
pub trait Ledger: Debug + Send + Sync + 'static {
    /// Keeps a row.
    ///
    /// # Errors
    /// When the row is not kept.
    async fn record(&self, entry: LedgerEntry) -> Result<()>;

    /// [`record`](Self::record) for a caller that is being dropped.
    fn hand_over(&self, entry: LedgerEntry);

    /// Waits until every row that was taken is kept.
    ///
    /// # Errors
    /// When one is not.
    async fn flush(&self) -> Result<()>;
}

/// One physical attempt.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ai_costs::{AttemptOutcome, LedgerEntry};
/// use laravel_ai_core::{Context, Target, Usage};
///
/// let target = Target::new("openai", "work", "gpt-4.1");
/// let entry = LedgerEntry::new(&Context::new(), target, SystemTime::UNIX_EPOCH)
///     .with_outcome(AttemptOutcome::Answered, Duration::from_millis(800))
///     .with_usage(Usage::new(24, 3));
/// assert_eq!(entry.usage.total(), Some(27));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// Which attempt.
    pub attempt: AttemptId,
    /// Of which call of the application.
    pub run: RunId,
    /// Of which model call in it.
    pub step: u32,
    /// What was called.
    pub modality: Modality,
    /// Where it went, with the fingerprint of the credential.
    pub target: Target,
    /// The model that answered, as the vendor names it.
    pub served: Option<String>,
    /// The service tier that was used, as the vendor names it.
    pub service_tier: Option<String>,
    /// Whom it belongs to.
    pub labels: Arc<Labels>,
    /// When it was begun.
    pub started: SystemTime,
    /// How long it took.
    pub latency: Duration,
    /// From its beginning to the first content.
    pub first_content: Option<Duration>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The kind of its failure.
    pub error: Option<ErrorKind>,
    /// What it used, with the vendor's own object.
    pub usage: Usage,
    /// What it cost. `None` is unknown, and `unpriced` says why.
    pub cost: Option<Cost>,
    /// Why its cost is not known.
    pub unpriced: Option<Unpriced>,
    /// It cost more than was reserved for it.
    pub overran: bool,
    /// The id under which the vendor's support finds it.
    pub request_id: Option<String>,
}

impl LedgerEntry {
    /// An attempt that was begun, with the ids and labels of its context; without an attempt in it a new id.
    pub fn new(ctx: &Context, target: Target, started: SystemTime) -> Self {
        Self {
            attempt: ctx.attempt.unwrap_or_else(AttemptId::new),
            run: ctx.run,
            step: ctx.step,
            modality: Modality::Chat,
            target,
            served: None,
            service_tier: None,
            labels: Arc::clone(&ctx.labels),
            started,
            latency: Duration::ZERO,
            first_content: None,
            outcome: AttemptOutcome::Cancelled,
            error: None,
            usage: Usage::default(),
            cost: None,
            unpriced: None,
            overran: false,
            request_id: None,
        }
    }

    /// With its end and the time that it took.
    #[must_use]
    pub fn with_outcome(mut self, outcome: AttemptOutcome, latency: Duration) -> Self {
        (self.outcome, self.latency) = (outcome, latency);
        self
    }

    /// With what it used.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// With what it cost, or why that is not known.
    #[must_use]
    pub fn with_cost(mut self, cost: Result<Cost, Unpriced>) -> Self {
        (self.cost, self.unpriced) = match cost {
            Ok(cost) => (Some(cost), None),
            Err(why) => (None, Some(why)),
        };
        self
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// With a whole answer.
    Answered,
    /// With an error before anything of the answer came.
    Failed,
    /// With an error after a part of the answer had come.
    Interrupted,
    /// The caller dropped it. An attempt of which nothing else is known ended so.
    Cancelled,
}
