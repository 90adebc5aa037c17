//! Which reply a request gets, for models and transports alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Decides whether a rule is for a request.
pub(crate) trait Fits {
    type Request;

    fn fits(&self, request: &Self::Request) -> bool;
}

/// A script and its position, shared by the snapshots that calls work on.
type Shared<M, R> = Arc<Script<<M as Fits>::Request, R>>;

/// The rule that led to a script, when it was not the one for all others, and the script.
type Found<'a, M, R> = (Option<&'a M>, &'a Script<<M as Fits>::Request, R>);

/// Scripts for requests that fit, in the order they were added, and one for all others.
///
/// Cloning copies pointers and shares the scripts' positions, so that a call works on a snapshot and no lock is
/// held while closures of the test run.
#[derive(Debug)]
pub(crate) struct Rules<M: Fits, R> {
    pub(crate) matched: Vec<(M, Shared<M, R>)>,
    pub(crate) otherwise: Option<Shared<M, R>>,
}

impl<M: Fits, R> Rules<M, R> {
    /// The script for `request`.
    pub(crate) fn find(&self, request: &M::Request) -> Option<Found<'_, M, R>> {
        let fitting = self.matched.iter().find(|(matcher, _)| matcher.fits(request));
        match (fitting, &self.otherwise) {
            (Some((matcher, script)), _) => Some((Some(matcher), script)),
            (None, Some(script)) => Some((None, script)),
            (None, None) => None,
        }
    }
}

impl<M: Fits, R> Default for Rules<M, R> {
    fn default() -> Self {
        Self { matched: Vec::new(), otherwise: None }
    }
}

impl<M: Fits + Clone, R> Clone for Rules<M, R> {
    fn clone(&self) -> Self {
        Self { matched: self.matched.clone(), otherwise: self.otherwise.clone() }
    }
}

/// Replies in an order.
pub(crate) struct Script<Q, R> {
    source: Source<Q, R>,
    taken: AtomicUsize,
}

enum Source<Q, R> {
    Cycle(Vec<R>),
    Sequence(Vec<R>, Option<R>),
    Closure(Box<dyn Fn(&Q) -> R + Send + Sync>),
}

/// All of a sequence was used; so many replies it had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exhausted(pub(crate) usize);

impl<Q, R: Clone> Script<Q, R> {
    /// One after the other, and from the start again.
    pub(crate) fn cycle<T: Into<R>>(replies: impl IntoIterator<Item = T>) -> Self {
        Self::new(Source::Cycle(replies.into_iter().map(Into::into).collect()))
    }

    /// One after the other, then `rest` or nothing more.
    pub(crate) fn sequence<T: Into<R>>(replies: impl IntoIterator<Item = T>, rest: Option<R>) -> Self {
        Self::new(Source::Sequence(replies.into_iter().map(Into::into).collect(), rest))
    }

    pub(crate) fn closure(reply: impl Fn(&Q) -> R + Send + Sync + 'static) -> Self {
        Self::new(Source::Closure(Box::new(reply)))
    }

    fn new(source: Source<Q, R>) -> Self {
        Self { source, taken: AtomicUsize::new(0) }
    }

    /// The reply whose turn it is.
    pub(crate) fn next(&self, request: &Q) -> Result<R, Exhausted> {
        let turn = self.taken.fetch_add(1, Ordering::Relaxed);
        match &self.source {
            Source::Cycle(replies) => {
                let turn = turn.checked_rem(replies.len()).ok_or(Exhausted(0))?;
                replies.get(turn).cloned().ok_or(Exhausted(0))
            }
            Source::Sequence(replies, rest) => {
                replies.get(turn).or(rest.as_ref()).cloned().ok_or(Exhausted(replies.len()))
            }
            Source::Closure(reply) => Ok(reply(request)),
        }
    }

    /// How many replies of a sequence nobody asked for.
    pub(crate) fn unused(&self) -> usize {
        match &self.source {
            Source::Sequence(replies, _) => replies.len().saturating_sub(self.taken.load(Ordering::Relaxed)),
            Source::Cycle(_) | Source::Closure(_) => 0,
        }
    }
}

impl<Q, R> std::fmt::Debug for Script<Q, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::Cycle(replies) => write!(f, "Cycle({} replies)", replies.len()),
            Source::Sequence(replies, _) => write!(f, "Sequence({} replies)", replies.len()),
            Source::Closure(_) => f.write_str("Closure"),
        }
    }
}
