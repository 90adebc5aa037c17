//! What a test may demand of the calls that were made. Each of these panics with a list of what was sent.

use std::fmt::{Display, Write as _};

use crate::recorded::plural;
use crate::rules::Fits as _;
use crate::{Matcher, Mock, Recorded};

/// Assertions. They look at requests from the moment the call is made, so a stream need not be read for it.
impl Mock {
    /// Demands that some chat request is as `expected`.
    ///
    /// # Panics
    /// When none is, with a list of what was sent.
    #[track_caller]
    pub fn assert_sent(&self, expected: impl Fn(&Recorded) -> bool) {
        let sent = self.recorded();
        if !sent.iter().any(expected) {
            fail("an expected request was not sent", &sent);
        }
    }

    /// Demands that no chat request is as `unexpected`.
    ///
    /// # Panics
    /// When one is, with a list of those.
    #[track_caller]
    pub fn assert_not_sent(&self, unexpected: impl Fn(&Recorded) -> bool) {
        let mut sent = self.recorded();
        sent.retain(unexpected);
        if !sent.is_empty() {
            fail("an unexpected request was sent", &sent);
        }
    }

    /// Demands that so many chat requests were sent.
    ///
    /// # Panics
    /// When it is another number, with a list of what was sent.
    #[track_caller]
    pub fn assert_sent_count(&self, count: usize) {
        let sent = self.recorded();
        if sent.len() != count {
            let (requests, made) = (plural(count, "request"), sent.len());
            fail(&format!("expected {count} {requests}, but {made} were sent"), &sent);
        }
    }

    /// Demands that the chat requests were these, one after the other, and no more.
    ///
    /// # Panics
    /// When one is not, with a list of what was sent.
    #[track_caller]
    pub fn assert_sent_in_order(&self, expected: impl IntoIterator<Item = Matcher>) {
        let sent = self.recorded();
        let expected: Vec<Matcher> = expected.into_iter().collect();
        let wrong = expected.iter().zip(&sent).find(|(matcher, sent)| !matcher.fits(sent));
        if let Some((matcher, wrong)) = wrong {
            fail(&format!("request {} is not {matcher}", wrong.number), &sent);
        }
        if expected.len() != sent.len() {
            let (count, requests) = (expected.len(), plural(expected.len(), "request"));
            fail(&format!("expected {count} {requests} in order, but {} were sent", sent.len()), &sent);
        }
    }

    /// Demands that nothing was sent at all, neither chat nor embedding requests.
    ///
    /// # Panics
    /// When something was, with a list of it.
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        let (sent, embedded) = (self.recorded(), self.recorded_embeddings());
        if !sent.is_empty() {
            fail("expected that nothing is sent", &sent);
        }
        if !embedded.is_empty() {
            fail("expected that nothing is sent", &embedded);
        }
    }

    /// Demands that every reply of every sequence was used.
    ///
    /// # Panics
    /// When some are left, with a list of what was sent.
    #[track_caller]
    pub fn assert_sequences_used_up(&self) {
        let rules = self.state().rules.clone();
        let matched = rules.matched.iter().map(|(_, script)| script);
        let unused: usize = matched.chain(&rules.otherwise).map(|script| script.unused()).sum();
        if unused > 0 {
            fail(&format!("{unused} scripted {} not used", was(unused)), &self.recorded());
        }
    }
}

fn was(count: usize) -> &'static str {
    if count == 1 { "reply was" } else { "replies were" }
}

/// Fails the test with `problem` and a list of what was sent.
#[track_caller]
#[expect(clippy::panic, reason = "it is the failure of an assertion in a test")]
pub(crate) fn fail<T: Display>(problem: &str, sent: &[T]) -> ! {
    let mut message = format!("{problem}; ");
    match sent {
        [] => message.push_str("nothing was"),
        [_] => message.push_str("this was:"),
        _ => message.push_str("these were:"),
    }
    for sent in sent {
        _ = write!(message, "\n  {sent}");
    }
    panic!("{message}")
}
