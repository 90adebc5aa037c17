//! JSON kept as it arrived.

use laravel_ai_core::*;
use proptest::prelude::*;

use crate::arbitrary;

#[test]
fn only_one_json_value_is_taken() {
    for text in ["", "{", "{}{}", "nul", "{'a': 1}", "01", "\"a\nb\""] {
        let error = RawJson::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().starts_with("not JSON: "), "{error}");
    }
}

#[test]
fn decoding_shows_no_value_in_its_error() {
    let json = RawJson::parse(r#"{"a": "canary"}"#).unwrap();
    assert_eq!(json.decode::<serde_json::Value>().unwrap()["a"], "canary");
    let error = json.decode::<std::collections::BTreeMap<String, u8>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error:?}{json:?}").contains("canary"));
    assert_eq!(format!("{json:?}"), "RawJson(15 bytes)");
}

#[test]
fn what_has_no_json_form_is_refused() {
    let keyed_by_list = std::collections::BTreeMap::from([(vec![1], 2)]);
    assert_eq!(RawJson::of(&keyed_by_list).unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(RawJson::of(&[1.0, 2.5]).unwrap().as_str(), "[1.0,2.5]");
}

proptest! {
    #[test]
    fn every_byte_comes_back(json in arbitrary::raw_json()) {
        let text = serde_json::to_string(&json).unwrap();
        prop_assert_eq!(&serde_json::from_str::<RawJson>(&text).unwrap(), &json);
        let value = serde_json::to_value(&json).unwrap();
        prop_assert_eq!(&serde_json::from_value::<RawJson>(value).unwrap(), &json);
    }

    #[test]
    fn a_raw_value_embeds_every_byte(json in arbitrary::raw_json()) {
        let raw = json.to_raw_value();
        // White space around the value is no part of it.
        prop_assert_eq!(raw.get(), json.as_str().trim());
        prop_assert_eq!(serde_json::to_string(&[&raw]).unwrap(), format!("[{}]", json.as_str().trim()));
        let back = RawJson::from(&*raw);
        prop_assert_eq!(back.as_str(), raw.get());
    }
}

#[test]
fn a_stored_text_that_is_not_json_is_an_error() {
    assert!(serde_json::from_str::<RawJson>("\"{\"").is_err());
    assert!(serde_json::from_str::<RawJson>("{}").is_err());
}
