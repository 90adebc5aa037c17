//! Secrets can't be printed, serialised or logged.

use std::marker::PhantomData;

use laravel_ai_core::*;
use proptest::prelude::*;

/// Whether a type has a trait, by an inherent constant that hides the one of the fallback.
macro_rules! has {
    ($type:ty: $trait:path) => {{
        #[allow(dead_code, reason = "unused where the type has the trait")]
        trait Fallback {
            const HAS: bool = false;
        }
        impl<T> Fallback for T {}
        #[allow(dead_code, reason = "the type only carries the constant")]
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code, reason = "unused where the type lacks the trait")]
        impl<T: $trait> Probe<T> {
            const HAS: bool = true;
        }
        <Probe<$type>>::HAS
    }};
}

#[test]
fn there_is_no_way_to_print_serialise_or_compare_one() {
    assert!(has!(String: std::fmt::Display) && has!(String: serde::Serialize), "the probe works");
    assert!(!has!(Secret: std::fmt::Display));
    assert!(!has!(Secret: serde::Serialize));
    assert!(!has!(Secret: PartialEq), "`==` on secrets leaks by timing; compare fingerprints");
    assert!(!has!(Secret: AsRef<str>) && !has!(Secret: std::ops::Deref));
}

#[test]
fn debug_shows_neither_text_nor_length() {
    for text in ["", "x", "sk-canary-0123456789"] {
        assert_eq!(format!("{:?}", Secret::new(text)), "Secret(***)");
        assert_eq!(format!("{:#?}", Some(Secret::new(text))), "Some(\n    Secret(***),\n)");
    }
}

#[test]
fn a_mask_shows_four_characters_of_long_secrets_only() {
    for (text, masked) in [
        ("", "***"),
        ("123456789012", "***"),
        ("1234567890123", "***0123"),
        ("ключ-ключ-ключ", "***ключ"),
        ("🦀🦀🦀", "***"),
        ("🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀ab🦀d", "***ab🦀d"),
    ] {
        assert_eq!(Secret::new(text).masked(), masked);
    }
}

#[test]
fn a_character_illegal_in_a_header_is_a_configuration_error_that_says_where() {
    for (text, message) in [
        ("sk-canary\n", "the API key has a line break at position 10 at its end: trim the key"),
        ("sk-canary\r\n", "the API key has a line break at position 10 at its end: trim the key"),
        ("sk-canary\n\n ", "the API key has a line break at position 10 at its end: trim the key"),
        ("sk-canary\t", "the API key has a tab at position 10 at its end: trim the key"),
        ("sk\n-canary", "the API key has a line break at position 3"),
        ("sk\n-canary\n", "the API key has a line break at position 3"),
        ("\tsk-canary", "the API key has a tab at position 1"),
        ("sk-\u{0}canary", "the API key has a control character at position 4"),
        ("sk-canary\u{7f}", "the API key has a control character at position 10"),
        ("sk-cänary", "the API key has a character outside ASCII at position 5"),
        ("sk-canaré", "the API key has a character outside ASCII at position 9"),
        ("\u{feff}sk-canary", "the API key has a character outside ASCII at position 1"),
        (
            "sk-canary\u{a0}",
            "the API key has a character outside ASCII at position 10 at its end: trim the key",
        ),
    ] {
        let error = Secret::new(text).header("Bearer ").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.message(), message);
        assert!(!format!("{error} {error:?}").contains("canar"), "{error:?}");
        assert!(!error.possibly_billed());
    }
    let error = Secret::new("sk-canary").header("Bea\nrer ").unwrap_err();
    assert_eq!(error.to_string(), "configuration error: the API key can't be sent in a header");
}

#[test]
fn a_header_value_is_sensitive_and_whole() {
    let value = Secret::new("sk-1 ~!").header("Bearer ").unwrap();
    assert_eq!(value, "Bearer sk-1 ~!");
    assert!(value.is_sensitive());
    assert_eq!(format!("{value:?}"), "Sensitive");
    assert!(Secret::new("sk-1").header("").unwrap().is_sensitive());
}

#[test]
fn fingerprints_are_stable() {
    // The first 48 bits of the SHA-256 of "sk-test" and of nothing, as `sha256sum` prints them.
    assert_eq!(Secret::new("sk-test").fingerprint().to_string(), SK_TEST);
    assert_eq!(Secret::new("").fingerprint().to_string(), "e3b0c44298fc");
    assert_eq!(format!("{:?}", Secret::new("").fingerprint()), "Fingerprint(e3b0c44298fc)");
    assert_ne!(Secret::new("a").fingerprint(), Secret::new("b").fingerprint());
}

const SK_TEST: &str = "f3abf2a6cc4f";

#[test]
fn a_fingerprint_is_twelve_hexadecimal_digits() {
    for wrong in
        ["", "e3b0c44298f", "e3b0c44298fc0", "g3b0c44298fc", "+f+f+f+f+f+f", "e3b0 44298fc", "ééé123456"]
    {
        assert_eq!(wrong.parse::<Fingerprint>().unwrap_err().kind(), ErrorKind::Decode, "{wrong}");
        assert!(serde_json::from_value::<Fingerprint>(wrong.into()).is_err());
    }
    assert_eq!("E3B0C44298FC".parse::<Fingerprint>().unwrap(), Secret::new("").fingerprint());
}

#[test]
fn a_secret_is_read_from_configuration_and_never_quoted_in_an_error() {
    assert_eq!(serde_json::from_str::<Secret>(r#""sk-1""#).unwrap().expose(), "sk-1");
    for wrong in ["31337", "[31337]", r#"{"key": "31337"}"#, "null", "true"] {
        let error = serde_json::from_str::<Secret>(wrong).unwrap_err().to_string();
        assert!(
            error.contains("expected a secret as a text in quotes") && !error.contains("31337"),
            "{error}"
        );
    }

    #[derive(Debug, serde::Deserialize)]
    struct Keys {
        #[expect(dead_code, reason = "only that it is missing is tested")]
        api_key: Secret,
    }
    let error = serde_json::from_str::<Keys>("{}").unwrap_err().to_string();
    assert!(error.starts_with("missing field `api_key`"), "what the deserializer itself says stays: {error}");
}

#[test]
fn blank_secrets_are_told() {
    assert!(Secret::new("").is_blank() && Secret::new(" \n\t").is_blank());
    assert!(!Secret::new(" x ").is_blank());
}

proptest! {
    #[test]
    fn fingerprints_come_back_from_storage(text in ".{0,20}") {
        let fingerprint = Secret::new(text).fingerprint();
        let stored = serde_json::to_string(&fingerprint).unwrap();
        prop_assert_eq!(serde_json::from_str::<Fingerprint>(&stored).unwrap(), fingerprint);
    }

    #[test]
    fn a_header_either_carries_the_whole_text_or_says_where_it_breaks(text in "\\PC{0,6}[\u{0}-\u{ff}]{0,3}") {
        match Secret::new(&text).header("") {
            Ok(value) => prop_assert_eq!(value.as_bytes(), text.as_bytes()),
            Err(error) => {
                let at = text.chars().position(|c| !(' '..='~').contains(&c)).unwrap() + 1;
                let tail = format!(" at position {at}");
                prop_assert!(error.message().split(" at its end").next().unwrap().ends_with(&tail), "{}", error);
            }
        }
    }
}
