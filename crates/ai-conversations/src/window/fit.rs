//! Makes a history fit a window.

use laravel_ai_core::{ChatRequest, Context, Error, ErrorKind, Message, Result};

use super::cuts::{Cuts, cuts};
use super::{Counted, Summary, Window, WindowReport};
use crate::repair::Placed;

/// Guesses before the search halves what is left.
const GUESSES: usize = 3;

/// The messages of a request: its own as instructions, then what of the history fits. The messages from the number
/// `question` on are the question.
///
/// # Errors
/// [`ErrorKind::ContextTooLong`] when what has to go is too long by itself; what a counter says.
pub(crate) async fn fit(
    window: &Window,
    base: &ChatRequest,
    history: Vec<Placed>,
    question: u64,
    summary: Option<&Summary>,
    ctx: &Context,
) -> Result<(Vec<Message>, WindowReport)> {
    let mut fitting = Fitting::new(window, base, history, question, summary);
    let mut level = fitting.floor();
    let mut counted = None;
    if let Some(limit) = window.tokens {
        let found = fitting.search(level, limit, ctx).await?;
        level = found.0;
        counted = Some(found.1);
    }
    let left_out = fitting.left_out(level);
    let summary_until = fitting.summary_at(level).map(|summary| summary.until);
    Ok((fitting.messages(level), WindowReport::of(left_out, summary_until, counted)))
}

/// At the level `n` the first `n` groups have left; at 0 nothing has.
struct Fitting<'a> {
    window: &'a Window,
    base: &'a ChatRequest,
    history: Vec<Placed>,
    summary: Option<&'a Summary>,
    cuts: Cuts,
    /// The weights at every level, as far as they can be known here.
    weights: Vec<Counted>,
}

impl<'a> Fitting<'a> {
    fn new(
        window: &'a Window,
        base: &'a ChatRequest,
        history: Vec<Placed>,
        question: u64,
        summary: Option<&'a Summary>,
    ) -> Self {
        let cuts = cuts(&history, question);
        // One that stands for nothing that can leave is never sent.
        let first = cuts.groups.first().and_then(|group| sequences(&history, group).min());
        let summary = summary.filter(|summary| first.is_some_and(|first| first < summary.until));
        let mut fitting = Self { window, base, history, summary, cuts, weights: Vec::new() };
        if window.tokens.is_some() {
            fitting.weigh();
        }
        fitting
    }

    fn weigh(&mut self) {
        let mut scale = self.window.measure.scale();
        let of_messages: Vec<_> = self.history.iter().map(|it| scale.message(&it.message)).collect();
        let instructions: u64 = self.base.messages.iter().map(|message| scale.message(message)).sum();
        let mut weight = scale.rest(self.base) + instructions + of_messages.iter().sum::<u64>();
        let of_summary = self.summary.map_or(0, |summary| scale.message(&summary.message()));
        self.weights = vec![scale.counted(weight)];
        for (at, group) in self.cuts.groups.iter().enumerate() {
            let leaving: u64 = group.iter().filter_map(|place| of_messages.get(*place)).sum();
            weight = weight.saturating_sub(leaving) + if at == 0 { of_summary } else { 0 };
            self.weights.push(scale.counted(weight));
        }
    }

    /// The first level that the window allows before tokens are counted.
    fn floor(&self) -> usize {
        let groups = &self.cuts.groups;
        let summarised = match self.summary.filter(|_| self.window.from_summary) {
            Some(summary) => {
                let stands_for =
                    |group: &&Vec<usize>| sequences(&self.history, group).all(|it| it < summary.until);
                groups.iter().take_while(stands_for).count()
            }
            None => 0,
        };
        let Some(last) = self.window.last else { return summarised };
        let mut messages = self.cuts.question + groups.iter().map(Vec::len).sum::<usize>();
        let mut level = 0;
        for group in groups {
            if messages <= last {
                break;
            }
            messages -= group.len();
            level += 1;
        }
        level.max(summarised)
    }

    /// The first level from `floor` on that has no more than `limit` tokens. Every level after the first has fewer
    /// than the one before, so few have to be counted; the weights say where to look.
    async fn search(&mut self, floor: usize, limit: u64, ctx: &Context) -> Result<(usize, Counted)> {
        let counted = self.count(floor, ctx).await?;
        if counted.tokens <= limit {
            return Ok((floor, counted));
        }
        let (mut too_long, mut least) = (floor, counted);
        let mut fits: Option<(usize, Counted)> = None;
        let mut known = (counted.tokens, self.weight(floor));
        for probe in 0.. {
            let last = fits.map_or(self.cuts.groups.len(), |(level, _)| level - 1);
            if too_long == last {
                break;
            }
            let guess = if probe < GUESSES {
                let scaled = |level: &usize| u128::from(self.weight(*level)) * u128::from(known.0);
                let most = u128::from(limit) * u128::from(known.1);
                (too_long + 1..=last).find(|level| scaled(level) <= most).unwrap_or(last)
            } else {
                too_long + (last - too_long).div_ceil(2)
            };
            let counted = self.count(guess, ctx).await?;
            known = (counted.tokens, self.weight(guess));
            if counted.tokens <= limit {
                fits = Some((guess, counted));
            } else {
                (too_long, least) = (guess, counted);
            }
        }
        fits.ok_or_else(|| {
            let message = format!(
                "what can't be left out is too long for the window of {limit} tokens (the request has {least}): widen \
                 the window, unpin messages, or shorten instructions, tools or question",
            );
            Error::new(ErrorKind::ContextTooLong, message).with_possibly_billed(false)
        })
    }

    async fn count(&self, level: usize, ctx: &Context) -> Result<Counted> {
        let here = self.weights.get(level).copied();
        let here = here.unwrap_or(Counted { tokens: u64::MAX, by: super::CountedBy::Estimate });
        let request = || {
            let mut request = self.base.clone();
            request.messages = self.messages(level);
            request
        };
        self.window.measure.count(ctx, request, here).await
    }

    fn weight(&self, level: usize) -> u64 {
        self.weights.get(level).map_or(0, |weight| weight.tokens.max(1))
    }

    fn summary_at(&self, level: usize) -> Option<&'a Summary> {
        self.summary.filter(|_| level > 0)
    }

    fn leaving(&self, level: usize) -> Vec<bool> {
        let mut leaving = vec![false; self.history.len()];
        for place in self.cuts.groups.iter().take(level).flatten() {
            if let Some(leaving) = leaving.get_mut(*place) {
                *leaving = true;
            }
        }
        leaving
    }

    fn left_out(&self, level: usize) -> Vec<u64> {
        let groups = self.cuts.groups.iter().take(level);
        groups.flat_map(|group| sequences(&self.history, group)).collect()
    }

    fn messages(&self, level: usize) -> Vec<Message> {
        let kept = self.history.iter().zip(self.leaving(level)).filter(|(_, leaves)| !leaves);
        let summary = self.summary_at(level).map(Summary::message);
        let instructions = self.base.messages.iter().cloned();
        instructions.chain(summary).chain(kept.map(|(it, _)| it.message.clone())).collect()
    }
}

fn sequences<'a>(history: &'a [Placed], group: &'a [usize]) -> impl Iterator<Item = u64> + 'a {
    group.iter().filter_map(|place| history.get(*place)).flat_map(|it| it.sequences.iter().copied())
}
