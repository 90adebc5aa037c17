//! Counting tokens before sending.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{ChatRequest, Context, Result, Target};

/// Counts the tokens of a request before it is sent.
///
/// # Contract for implementers
/// * Never a paid call. Dropping the future cancels it.
/// * A count that is not the vendor's own says so ([`TokenCount::exact`](TokenCount#structfield.exact)); nobody
///   bills by it.
///
/// # Contract for wrappers
/// Forward both methods. A wrapper that changes requests on their way to the model changes them here alike, or
/// the count is that of another request.
#[async_trait]
pub trait TokenCounter: Debug + Send + Sync + 'static {
    /// For whose model it counts.
    fn target(&self) -> &Target;

    /// The input tokens of `request`.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind) where the vendor is asked.
    async fn count(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<TokenCount>;
}

/// A number of tokens and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenCount {
    /// Tokens of the input.
    pub tokens: u64,
    /// Counted by the vendor or its tokenizer, and not estimated.
    pub exact: bool,
}

impl TokenCount {
    /// The vendor's own count.
    pub fn exact(tokens: u64) -> Self {
        Self { tokens, exact: true }
    }

    /// An estimate, for reservations only.
    pub fn estimate(tokens: u64) -> Self {
        Self { tokens, exact: false }
    }
}
