//! Who serves a call, and whose state it takes.

use laravel_ai_core::{Secret, Target};

#[test]
fn state_goes_back_to_the_account_and_model_that_made_it() {
    let base = Target::new("driver", "work", "model");
    let key = |key: &str| base.clone().with_credential(Secret::new(key).fingerprint());
    let other = |driver: &str, connection: &str, model: &str| Target::new(driver, connection, model);
    let keyed = |target: Target| target.with_credential(Secret::new("a").fingerprint());
    for (here, origin, accepts) in [
        // Without credentials the connection decides.
        (base.clone(), base.clone(), true),
        (base.clone(), other("driver", "work", "model"), true),
        (base.clone(), other("driver", "home", "model"), false),
        (base.clone(), other("driver", "work", "model-2"), false),
        (base.clone(), other("rival", "work", "model"), false),
        // With credentials the credential decides, under whatever name.
        (key("a"), key("a"), true),
        (key("a"), keyed(other("driver", "home", "model")), true),
        (key("a"), keyed(other("driver", "work", "model-2")), false),
        (key("a"), keyed(other("rival", "work", "model")), false),
        (key("a"), key("b"), false),
        // One with and one without are not the same account.
        (key("a"), base.clone(), false),
        (base.clone(), key("a"), false),
    ] {
        assert_eq!(here.accepts_state_of(&origin), accepts, "{here:?} of {origin:?}");
        assert_eq!(origin.accepts_state_of(&here), accepts, "{origin:?} of {here:?}");
    }
}

#[test]
fn a_target_is_shown_without_its_credential_but_told_apart_by_it() {
    let target = Target::new("driver", "work", "model");
    let keyed = target.clone().with_credential(Secret::new("").fingerprint());
    assert_eq!((target.to_string(), keyed.to_string()), ("work/model".into(), "work/model".into()));
    assert_eq!(format!("{target:?}"), "Target(driver work/model)");
    assert_eq!(format!("{keyed:?}"), "Target(driver work/model key e3b0c44298fc)");
    assert_ne!(target, keyed);
    assert_eq!(keyed.with_model("model-2").model(), "model-2");
    assert_eq!(target.model(), "model", "the clone has parted");
}

#[test]
fn a_target_comes_back_from_storage() {
    let target = Target::new("driver", "work", "model");
    let stored = r#"{"driver":"driver","connection":"work","model":"model"}"#;
    assert_eq!(serde_json::to_string(&target).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Target>(stored).unwrap(), target);
    let keyed = target.with_credential(Secret::new("a").fingerprint());
    assert_eq!(serde_json::from_value::<Target>(serde_json::to_value(&keyed).unwrap()).unwrap(), keyed);
}
