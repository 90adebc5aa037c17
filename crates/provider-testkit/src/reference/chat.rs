//! The chat model.

use std::collections::VecDeque;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Response};
use laravel_ai_core::{
    Body, Capabilities, ChatModel, ChatRequest, ChatResponse, ChatStream, Context, Error, ErrorKind,
    RenderedRequest, Result, StreamEvent, Target, Warning,
};
use serde_json::{Value, json};

use super::Fault;
use super::decode::Decoder;
use super::encode::encode;
use super::http::{Wire, read};

pub(super) struct Model {
    wire: Arc<Wire>,
    target: Target,
    capabilities: Capabilities,
}

impl Model {
    pub(super) fn new(wire: Arc<Wire>, target: Target) -> Self {
        Self { wire, target, capabilities: Capabilities::default() }
    }

    /// The vendor's answer, who gives it for which key, and what was asked otherwise.
    async fn ask(
        &self,
        ctx: &Context,
        request: &ChatRequest,
        stream: bool,
    ) -> Result<(Response<Body>, Target, Vec<Warning>)> {
        let key = self.wire.key(ctx).await?;
        let target = self.target.clone().with_credential(key.fingerprint());
        let (body, warnings) = encode(&self.wire, &target, request, stream)?;
        let body = Bytes::from(body.to_string());
        let extra = request.extra_headers.as_map();
        Ok((self.wire.send(ctx, &key, (Method::POST, "chat"), extra, body).await?, target, warnings))
    }
}

#[async_trait]
impl ChatModel for Model {
    fn target(&self) -> &Target {
        &self.target
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn render(&self, _: &Context, request: &ChatRequest) -> Result<RenderedRequest> {
        let (mut body, warnings) = encode(&self.wire, &self.target, request, false)?;
        if self.wire.is(Fault::RendersAnotherBody) {
            body = json!({"model": self.target.model()});
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-key", self.wire.key.header("")?);
        headers.extend(request.extra_headers.as_map().clone());
        let rendered = RenderedRequest::new(&Method::POST, self.wire.url("chat"), &headers, body);
        Ok(rendered.with_warnings(warnings))
    }

    async fn chat(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatResponse> {
        let (answer, target, warnings) = self.ask(ctx, &request, false).await?;
        let answer = read(answer).await;
        let known = |answer: &Value| answer["parts"].is_array();
        let answer = match answer {
            answer if self.wire.is(Fault::TakesAnyBody) => answer.unwrap_or_default(),
            Ok(answer) if !known(&answer) => {
                return Err(Error::new(ErrorKind::Decode, "the answer has no parts"));
            }
            answer => answer?,
        };
        let mut decoder = Decoder::new(Arc::clone(&self.wire), target.clone());
        let mut events = VecDeque::from([decoder.start()]);
        for line in decoder.lines(&answer) {
            decoder.line(&line, &mut events)?;
        }
        let events = futures_util::stream::iter(events.into_iter().map(Ok));
        let mut response = ChatStream::new(target, events).into_response().await?;
        response.warnings.splice(0..0, warnings);
        Ok(response)
    }

    async fn stream(&self, ctx: &Context, request: Arc<ChatRequest>) -> Result<ChatStream> {
        let (response, target, warnings) = self.ask(ctx, &request, true).await?;
        let decoder = Decoder::new(Arc::clone(&self.wire), target.clone());
        let mut events: VecDeque<_> =
            warnings.into_iter().map(|warning| StreamEvent::Warning(Box::new(warning))).collect();
        events.push_back(decoder.start());
        let body = Some(ManuallyDrop::new(response.into_body()));
        let reading =
            Reading { body, wire: Arc::clone(&self.wire), seen: Vec::new(), decoder, events, failure: None };
        let events = futures_util::stream::unfold(reading, |mut reading| async move {
            let event = reading.next().await.transpose()?;
            Some((event, reading))
        });
        Ok(ChatStream::new(target, events))
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("target", &self.target).finish_non_exhaustive()
    }
}

struct Reading {
    /// Dropped by hand, so that a fault can keep it.
    body: Option<ManuallyDrop<Body>>,
    wire: Arc<Wire>,
    seen: Vec<u8>,
    decoder: Decoder,
    events: VecDeque<StreamEvent>,
    /// Comes after the events that wait.
    failure: Option<Error>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<StreamEvent>> {
        loop {
            let ahead = self.wire.is(Fault::ReadsAhead) && self.body.is_some();
            if !ahead && let Some(event) = self.events.pop_front() {
                if matches!(event, StreamEvent::Finish(_)) {
                    self.close();
                }
                return Ok(Some(event));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            let Some(body) = &mut self.body else { return Ok(None) };
            let read = match body.next().await {
                Some(Ok(piece)) => self.push(&piece),
                Some(Err(error)) if !self.wire.is(Fault::TakesBreaksForFinish) => Err(error),
                end => {
                    self.close();
                    self.end(end.is_some())
                }
            };
            if let Err(failure) = read {
                self.close();
                self.failure = Some(failure);
            }
        }
    }

    fn end(&mut self, broken: bool) -> Result<()> {
        if broken || self.wire.is(Fault::TakesTheEndForFinish) {
            self.decoder.close(&Value::Null, &mut self.events);
            self.events.push_back(self.decoder.finish("stop"));
        } else if let Ok(line) = serde_json::from_slice(&self.seen) {
            self.decoder.line(&line, &mut self.events)?;
        }
        Ok(())
    }

    fn push(&mut self, piece: &[u8]) -> Result<()> {
        if self.wire.is(Fault::ReadsPieceByPiece) {
            self.seen.clear();
        }
        self.seen.extend_from_slice(piece);
        while let Some(end) = self.seen.iter().position(|byte| *byte == b'\n') {
            let line: Vec<_> = self.seen.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(line) => self.decoder.line(&line, &mut self.events)?,
                Err(_) if self.wire.is(Fault::ReadsPieceByPiece) => {}
                Err(error) => return Err(Error::decode("a line is not JSON", &error)),
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some(body) = self.body.take() {
            drop(ManuallyDrop::into_inner(body));
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.wire.is(Fault::KeepsDroppedStreams) {
            self.close();
        }
    }
}
