//! Calls as spans.

mod content;

use ai_events::genai;
use laravel_ai_core::{
    ChatResponse, Context, Error, Modality, ResponseFormat, Result, StreamEvent, Target, Usage,
};
use tracing::field::Empty;
use tracing::{Instrument as _, Level, Span};

use crate::answer::{Answer, Finished, Watch};
use crate::call::{Ask, Asked, Asking, Call};
use crate::layered::{Policy, layer};
use crate::redact::Redactor;

/// A `tracing` span for each call, or for each physical try, named after the OpenTelemetry conventions for generative AI
/// ([`genai::VERSION`]).
///
/// Around tries the span is of the kind `client` and has what the vendor reported: model, id, reason, tokens, cost. Around calls it
/// is `internal` and holds the tries together; it has no tokens, or a sum over all spans would count them twice. Both say which
/// operation of which provider and model it was, the run, and the type of an error; a call that was dropped has
/// `error.type = "cancelled"`. The target of both is `ai::gen_ai`, their level `INFO`: where nobody listens to that, the layer
/// does nothing.
///
/// Prompts and answers are in spans only [when asked for](Self::with_content), as the conventions want it, and without what
/// is [redacted](Self::with_redactor).
///
/// ```
/// use ai_layers::Spans;
///
/// let layer = Spans::of_attempts().with_content();
/// ```
#[derive(Clone, Debug)]
pub struct Spans {
    of: Of,
    content: bool,
    redactor: Option<Redactor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Calls,
    Attempts,
}

impl Spans {
    /// Spans of whole calls, whatever happens inside.
    pub fn of_calls() -> Self {
        Self { of: Of::Calls, content: false, redactor: None }
    }

    /// Spans of physical tries.
    pub fn of_attempts() -> Self {
        Self { of: Of::Attempts, content: false, redactor: None }
    }

    /// With prompts and answers in the spans of tries.
    pub fn with_content(mut self) -> Self {
        self.content = true;
        self
    }

    /// With what this finds taken out of prompts and answers. A [`Pipeline`](crate::Pipeline) that redacts does it by itself.
    pub fn with_redactor(mut self, redactor: Redactor) -> Self {
        self.redactor = Some(redactor);
        self
    }

    fn policy(&self, _: Option<&Target>) -> Self {
        self.clone()
    }

    fn span(&self, ctx: &Context, target: &Target, asked: Asked<'_>, modality: Modality) -> Span {
        let (operation, leaf) = (genai::operation(modality), self.of == Of::Attempts);
        let request = match asked {
            Asked::Chat(request) if leaf => Some(request),
            _ => None,
        };
        let output = request.and_then(|request| match &request.format {
            Some(ResponseFormat::Json | ResponseFormat::JsonSchema(_)) => Some("json"),
            Some(ResponseFormat::Text) => Some("text"),
            _ => None,
        });
        let content = request.filter(|_| self.content);
        let span = tracing::info_span!(
            target: "ai::gen_ai",
            "gen_ai",
            otel.name = format!("{operation} {}", target.model()),
            otel.kind = if leaf { "client" } else { "internal" },
            otel.status_code = Empty,
            gen_ai.operation.name = operation,
            gen_ai.provider.name = genai::provider(target.driver()),
            gen_ai.request.model = target.model(),
            gen_ai.request.temperature = request.and_then(|request| request.temperature),
            gen_ai.request.top_p = request.and_then(|request| request.top_p),
            gen_ai.request.top_k = request.and_then(|request| request.top_k),
            gen_ai.request.max_tokens = request.and_then(|request| request.max_output_tokens),
            gen_ai.request.seed = request.and_then(|request| request.seed),
            "gen_ai.output.type" = output,
            gen_ai.conversation.id = ctx.labels.conversation.as_deref(),
            gen_ai.response.id = Empty,
            gen_ai.response.model = Empty,
            gen_ai.response.finish_reasons = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.usage.cache_read.input_tokens = Empty,
            gen_ai.system_instructions = Empty,
            gen_ai.input.messages = Empty,
            gen_ai.output.messages = Empty,
            "error.type" = Empty,
            ai.connection = target.connection(),
            ai.run = %ctx.run,
            ai.attempt = ctx.attempt.map(tracing::field::display),
            ai.cost = Empty,
        );
        if let Some(request) = content {
            let (system, messages) = content::input(&request.messages);
            span.record("gen_ai.system_instructions", system.map(|system| clean(&self.redactor, system)));
            span.record("gen_ai.input.messages", clean(&self.redactor, messages));
        }
        span
    }
}

