//! Streamed answers.

use laravel_ai_core::{StreamEvent, StreamLaw};
use proptest::prelude::*;

use crate::support::{events_of, fixture, folded, read_by};

#[tokio::test]
async fn every_example() {
    for (name, _) in read_by("stream") {
        let (events, error) = events_of(fixture(&name).as_bytes(), &[]);
        keeps_the_law(&events, error.is_some());
        let snapshot = name.trim_end_matches(".ndjson").to_owned();
        match error {
            Some(error) => insta::assert_json_snapshot!(snapshot, (events, error)),
            None => insta::assert_json_snapshot!(snapshot, (events.clone(), folded(events).await)),
        }
    }
}

fn keeps_the_law(events: &[StreamEvent], failed: bool) {
    let mut law = StreamLaw::default();
    events.iter().for_each(|event| law.event(event).unwrap());
    if failed {
        law.error().unwrap();
    }
    law.end().unwrap();
}

#[test]
fn every_example_cut_at_every_byte() {
    for (name, _) in read_by("stream") {
        let body = fixture(&name);
        let whole = events_of(body.as_bytes(), &[]);
        for cut in 0..=body.len() {
            assert_eq!(events_of(body.as_bytes(), &[cut]), whole, "{name} cut at {cut}");
        }
        let every: Vec<_> = (0..body.len()).collect();
        assert_eq!(events_of(body.as_bytes(), &every), whole, "{name} byte by byte");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_example_cut_anywhere(places in prop::collection::vec(any::<prop::sample::Index>(), 0..24)) {
        for (name, _) in read_by("stream") {
            let body = fixture(&name);
            let mut cuts: Vec<_> = places.iter().map(|place| place.index(body.len())).collect();
            cuts.sort_unstable();
            prop_assert_eq!(events_of(body.as_bytes(), &cuts), events_of(body.as_bytes(), &[]), "{}", name);
        }
    }
}

#[test]
fn an_error_line_ends_an_answer_that_began_with_200() {
    let begun = r#"{"message":{"content":"Ti"},"done":false}"#;
    for (line, told) in [
        (r#"{"error":"model runner has unexpectedly stopped"}"#, "provider failed"),
        (r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, "overloaded"),
    ] {
        let (events, error) = events_of(format!("{begun}\n{line}\n").as_bytes(), &[]);
        keeps_the_law(&events, true);
        assert!(error.unwrap().contains(told) && events.iter().any(StreamEvent::is_content));
    }
    let (_, cut) = events_of(format!("{begun}\n").as_bytes(), &[]);
    assert!(cut.unwrap().contains("before it was done"));
}
