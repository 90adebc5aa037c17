//! The environment of a call.

use std::time::Duration;

use laravel_ai_core::*;

/// Any instant; only differences matter.
#[expect(
    clippy::disallowed_methods,
    reason = "an `Instant` has no other origin; the tests never compare it with the clock"
)]
fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn the_time_left_ends_with_an_error_that_nobody_repeats() {
    let start = instant();
    let ctx = Context::new().with_deadline(start + Duration::from_secs(10));
    assert_eq!(ctx.remaining(start).unwrap(), Some(Duration::from_secs(10)));
    let last = start + Duration::from_millis(9_999);
    assert_eq!(ctx.remaining(last).unwrap(), Some(Duration::from_millis(1)));
    for over in [start + Duration::from_secs(10), start + Duration::from_secs(11)] {
        let error = ctx.remaining(over).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.retry(), Retry::Never);
        assert!(!error.possibly_billed());
    }
    assert_eq!(Context::new().remaining(start).unwrap(), None);
}

#[test]
fn each_run_has_an_id_of_its_own_that_sorts_by_time() {
    let (first, second) = (Context::new().run, Context::default().run);
    assert!(first < second);
    assert_eq!(first.to_string().parse::<RunId>().unwrap(), first);
    assert_eq!(serde_json::from_value::<RunId>(serde_json::to_value(first).unwrap()).unwrap(), first);
    let error = "run".parse::<AttemptId>().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidRequest, "a AttemptId is a UUID"));
}

#[test]
fn a_calls_own_timeouts_win() {
    let second = Duration::from_secs;
    let own = Timeouts::default().with_connect(second(1)).with_total(second(2));
    let fallback =
        Timeouts::default().with_connect(second(9)).with_idle(second(3)).with_first_content(second(4));
    let expected = Timeouts::default()
        .with_connect(second(1))
        .with_total(second(2))
        .with_idle(second(3))
        .with_first_content(second(4));
    assert_eq!(own.or(fallback), expected);
    assert!(serde_json::from_str::<Timeouts>(r#"{"conect": null}"#).is_err(), "a misspelt limit is found");
}

#[test]
fn labels_come_back_from_storage() {
    let labels = Labels::default()
        .with_tenant("t")
        .with_user("u")
        .with_project("p")
        .with_conversation("c")
        .with("region", "eu");
    let stored = serde_json::to_string(&labels).unwrap();
    assert_eq!(serde_json::from_str::<Labels>(&stored).unwrap(), labels);
    assert_eq!(serde_json::from_str::<Labels>("{}").unwrap(), Labels::default());
}

#[test]
fn extensions_are_found_by_type_and_hide_earlier_ones_for_clones_only() {
    let outer = Context::new().with_extension(1_u32).with_extension("hidden words");
    let inner = outer.clone().with_extension(2_u32);
    assert_eq!((outer.extension(), inner.extension()), (Some(&1_u32), Some(&2_u32)));
    assert_eq!(inner.extension(), Some(&"hidden words"));
    assert_eq!(inner.extension::<u64>(), None);
    assert!(!format!("{inner:?}").contains("hidden words"));
}
