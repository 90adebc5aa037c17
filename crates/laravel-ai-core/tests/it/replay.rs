//! An answer told as a stream is that answer.

use futures_util::FutureExt as _;
use laravel_ai_core::*;
use proptest::prelude::*;

use crate::arbitrary::{assistant_part, raw_json, target, usage};

proptest! {
    #[test]
    fn nothing_is_lost(
        served_by in target(),
        content in prop::collection::vec(assistant_part(), 0..5),
        usage in usage(),
        raw in raw_json(),
        attempts in 1..4_u32,
        warned: bool,
    ) {
        let mut answer = ChatResponse::new(served_by, content, FinishReason::Stop);
        answer.id = Some("answer-1".into());
        answer.model = Some("any-2026".into());
        answer.request_id = Some("request-1".into());
        answer.service_tier = Some("flex".into());
        answer.usage = usage;
        answer.cost = Some(Cost::new(Money::usd("0.01".parse().unwrap()), Provenance::Override));
        answer.attempts = attempts;
        answer.metadata.insert("other".into(), raw);
        if warned {
            answer.warnings.push(Warning::new(WarningKind::Other, "subject", "message"));
        }
        let again = ChatStream::replay(answer.clone()).into_response().now_or_never().unwrap().unwrap();
        prop_assert_eq!(again, answer);
    }
}
