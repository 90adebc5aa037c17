//! What is counted of events.

use std::sync::Arc;

use ai_events::doc::*;
use ai_events::{AttemptOutcome, EventBus, EventKind, Metrics};
use laravel_ai_core::{Context, Modality};

fn bus() -> (EventBus, Metrics) {
    let (bus, metrics) = (EventBus::new(Arc::new(StoppedClock)), Metrics::new());
    bus.listen(metrics.clone());
    (bus, metrics)
}

/// The value of a line, by its beginning.
fn value(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.rsplit_once(' ')?.1.parse().ok())
}

#[test]
fn calls_attempts_tokens_and_costs_are_counted() {
    let (bus, metrics) = bus();
    let ctx = Context::new();
    for _ in 0..2 {
        bus.publish(&ctx, || EventKind::AttemptFinished {
            target: target(),
            number: 1,
            outcome: AttemptOutcome::Succeeded,
            usage: usage(),
            cost: Some(cost()),
            latency: latency(),
            first_content: None,
        });
        bus.publish(&ctx, || EventKind::ResponseGenerated {
            target: target(),
            modality: Modality::Chat,
            finish: None,
            usage: usage(),
            cost: Some(cost()),
            attempts: 1,
            latency: latency(),
            first_content: Some(latency()),
            response: None.into(),
        });
    }
    bus.publish(&ctx, || EventKind::CallFailed {
        target: target(),
        modality: Modality::Chat,
        failure: failure(),
        attempts: 3,
        latency: latency(),
    });
    bus.publish(&ctx, || EventKind::CacheHit { target: target(), age: latency(), saved: None });
    let page = metrics.render();
    assert_eq!(
        value(&page, "gen_ai_client_token_usage_count{gen_ai_token_type=\"input\""),
        None,
        "labels are of the model first"
    );
    let model = format!(
        "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"{}\",gen_ai_request_model=\"{}\",connection=\"{}\"",
        target().driver(),
        target().model(),
        target().connection()
    );
    let count = |name: &str, more: &str| value(&page, &format!("{name}{{{model}{more}}}"));
    assert_eq!(count("gen_ai_client_operation_duration_seconds_count", ",error_type=\"\""), Some(2.0));
    assert_eq!(count("ai_attempts_total", ",outcome=\"succeeded\""), Some(2.0));
    assert_eq!(
        count("gen_ai_client_token_usage_sum", ",gen_ai_token_type=\"input\""),
        usage().input.map(|count| 2.0 * count as f64)
    );
    assert_eq!(count("ai_first_content_seconds_count", ""), Some(2.0));
    assert_eq!(count("ai_cache_hits_total", ""), Some(1.0));
    assert!(count("ai_cost_total", ",currency=\"USD\"").is_some_and(|cost| cost > 0.0), "{page}");
    let failed = format!(",error_type=\"{}\"", ai_events::genai::error_type(failure().kind));
    assert_eq!(count("gen_ai_client_operation_duration_seconds_count", &failed), Some(1.0));
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn a_name_with_quotes_stays_one_label() {
    let (bus, metrics) = bus();
    let target = laravel_ai_core::Target::new("custom", "work", "a\"b\\c\nd");
    bus.publish(&Context::new(), || EventKind::CacheHit { target, age: latency(), saved: None });
    assert!(metrics.render().contains(r#"gen_ai_request_model="a\"b\\c\nd""#), "{}", metrics.render());
}

#[test]
fn names_that_users_make_up_do_not_grow_without_end() {
    let (bus, metrics) = bus();
    for number in 0..3_000 {
        let target = laravel_ai_core::Target::new("custom", "work", format!("made-up-{number}"));
        bus.publish(&Context::new(), || EventKind::CacheHit { target, age: latency(), saved: None });
    }
    let page = metrics.render();
    assert_eq!(page.matches("made-up-").count(), 1_000);
    let other = "ai_cache_hits_total{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"custom\",gen_ai_request_model=\"other\"";
    assert_eq!(value(&page, other), Some(2_000.0), "{page}");
}
