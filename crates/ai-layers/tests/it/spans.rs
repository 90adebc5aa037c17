//! Which spans there are, what is in them, and what never is.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use ai_events::EventBus;
use ai_layers::{Pipeline, Redact, Redactor, Spans};
use futures_util::StreamExt;
use laravel_ai_core::*;
use provider_mock::{Mock, Reply};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context as LayerContext, Layer as Subscribes, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::support::{ask_as, clock, hello, model};

/// A span as an exporter sees it.
#[derive(Clone, Debug, Default)]
struct Seen {
    parent: Option<u64>,
    fields: BTreeMap<String, String>,
    closed: bool,
}

impl Seen {
    fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

/// Keeps every span of the conventions.
#[derive(Clone, Default)]
struct Exporter(Arc<Mutex<BTreeMap<u64, Seen>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Subscribes<S> for Exporter {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: LayerContext<'_, S>) {
        if attributes.metadata().target() == "ai::gen_ai" {
            let parent = ctx.span(id).and_then(|span| Some(span.parent()?.id().into_u64()));
            let mut seen = Seen { parent, ..Seen::default() };
            attributes.record(&mut Fields(&mut seen.fields));
            self.0.lock().unwrap().insert(id.into_u64(), seen);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        if let Some(seen) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(&mut Fields(&mut seen.fields));
        }
    }

    fn on_close(&self, id: Id, _: LayerContext<'_, S>) {
        if let Some(seen) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            seen.closed = true;
        }
    }
}

impl Exporter {
    /// Runs something under it, and gives the spans of calls and those of tries.
    async fn of(self, work: impl Future<Output = ()>) -> (Vec<(u64, Seen)>, Vec<Seen>) {
        // The guard holds for this thread, and these tests have one.
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()));
        work.await;
        drop(guard);
        let all = self.0.lock().unwrap().clone();
        assert!(all.values().all(|span| span.closed), "{all:#?}");
        let (calls, tries): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, span)| span.get("otel.kind") == "internal");
        (calls, tries.into_iter().map(|(_, span)| span).collect())
    }
}

fn pipeline() -> Pipeline {
    Pipeline::standard(clock(), EventBus::new(clock()))
}

fn reply() -> Reply {
    Reply::text("The secret is 42.").model("model-2026").usage(Usage::new(9, 3))
}

#[tokio::test(start_paused = true)]
async fn a_call_holds_its_tries_and_only_a_try_has_tokens() {
    for streamed in [false, true] {
        let mock = Mock::new().replies([Reply::fail(ErrorKind::Server), reply()]);
        let model = pipeline().chat(model(&mock));
        let (calls, tries) =
            Exporter::default().of(async { drop(ask_as(&model, streamed).await.unwrap()) }).await;
        let [(id, call)] = &*calls else { panic!("{calls:#?}") };
        assert_eq!((call.get("otel.name"), call.get("gen_ai.usage.input_tokens")), ("chat model", ""));
        let [failed, answered] = &*tries else { panic!("{tries:#?}") };
        assert_eq!((failed.parent, answered.parent), (Some(*id), Some(*id)));
        assert_eq!((failed.get("error.type"), failed.get("otel.status_code")), ("server", "ERROR"));
        let expected = [
            ("otel.name", "chat model"),
            ("otel.kind", "client"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "mock"),
            ("gen_ai.request.model", "model"),
            ("gen_ai.response.model", "model-2026"),
            ("gen_ai.response.finish_reasons", "[\"stop\"]"),
            ("gen_ai.usage.input_tokens", "9"),
            ("gen_ai.usage.output_tokens", "3"),
            ("error.type", ""),
        ];
        for (name, value) in expected {
            assert_eq!(answered.get(name), value, "{name}");
        }
        assert_ne!(answered.get("ai.attempt"), "");
        assert_eq!(answered.get("ai.run"), call.get("ai.run"));
        let all = format!("{calls:?}{tries:?}");
        assert!(!all.contains("secret") && !all.contains("Hello"), "content is off by default: {all}");
    }
}

