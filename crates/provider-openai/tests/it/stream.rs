//! Streamed examples.

use laravel_ai_core::{StreamEvent, StreamLaw};
use proptest::prelude::*;

use crate::support::{decoder, events_of, fixture, folded, read_by};

#[tokio::test]
async fn every_example() {
    for name in read_by("stream") {
        let (events, error) = events_of(decoder(), fixture(&name).as_bytes(), &[]);
        keeps_the_law(&name, &events, error.is_some());
        let snapshot = name.trim_end_matches(".sse").to_owned();
        match error {
            Some(error) => insta::assert_json_snapshot!(snapshot, (events, error)),
            None => {
                let response = folded(events.clone()).await;
                insta::assert_json_snapshot!(snapshot, (events, response));
            }
        }
    }
}

pub(crate) fn keeps_the_law(name: &str, events: &[StreamEvent], failed: bool) {
    let mut law = StreamLaw::default();
    for event in events {
        law.event(event).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    if failed {
        law.error().unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    law.end().unwrap_or_else(|e| panic!("{name}: {e}"));
}

#[test]
fn every_example_cut_at_every_byte() {
    for name in read_by("stream") {
        let body = fixture(&name);
        let whole = events_of(decoder(), body.as_bytes(), &[]);
        for cut in 0..=body.len() {
            assert_eq!(events_of(decoder(), body.as_bytes(), &[cut]), whole, "{name} cut at {cut}");
        }
        let every: Vec<_> = (0..body.len()).collect();
        assert_eq!(events_of(decoder(), body.as_bytes(), &every), whole, "{name} byte by byte");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_example_cut_anywhere(places in prop::collection::vec(any::<prop::sample::Index>(), 0..24), crlf: bool) {
        for name in read_by("stream") {
            let body = fixture(&name);
            let whole = events_of(decoder(), body.as_bytes(), &[]);
            let body = if crlf { body.replace('\n', "\r\n") } else { body };
            let mut cuts: Vec<_> = places.iter().map(|place| place.index(body.len())).collect();
            cuts.sort_unstable();
            prop_assert_eq!(&events_of(decoder(), body.as_bytes(), &cuts), &whole, "{} cut at {:?}", name, cuts);
        }
    }
}
