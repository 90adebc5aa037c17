//! Spans to an OpenTelemetry collector, and metrics for Prometheus.
//!
//! ```text
//! cargo run --example telemetry --features metrics            # to http://127.0.0.1:4318
//! cargo run --example telemetry --features metrics -- http://collector:4318
//! ```

use std::error::Error;

use ai::Ai;
use ai::events::Metrics;
use ai::mock::{Mock, Reply};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let collector = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:4318".to_owned());
    let page = export(&collector).await?;
    println!("{page}");
    Ok(())
}

/// Makes a few calls whose spans go to the collector, and gives the page of metrics.
async fn export(collector: &str) -> Result<String> {
    // The exporter has an HTTP client of its own, which takes the cryptography of the process.
    _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{collector}/v1/traces"))
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("my-service").build())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("my-service"));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let failing = Reply::fail(ai::ErrorKind::Overloaded);
    let vendor = Mock::new().replies([failing, "Lima is the capital of Peru.".into()]);
    let ai = Ai::builder().provider(std::sync::Arc::new(vendor)).default_model("mock/gpt-test").build()?;
    let metrics = Metrics::new();
    ai.events().listen(metrics.clone());

    ai.send("Capital of Peru?").await?;
    ai.embed("vectors, too").await?;

    drop(guard);
    provider.force_flush()?;
    Ok(metrics.render())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::http::StatusCode;
    use axum::routing::post;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
    use prost::Message as _;

    use super::*;

    fn attributes(span: &Span) -> HashMap<&str, String> {
        let text = |value: &Value| match value {
            Value::StringValue(text) => text.clone(),
            Value::IntValue(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        let value = |attribute: &'_ opentelemetry_proto::tonic::common::v1::KeyValue| {
            attribute.value.as_ref().and_then(|value| value.value.as_ref()).map(text).unwrap_or_default()
        };
        span.attributes.iter().map(|attribute| (attribute.key.as_str(), value(attribute))).collect()
    }

    #[tokio::test]
    async fn a_collector_gets_spans_by_the_conventions() -> Result<()> {
        let got: Arc<Mutex<Vec<Span>>> = Arc::default();
        let kept = Arc::clone(&got);
        let collect = move |body: Bytes| async move {
            let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
            let spans =
                request.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
            kept.lock()
                .map(|mut kept| kept.extend(spans))
                .map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // On a thread of its own: flushing blocks the one that exports.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let app = Router::new().route("/v1/traces", post(collect));
                axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await
            })
        });
        let page = export(&format!("http://{address}")).await?;
        assert!(page.contains("gen_ai_client_operation_duration_seconds_count"), "{page}");

        let spans = got.lock().map_err(|_| "poisoned")?.clone();
        let kind = |kind: SpanKind| spans.iter().filter(move |span| span.kind == kind as i32);
        let (calls, tries): (Vec<_>, Vec<_>) =
            (kind(SpanKind::Internal).collect(), kind(SpanKind::Client).collect());
        assert_eq!((calls.len(), tries.len()), (2, 3), "{spans:#?}");
        let answered = tries
            .iter()
            .find(|span| span.name == "chat gpt-test" && span.status.as_ref().is_none_or(|s| s.code == 0));
        let answered = answered.ok_or("no answer")?;
        assert!(
            calls
                .iter()
                .any(|call| call.span_id == answered.parent_span_id && call.trace_id == answered.trace_id)
        );
        let attributes = attributes(answered);
        assert_eq!(attributes["gen_ai.operation.name"], "chat");
        assert!(attributes["gen_ai.usage.input_tokens"].parse::<u64>().is_ok());
        assert!(tries.iter().any(|span| {
            super::tests::attributes(span).get("error.type").is_some_and(|kind| kind == "overloaded")
        }));
        assert!(!spans.iter().any(|span| format!("{span:?}").contains("Lima")), "content is off by default");
        Ok(())
    }
}
