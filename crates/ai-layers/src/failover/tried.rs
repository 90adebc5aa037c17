//! What failed before the error that the caller gets.

use std::error::Error as StdError;
use std::fmt;

use laravel_ai_core::{Error, ErrorKind, Target};

/// The targets that a failover asked in vain before the last one, as a source of the error: find it with
/// [`Error::vendor`]. The vendor's own error is behind it in the chain.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Candidate, Failover, Tried};
/// use laravel_ai_core::{ChatRequest, Context, ErrorKind, Provider};
/// use provider_mock::{Mock, TestClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> laravel_ai_core::Result<()> {
/// let one = Mock::new().with_connection("one").fail(ErrorKind::QuotaExceeded);
/// let two = Mock::new().with_connection("two").fail(ErrorKind::Server);
/// let candidates = [Candidate::new(one.chat_model("a")?), Candidate::new(two.chat_model("b")?)];
/// let model = Failover::new(Arc::new(TestClock::new())).chat(candidates)?;
/// let error = model.chat(&Context::new(), Arc::new(ChatRequest::user("Hello"))).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Server);
/// let tried = error.vendor::<Tried>().unwrap();
/// assert_eq!((tried.failures()[0].0.connection(), tried.failures()[0].1.kind()), ("one", ErrorKind::QuotaExceeded));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tried {
    failures: Vec<(Target, Error)>,
    last: Error,
}

impl Tried {
    /// Who failed and how, in the order in which they were asked; the last one is the error itself.
    pub fn failures(&self) -> &[(Target, Error)] {
        &self.failures
    }

    /// The error for the caller.
    pub(super) fn last_of(mut failures: Vec<(Target, Error)>, billed: bool) -> Error {
        let Some((target, last)) = failures.pop() else {
            return Error::new(ErrorKind::Configuration, "a failover has no candidate");
        };
        let mut error = last.clone().with_target(&target);
        if billed && !error.possibly_billed() {
            error = error.with_possibly_billed(true);
        }
        if failures.is_empty() { error } else { error.with_source(Self { failures, last }) }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tried before: ")?;
        for (index, (target, error)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{target}: {}", error.kind())?;
        }
        Ok(())
    }
}

impl StdError for Tried {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.last.source()
    }
}