layer!(Spans);

impl Policy for Spans {
    fn start<'a, A: Ask + 'a>(&'a self, ctx: &'a Context, call: Call<'a, A>) -> Asking<'a, A::Answer> {
        let told = matches!(A::MODALITY, Modality::Chat | Modality::Embedding);
        if told && tracing::enabled!(target: "ai::gen_ai", Level::INFO) {
            Box::pin(self.run(ctx, call))
        } else {
            call.pass(ctx)
        }
    }

    async fn run<A: Ask>(&self, ctx: &Context, call: Call<'_, A>) -> Result<A::Answer> {
        let Some(target) = call.target() else { return call.make(ctx).await };
        let span = self.span(ctx, target, call.ask.asked(), A::MODALITY);
        let leaf = self.of == Of::Attempts;
        let said = (leaf && self.content).then(String::new);
        let redactor = self.redactor.clone().filter(|_| said.is_some());
        let mut record = Record { span: span.clone(), leaf, said, redactor, over: false };
        match call.make(ctx).instrument(span).await {
            Ok(answer) => Ok(answer.watched(record)),
            Err(error) => Err(record.failed(error)),
        }
    }
}

/// A span that is open until its call is over.
struct Record {
    span: Span,
    leaf: bool,
    /// What was said, where that is wanted.
    said: Option<String>,
    redactor: Option<Redactor>,
    over: bool,
}

/// The JSON without what is found in it.
fn clean(redactor: &Option<Redactor>, json: String) -> String {
    match redactor {
        Some(redactor) => redactor.written(json),
        None => json,
    }
}

impl Record {
    fn fail(&mut self, kind: &str) {
        self.over = true;
        self.span.record("error.type", kind);
        self.span.record("otel.status_code", "ERROR");
    }

    fn usage(&self, usage: &Usage) {
        let counts = [
            ("gen_ai.usage.input_tokens", usage.input),
            ("gen_ai.usage.output_tokens", usage.output),
            ("gen_ai.usage.cache_read.input_tokens", usage.cached_input),
        ];
        for (name, count) in counts {
            if let Some(count) = count {
                self.span.record(name, count);
            }
        }
    }
}

impl Watch for Record {
    fn named(&mut self, id: Option<&str>, model: Option<&str>) {
        if self.leaf {
            self.span.record("gen_ai.response.id", id);
            self.span.record("gen_ai.response.model", model);
        }
    }

    fn whole(&mut self, answer: &ChatResponse) {
        if self.said.take().is_some() {
            let message = content::output(&answer.content, answer.finish.reason);
            self.span.record("gen_ai.output.messages", clean(&self.redactor, message));
        }
    }

    fn content(&mut self, event: &StreamEvent) {
        if let (Some(said), Some(text)) = (&mut self.said, event.as_text()) {
            said.push_str(text);
        }
    }

    fn failed(&mut self, error: Error) -> Error {
        if let Some(partial) = error.partial().filter(|_| self.leaf) {
            self.usage(&partial.usage);
        }
        self.fail(&genai::error_type(error.kind()));
        error
    }

    fn finished(&mut self, facts: &mut Finished<'_>) {
        self.over = true;
        if !self.leaf {
            return;
        }
        if let Some(reason) = facts.reason {
            let reasons = tracing::field::debug([genai::finish_reason(reason)]);
            self.span.record("gen_ai.response.finish_reasons", reasons);
            if let Some(said) = self.said.take() {
                let part = [laravel_ai_core::AssistantPart::text(said)];
                let message = clean(&self.redactor, content::output(&part, reason));
                self.span.record("gen_ai.output.messages", message);
            }
        }
        if let Some(usage) = facts.usage {
            self.usage(usage);
        }
        if let Some(cost) = facts.cost {
            self.span.record("ai.cost", tracing::field::display(&cost.money));
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.over {
            self.fail("cancelled");
        }
    }
}
