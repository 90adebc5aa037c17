//! Streamed examples, cut everywhere.

use laravel_ai_core::{StreamEvent, StreamLaw};
use proptest::prelude::*;
use provider_mock::WireReply;
use provider_xai::Api;

use crate::support::{fixture, folded, read_by, streamed};

const WAYS: [(&str, Api); 2] = [("chat_stream", Api::Chat), ("responses_stream", Api::Responses)];

/// The events of a body that comes in these pieces, and how it failed.
async fn events_of(api: Api, body: &[u8], cuts: &[usize]) -> (Vec<StreamEvent>, Option<String>) {
    let mut reply = WireReply::status(200).header("content-type", "text/event-stream");
    let mut from = 0;
    for cut in cuts.iter().copied().chain([body.len()]) {
        reply = reply.body(body[from..cut].to_vec());
        from = cut;
    }
    let (events, error) = streamed(api, reply).await;
    (events, error.map(|error| format!("{error} / {:?}", error.retry())))
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

#[tokio::test]
async fn every_example() {
    for (test, api) in WAYS {
        for (name, _) in read_by(test) {
            let (events, error) = events_of(api, fixture(&name).as_bytes(), &[]).await;
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
}

#[tokio::test]
async fn every_example_cut_at_every_byte() {
    for (test, api) in WAYS {
        for (name, _) in read_by(test) {
            let body = fixture(&name);
            let whole = events_of(api, body.as_bytes(), &[]).await;
            for cut in 0..=body.len() {
                assert_eq!(events_of(api, body.as_bytes(), &[cut]).await, whole, "{name} cut at {cut}");
            }
            let every: Vec<_> = (0..body.len()).collect();
            assert_eq!(events_of(api, body.as_bytes(), &every).await, whole, "{name} byte by byte");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_example_cut_anywhere(places in prop::collection::vec(any::<prop::sample::Index>(), 0..24), crlf: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for (test, api) in WAYS {
            for (name, _) in read_by(test) {
                let body = fixture(&name);
                let whole = runtime.block_on(events_of(api, body.as_bytes(), &[]));
                let body = if crlf { body.replace('\n', "\r\n") } else { body };
                let mut cuts: Vec<_> = places.iter().map(|place| place.index(body.len())).collect();
                cuts.sort_unstable();
                let cut = runtime.block_on(events_of(api, body.as_bytes(), &cuts));
                prop_assert_eq!(&cut, &whole, "{} cut at {:?}", name, cuts);
            }
        }
    }
}
