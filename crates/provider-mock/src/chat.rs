//! The chat model of a mock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::stream;
use laravel_ai_core::{
    Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Clock, Context, Error, ErrorKind,
    RenderedRequest, Result, StreamEvent, Target,
};
use serde_json::Value;

use crate::clock::wait;
use crate::mock::Strays;
use crate::recorded::excerpt;
use crate::reply::{End, Reply};
use crate::rules::{Exhausted, Rules};
use crate::seed::Seed;
use crate::{Matcher, Mock, Recorded, events, invent, tokens};

#[derive(Debug)]
pub(crate) struct MockChatModel {
    target: Target,
    mock: Mock,
}

impl MockChatModel {
    pub(crate) fn new(mock: Mock, target: Target) -> Self {
        Self { target, mock }
    }

    /// Records the request and chooses its reply. Does not wait, so a call counts as sent at its first poll.
    fn accept(&self, ctx: &Context, request: Arc<ChatRequest>, streamed: bool) -> Result<Performance> {
        let settings = &self.mock.settings;
        request.validate()?;
        ctx.remaining(settings.clock.now())?;
        let (recorded, rules, strays) = {
            let mut state = self.mock.state();
            let recorded = Recorded {
                number: state.sent.len() + state.embedded.len() + 1,
                target: self.target.clone(),
                context: ctx.clone(),
                request,
                streamed,
            };
            state.sent.push(recorded.clone());
            (recorded, Arc::clone(&state.rules), state.strays)
        };
        let mut reply = choose(&rules, strays, &recorded, settings.seed)?;
        let text = recorded.text();
        let seed = Seed::new(settings.seed).with(self.target.model()).with(&text);
        let occasion = events::Occasion {
            target: &self.target,
            id: seed.with(&recorded.request.messages.len().to_string()).next(),
            input_tokens: tokens::of_request(&recorded.request),
            chunks: reply.chunks.unwrap_or(settings.chunks),
        };
        // A reply that is nothing but its end fails or stalls the call itself.
        let silent = reply.parts.is_empty() && !matches!(reply.end, End::Finish);
        let events = if silent { Vec::new() } else { events::of(&mut reply, &occasion) };
        Ok(Performance {
            clock: Arc::clone(&settings.clock),
            deadline: ctx.deadline,
            delay: reply.delay.unwrap_or(settings.delay),
            pace: reply.pace.unwrap_or(settings.pace),
            events: events.into_iter(),
            end: reply.end,
        })
    }

    /// Waits until the answer begins.
    async fn begin(&self, ctx: &Context, request: Arc<ChatRequest>, streamed: bool) -> Result<ChatStream> {
        let mut performance = self.accept(ctx, request, streamed)?;
        wait(&*performance.clock, performance.deadline, Some(performance.delay)).await?;
        if performance.events.len() == 0 {
            performance.finish().await?;
        }
        let events = stream::unfold(performance, |mut performance| async {
            performance.next().await.map(|event| (event, performance))
        });
        Ok(ChatStream::new(self.target.clone(), events))
    }
}

/// An answer on its way.
struct Performance {
    clock: Arc<dyn Clock>,
    deadline: Option<Instant>,
    delay: Duration,
    pace: Duration,
    events: std::vec::IntoIter<StreamEvent>,
    end: End,
}

impl Performance {
    async fn next(&mut self) -> Option<Result<StreamEvent>> {
        let Some(event) = self.events.next() else { return self.finish().await.err().map(Err) };
        if event.is_content()
            && let Err(error) = wait(&*self.clock, self.deadline, Some(self.pace)).await
        {
            return Some(Err(error));
        }
        Some(Ok(event))
    }

    async fn finish(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.end, End::Finish) {
            End::Finish => Ok(()),
            End::Error(error) => Err(error),
            End::Stall => wait(&*self.clock, self.deadline, None).await,
        }
    }
}

fn choose(rules: &Rules<Matcher, Reply>, strays: Strays, sent: &Recorded, seed: u64) -> Result<Reply> {
    let unscripted = rules.matched.is_empty() && rules.otherwise.is_none();
    let Some((rule, script)) = rules.find(sent) else {
        return match strays {
            Strays::Answered => invent::reply(&sent.request, seed),
            Strays::WithoutScript if unscripted => invent::reply(&sent.request, seed),
            Strays::WithoutScript | Strays::Refused => Err(stray(rules, sent)),
        };
    };
    script.next(sent).map_err(|Exhausted(count)| {
        let rule = rule.map(|rule| format!(" of when({rule})")).unwrap_or_default();
        let message = format!(
            "no reply is left for \"{}\": the sequence{rule} has {count}; script more, or say what follows with \
             sequence_then",
            excerpt(&sent.text())
        );
        Error::new(ErrorKind::Configuration, message)
    })
}

fn stray(rules: &Rules<Matcher, Reply>, sent: &Recorded) -> Error {
    let near = rules.matched.iter().map(|(matcher, _)| (matcher.nearness(sent), matcher));
    let nearest = near.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let nearest = match nearest {
        Some((_, matcher)) => format!("the nearest of {} rules is when({matcher})", rules.matched.len()),
        None => "nothing is scripted".into(),
    };
    let message = format!(
        "no scripted reply is for \"{}\" to model `{}` at step {}: {nearest}; add a rule, or allow_stray_requests",
        excerpt(&sent.text()),
        sent.model(),
        sent.step()
    );
    Error::new(ErrorKind::Configuration, message)
}

#[async_trait]
impl ChatModel for MockChatModel {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.mock.settings.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        request.validate().map_err(|error| error.with_target(&self.target))?;
        let body = match &request.raw {
            Some(raw) => raw.decode::<Value>()?,
            None => serde_json::to_value(request).map_err(|e| {
                Error::new(ErrorKind::InvalidRequest, format!("the request has no JSON form: {e}"))
            })?,
        };
        let url = format!("mock://{}/{}", self.target.connection(), self.target.model());
        Ok(RenderedRequest::new(&http::Method::POST, url, request.extra_headers.as_map(), body))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let stream =
            self.begin(ctx, request, false).await.map_err(|error| error.with_target(&self.target))?;
        stream.into_response().await
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        self.begin(ctx, request, true).await.map_err(|error| error.with_target(&self.target))
    }
}
