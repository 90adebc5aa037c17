//! Writing a mock's script.

use std::sync::Arc;

use laravel_ai_core::{Error, ErrorKind, Result};

use crate::mock::Strays;
use crate::rules::Script;
use crate::{Matcher, Mock, Recorded, RecordedEmbedding, Reply};

impl Mock {
    /// Answers every request that no rule is for with `reply`. A later call takes its place.
    pub fn reply(&self, reply: impl Into<Reply>) -> Self {
        self.otherwise(Script::cycle([reply]))
    }

    /// Answers with one reply after the other, and from the first again when all were used.
    pub fn replies<R: Into<Reply>>(&self, replies: impl IntoIterator<Item = R>) -> Self {
        self.otherwise(Script::cycle(replies))
    }

    /// Answers with one reply after the other. A call after the last one fails, and says so.
    pub fn sequence<R: Into<Reply>>(&self, replies: impl IntoIterator<Item = R>) -> Self {
        self.otherwise(Script::sequence(replies, None))
    }

    /// Answers with one reply after the other, and then always with `rest`.
    pub fn sequence_then<R: Into<Reply>>(
        &self,
        replies: impl IntoIterator<Item = R>,
        rest: impl Into<Reply>,
    ) -> Self {
        self.otherwise(Script::sequence(replies, Some(rest.into())))
    }

    /// Answers with what `reply` makes of the request.
    pub fn reply_with<R: Into<Reply>>(&self, reply: impl Fn(&Recorded) -> R + Send + Sync + 'static) -> Self {
        self.otherwise(Script::closure(move |sent| reply(sent).into()))
    }

    /// Fails every request that no rule is for.
    pub fn fail(&self, kind: ErrorKind) -> Self {
        self.reply(kind)
    }

    /// Begins a rule for the requests that `matcher` is for. Rules go before the replies for all requests, and
    /// the first rule that fits is taken.
    pub fn when(&self, matcher: Matcher) -> When<'_> {
        When { mock: self, matcher }
    }

    /// Fails requests that nothing is scripted for, even when nothing is scripted at all.
    pub fn prevent_stray_requests(&self) -> Self {
        self.state().strays = Strays::Refused;
        self.clone()
    }

    /// Answers requests that nothing is scripted for as a mock without a script does.
    pub fn allow_stray_requests(&self) -> Self {
        self.state().strays = Strays::Answered;
        self.clone()
    }

    /// Answers embedding requests with what `embed` makes of them: one vector for each input.
    pub fn embed_with(
        &self,
        embed: impl Fn(&RecordedEmbedding) -> Result<Vec<Vec<f32>>> + Send + Sync + 'static,
    ) -> Self {
        self.state().embed = Some(Arc::new(embed));
        self.clone()
    }

    /// Fails every question to the catalogue with `error`: the list, the check of the credential, and the health.
    pub fn fail_catalog(&self, error: impl Into<Error>) -> Self {
        self.state().catalog = Some(error.into());
        self.clone()
    }

    fn otherwise(&self, script: Script<Recorded, Reply>) -> Self {
        Arc::make_mut(&mut self.state().rules).otherwise = Some(Arc::new(script));
        self.clone()
    }
}

/// A rule of a [`Mock`] that still needs its replies.
#[derive(Debug)]
#[must_use = "a rule without replies is no rule"]
pub struct When<'a> {
    mock: &'a Mock,
    matcher: Matcher,
}

impl When<'_> {
    /// Always answers with `reply`.
    pub fn reply(self, reply: impl Into<Reply>) -> Mock {
        self.script(Script::cycle([reply]))
    }

    /// Answers with one reply after the other, and from the first again when all were used.
    pub fn replies<R: Into<Reply>>(self, replies: impl IntoIterator<Item = R>) -> Mock {
        self.script(Script::cycle(replies))
    }

    /// Answers with one reply after the other. A call after the last one fails, and says so.
    pub fn sequence<R: Into<Reply>>(self, replies: impl IntoIterator<Item = R>) -> Mock {
        self.script(Script::sequence(replies, None))
    }

    /// Answers with one reply after the other, and then always with `rest`.
    pub fn sequence_then<R: Into<Reply>>(
        self,
        replies: impl IntoIterator<Item = R>,
        rest: impl Into<Reply>,
    ) -> Mock {
        self.script(Script::sequence(replies, Some(rest.into())))
    }

    /// Answers with what `reply` makes of the request.
    pub fn reply_with<R: Into<Reply>>(self, reply: impl Fn(&Recorded) -> R + Send + Sync + 'static) -> Mock {
        self.script(Script::closure(move |sent| reply(sent).into()))
    }

    /// Fails.
    pub fn fail(self, kind: ErrorKind) -> Mock {
        self.reply(kind)
    }

    fn script(self, script: Script<Recorded, Reply>) -> Mock {
        let rules = &mut self.mock.state().rules;
        Arc::make_mut(rules).matched.push((self.matcher, Arc::new(script)));
        self.mock.clone()
    }
}
