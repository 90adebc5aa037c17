//! Writing a transport's script.

use std::fmt;
use std::sync::Arc;

use super::scripted::Accepts;
use crate::rules::Script;
use crate::{RecordedHttp, ScriptedTransport, WireReply};

impl ScriptedTransport {
    /// Answers every request that no rule is for with `reply`. A later call takes its place.
    pub fn reply(&self, reply: impl Into<WireReply>) -> Self {
        self.otherwise(Script::cycle([reply]))
    }

    /// Answers with one reply after the other. A request after the last one fails, and says so.
    pub fn sequence<R: Into<WireReply>>(&self, replies: impl IntoIterator<Item = R>) -> Self {
        self.otherwise(Script::sequence(replies, None))
    }

    /// Answers with one reply after the other, and then always with `rest`.
    pub fn sequence_then<R: Into<WireReply>>(
        &self,
        replies: impl IntoIterator<Item = R>,
        rest: impl Into<WireReply>,
    ) -> Self {
        self.otherwise(Script::sequence(replies, Some(rest.into())))
    }

    /// Answers with what `reply` makes of the request.
    pub fn reply_with<R: Into<WireReply>>(
        &self,
        reply: impl Fn(&RecordedHttp) -> R + Send + Sync + 'static,
    ) -> Self {
        self.otherwise(Script::closure(move |sent| reply(sent).into()))
    }

    /// Begins a rule for the requests that `accepts` is true for. Rules go before the replies for all requests,
    /// and the first rule that fits is taken.
    pub fn when(&self, accepts: impl Fn(&RecordedHttp) -> bool + Send + Sync + 'static) -> WhenHttp<'_> {
        WhenHttp { transport: self, accepts: Accepts(Arc::new(accepts)) }
    }

    fn otherwise(&self, script: Script<RecordedHttp, WireReply>) -> Self {
        Arc::make_mut(&mut self.state().rules).otherwise = Some(Arc::new(script));
        self.clone()
    }
}

/// A rule of a [`ScriptedTransport`] that still needs its replies.
#[must_use = "a rule without replies is no rule"]
pub struct WhenHttp<'a> {
    transport: &'a ScriptedTransport,
    accepts: Accepts,
}

impl WhenHttp<'_> {
    /// Always answers with `reply`.
    pub fn reply(self, reply: impl Into<WireReply>) -> ScriptedTransport {
        self.script(Script::cycle([reply]))
    }

    /// Answers with one reply after the other. A request after the last one fails, and says so.
    pub fn sequence<R: Into<WireReply>>(self, replies: impl IntoIterator<Item = R>) -> ScriptedTransport {
        self.script(Script::sequence(replies, None))
    }

    /// Answers with what `reply` makes of the request.
    pub fn reply_with<R: Into<WireReply>>(
        self,
        reply: impl Fn(&RecordedHttp) -> R + Send + Sync + 'static,
    ) -> ScriptedTransport {
        self.script(Script::closure(move |sent| reply(sent).into()))
    }

    fn script(self, script: Script<RecordedHttp, WireReply>) -> ScriptedTransport {
        let rules = &mut self.transport.state().rules;
        Arc::make_mut(rules).matched.push((self.accepts, Arc::new(script)));
        self.transport.clone()
    }
}

impl fmt::Debug for WhenHttp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhenHttp").field("transport", self.transport).finish_non_exhaustive()
    }
}
