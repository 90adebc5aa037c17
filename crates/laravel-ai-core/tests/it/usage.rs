//! The laws of usage.

use laravel_ai_core::Usage;
use proptest::prelude::*;

use crate::arbitrary::usage;

fn sum(a: &Usage, b: &Usage) -> Usage {
    a.clone().merge(b)
}

fn updated(a: &Usage, b: &Usage) -> Usage {
    let mut usage = a.clone();
    usage.update(b);
    usage
}

/// All counts, for laws that hold for each alike.
fn counts(usage: &Usage) -> [Option<u64>; 9] {
    [
        usage.input,
        usage.output,
        usage.cached_input,
        usage.cache_write_input,
        usage.long_cache_write_input,
        usage.audio_input,
        usage.image_input,
        usage.reasoning,
        usage.audio_output,
    ]
}

proptest! {
    #[test]
    fn merge_is_associative_and_commutative(a in usage(), b in usage(), c in usage()) {
        prop_assert_eq!(sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)));
        prop_assert_eq!(sum(&a, &b), sum(&b, &a));
    }

    #[test]
    fn merging_zero_changes_no_count(a in usage()) {
        prop_assert_eq!(counts(&sum(&a, &Usage::ZERO)), counts(&a));
        prop_assert_eq!(counts(&sum(&Usage::ZERO, &a)), counts(&a));
    }

    #[test]
    fn merge_adds_what_both_know_and_nothing_else(a in usage(), b in usage()) {
        let merged = sum(&a, &b);
        for (merged, (a, b)) in counts(&merged).into_iter().zip(counts(&a).into_iter().zip(counts(&b))) {
            let expected = match (a, b) {
                (Some(a), Some(b)) => u64::try_from(u128::from(a) + u128::from(b)).ok(),
                _ => None,
            };
            prop_assert_eq!(merged, expected);
        }
        prop_assert_eq!(merged.raw, None);
    }

    #[test]
    fn unknown_absorbs(a in usage()) {
        prop_assert!(sum(&a, &Usage::default()).is_unknown());
    }

    #[test]
    fn update_is_associative_and_idempotent(a in usage(), b in usage(), c in usage()) {
        prop_assert_eq!(updated(&updated(&a, &b), &c), updated(&a, &updated(&b, &c)));
        prop_assert_eq!(updated(&a, &a), a.clone());
        prop_assert_eq!(updated(&updated(&a, &b), &b), updated(&a, &b));
    }

    #[test]
    fn updating_with_nothing_or_from_nothing_changes_nothing(a in usage()) {
        prop_assert_eq!(updated(&a, &Usage::default()), a.clone());
        prop_assert_eq!(updated(&Usage::default(), &a), a);
    }

    #[test]
    fn update_prefers_what_is_later(a in usage(), b in usage()) {
        let now = updated(&a, &b);
        for (now, (a, b)) in counts(&now).into_iter().zip(counts(&a).into_iter().zip(counts(&b))) {
            prop_assert_eq!(now, b.or(a));
        }
        prop_assert_eq!(now.raw, b.raw.or(a.raw));
    }

    #[test]
    fn usage_comes_back_from_storage(a in usage()) {
        let text = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<Usage>(&text).unwrap(), a.clone());
        prop_assert_eq!(serde_json::from_value::<Usage>(serde_json::to_value(&a).unwrap()).unwrap(), a);
    }
}

#[test]
fn unknown_is_written_as_null_and_never_as_0() {
    assert_eq!(serde_json::to_string(&Usage::default()).unwrap(), r#"{"input":null,"output":null}"#);
    assert_eq!(serde_json::from_str::<Usage>("{}").unwrap(), Usage::default());
    assert_eq!(Usage::default().total(), None);
    assert!(!Usage::ZERO.is_unknown());
    assert_eq!(Usage::new(u64::MAX, 1).total(), None);
}
