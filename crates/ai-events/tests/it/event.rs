//! What an event says, and how much.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ai_events::*;
use laravel_ai_core::*;

use crate::support::bus;

const HUGE: usize = 1 << 20;

fn huge() -> String {
    "ü".repeat(HUGE / 2)
}

/// One event of each kind, as large as it gets.
fn largest() -> Vec<EventKind> {
    let target =
        || Target::new(huge(), huge(), huge()).with_credential(Secret::new("sk-test-canary").fingerprint());
    let usage = || {
        let mut usage = Usage::new(u64::MAX, u64::MAX);
        usage.raw = Some(RawJson::parse(format!("{{\"note\": \"{}\"}}", huge())).unwrap());
        usage
    };
    let money = || Money::usd(rust_decimal::Decimal::MAX);
    let cost = || Cost::new(money(), Provenance::ProviderReported);
    let failure = || {
        let error = Error::new(ErrorKind::RateLimited, huge()).with_status(429).with_request_id(huge());
        Failure::from(&error.with_retry(Retry::SameTarget { after: Some(Duration::from_millis(1_500)) }))
    };
    let brief = || Brief::from(huge());
    let latency = Duration::from_micros(1_234_567);
    let first_content = Some(Duration::from_millis(250));
    let partial = || Content::from(Partial::new(vec![AssistantPart::text("PRIVATE".repeat(HUGE))]));
    let request = Content::from(ChatRequest::user("PRIVATE".repeat(HUGE)));
    let answer = ChatResponse::new(target(), vec![AssistantPart::text("PRIVATE")], FinishReason::Stop);
    let modality = Modality::Chat;
    let names = || vec![brief(); 1_000];
    vec![
        EventKind::MessageSent { target: target(), modality, streamed: true, messages: 2, request },
        EventKind::ResponseGenerated {
            target: target(),
            modality,
            finish: Some(FinishReason::Stop),
            usage: usage(),
            cost: Some(cost()),
            attempts: 3,
            latency,
            first_content,
            response: Content::from(answer),
        },
        EventKind::CallFailed { target: target(), modality, failure: failure(), attempts: 3, latency },
        EventKind::StreamInterrupted {
            target: target(),
            failure: failure(),
            usage: usage(),
            partial: partial(),
            latency,
        },
        EventKind::Cancelled { target: target(), modality, usage: usage(), partial: partial(), latency },
        EventKind::AttemptStarted { target: target(), number: 1, streamed: false },
        EventKind::AttemptFinished {
            target: target(),
            number: 1,
            outcome: AttemptOutcome::Failed(failure()),
            usage: usage(),
            cost: Some(cost()),
            latency,
            first_content,
        },
        EventKind::Retrying { target: target(), failure: failure(), tries: 1, delay: latency },
        EventKind::ProviderSwitched { from: target(), to: target(), reason: failure() },
        EventKind::CircuitOpened {
            target: target(),
            scope: CircuitScope::Key,
            reason: brief(),
            cool_down: latency,
        },
        EventKind::CircuitClosed { target: target(), scope: CircuitScope::Target },
        EventKind::Throttled { target: target(), limit: brief(), waited: latency, refused: false },
        EventKind::CacheHit { target: target(), age: latency, saved: Some(cost()) },
        EventKind::CostCalculated { target: target(), usage: usage(), cost: cost() },
        EventKind::BudgetThresholdReached {
            scope: brief(),
            id: brief(),
            percent: 80,
            spent: money(),
            limit: money(),
        },
        EventKind::ConversationCreated { conversation: brief() },
        EventKind::ConversationUpdated { conversation: brief(), messages: 4, cost: Some(cost()) },
        EventKind::ToolCalled { call: brief(), name: brief() },
        EventKind::ToolCompleted { call: brief(), name: brief(), latency },
        EventKind::ToolFailed { call: brief(), name: brief(), reason: brief(), latency },
        EventKind::AgentActionRequested { id: brief(), action: brief() },
        EventKind::AgentActionCompleted { id: brief(), action: brief(), problem: Some(brief()), latency },
        EventKind::ExternalIntegrationTriggered { integration: brief(), destination: brief() },
        EventKind::ModelSynced {
            connection: brief(),
            added: names(),
            updated: names(),
            removed: names(),
            models: 9,
        },
    ]
}

#[test]
fn every_event_is_bounded_holds_no_content_and_comes_back_from_json() {
    let (bus, recorder) = (bus(), Recorder::new());
    bus.listen(recorder.clone());
    let mut labels = Labels::default().with_tenant(huge()).with_user(huge()).with_conversation(huge());
    for number in 0..1_000 {
        labels = labels.with(format!("{number}{}", "l".repeat(500)), "v".repeat(500));
    }
    let ctx = Context::new().with_labels(labels).with_attempt(AttemptId::new());
    let mut seen = BTreeSet::new();
    for kind in largest() {
        seen.insert(kind.name());
        bus.publish(&ctx, || kind);
    }
    assert_eq!(seen, EventKind::NAMES.iter().copied().collect(), "one of each kind");
    for event in recorder.events() {
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.len() <= Event::LARGEST, "{}: {} bytes", event.name(), json.len());
        assert!(!json.contains("PRIVATE") && !format!("{event:?}").contains("PRIVATE"), "{}", event.name());
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["type"], event.name());
        let back: Event = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), json, "{}", event.name());
    }
}

#[test]
fn the_mission_s_events_are_there() {
    for name in [
        "MessageSent",
        "ResponseGenerated",
        "ConversationUpdated",
        "CostCalculated",
        "BudgetThresholdReached",
        "AgentActionRequested",
        "AgentActionCompleted",
        "ExternalIntegrationTriggered",
        "ModelSynced",
        "ProviderSwitched",
    ] {
        assert!(EventKind::NAMES.contains(&name), "{name}");
    }
}

#[test]
fn listeners_of_the_program_see_content_that_they_were_given() {
    let request = Arc::new(ChatRequest::user("Hello"));
    let content = Content::from(Arc::clone(&request));
    assert!(Arc::ptr_eq(content.get().unwrap(), &request), "no copy");
    assert!(Content::<Partial>::none().get().is_none());
}

#[test]
fn a_brief_text_is_cut_between_characters_and_says_so() {
    let text = Brief::from(huge());
    assert!(text.len() <= Brief::LONGEST && text.ends_with("ü…"), "{text}");
    assert_eq!(Brief::from("short"), "short");
    let stored: Brief = serde_json::from_value(huge().into()).unwrap();
    assert_eq!(stored, text);
    assert_eq!(Brief::fixed("requests"), "requests");
}