#[tokio::test(start_paused = true)]
async fn content_is_in_the_spans_of_tries_when_it_is_asked_for() {
    for streamed in [false, true] {
        let model =
            pipeline().spans(Spans::of_attempts().with_content()).chat(model(&Mock::new().reply(reply())));
        let (calls, tries) =
            Exporter::default().of(async { drop(ask_as(&model, streamed).await.unwrap()) }).await;
        assert_eq!(
            tries[0].get("gen_ai.input.messages"),
            r#"[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]"#
        );
        assert_eq!(
            tries[0].get("gen_ai.output.messages"),
            r#"[{"role":"assistant","parts":[{"type":"text","content":"The secret is 42."}],"finish_reason":"stop"}]"#
        );
        assert_eq!(calls[0].1.get("gen_ai.input.messages"), "");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_is_told_as_cancelled_and_closed() {
    let pipeline = pipeline();
    let (calls, tries) = Exporter::default()
        .of(async {
            let slow = pipeline.chat(model(&Mock::new().reply(Reply::stall())));
            let waited = tokio::time::timeout(std::time::Duration::from_secs(1), ask_as(&slow, false)).await;
            assert!(waited.is_err());
            let streaming = pipeline.chat(model(&Mock::new().reply(reply())));
            let mut stream = streaming.stream(&Context::new(), hello()).await.unwrap();
            while stream.next().await.is_some_and(|event| event.unwrap().as_text().is_none()) {}
        })
        .await;
    for span in calls.iter().map(|(_, span)| span).chain(&tries) {
        assert_eq!(span.get("error.type"), "cancelled", "{span:?}");
    }
    assert_eq!((calls.len(), tries.len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn options_and_vectors_have_their_attributes() {
    let mock = Mock::new().reply(reply());
    let pipeline = pipeline();
    let (_, tries) = Exporter::default()
        .of(async {
            let request =
                ChatRequest::user("Hello").with_temperature(0.5).with_max_output_tokens(7).with_seed(1);
            let request = request.with_format(ResponseFormat::Json);
            let ctx = Context::new().with_labels(Labels::default().with_conversation("conversation-1"));
            pipeline.chat(model(&mock)).chat(&ctx, Arc::new(request)).await.unwrap();
            let vectors = pipeline.embedding(mock.embedding_model("vectors").unwrap());
            vectors.embed(&Context::new(), Arc::new(EmbeddingRequest::new(["one"]))).await.unwrap();
        })
        .await;
    let expected = [
        ("gen_ai.request.temperature", "0.5"),
        ("gen_ai.request.max_tokens", "7"),
        ("gen_ai.request.seed", "1"),
        ("gen_ai.output.type", "json"),
        ("gen_ai.conversation.id", "conversation-1"),
    ];
    for (name, value) in expected {
        assert_eq!(tries[0].get(name), value, "{name}");
    }
    assert_eq!(tries[1].get("otel.name"), "embeddings vectors");
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_can_be_without_spans() {
    let model = pipeline().spans(None).chat(model(&Mock::new().reply(reply())));
    let (calls, tries) = Exporter::default().of(async { drop(ask_as(&model, false).await.unwrap()) }).await;
    assert_eq!((calls.len(), tries.len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_redacted_is_in_no_span_either() {
    let secret = "sk-test-0123456789abcdefghij";
    for streamed in [false, true] {
        let mock = Mock::new().reply(Reply::text(format!("Yours is:\n{secret}")));
        let model = pipeline()
            .redact(Redact::new(Redactor::standard()))
            .spans(Spans::of_attempts().with_content())
            .chat(model(&mock));
        let request = ChatRequest::new([Message::system(format!("Keep\n{secret}")), Message::user(secret)]);
        let ask = async {
            match streamed {
                false => model.chat(&Context::new(), Arc::new(request)).await.unwrap(),
                true => {
                    let stream = model.stream(&Context::new(), Arc::new(request)).await.unwrap();
                    stream.into_response().await.unwrap()
                }
            };
        };
        let (_, tries) = Exporter::default().of(ask).await;
        let [answered] = &*tries else { panic!("{tries:#?}") };
        assert!(!format!("{tries:?}").contains(secret), "{tries:#?}");
        for name in ["gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"] {
            assert!(answered.get(name).contains("[redacted:api_key]"), "{name}: {answered:#?}");
        }
    }
}
