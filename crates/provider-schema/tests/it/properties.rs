//! What holds for all schemas.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provider_schema::{Profile, Strict, compile, restore};
use serde_json::Value;

use crate::generate::{answer, any_json, schema};

const PROFILES: [Profile; 5] =
    [Profile::openai(), Profile::gemini(), Profile::gemini_openapi(), Profile::xai(), Profile::ollama()];

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(256) })]

    #[test]
    fn any_json_is_compiled_or_refused(schema in any_json(), value in any_json()) {
        for profile in PROFILES {
            _ = compile(&schema, &profile, Strict::Required);
            let compiled = compile(&schema, &profile, Strict::Auto).unwrap();
            _ = compiled.restore(value.clone());
            _ = profile.check(&schema);
        }
        _ = restore(&schema, value);
    }

    #[test]
    fn compiling_twice_is_compiling_once(schema in schema()) {
        for profile in PROFILES {
            let once = compile(&schema, &profile, Strict::Auto).unwrap();
            let twice = compile(once.schema(), &profile, Strict::Auto).unwrap();
            prop_assert_eq!(once.schema(), twice.schema(), "for {}", profile.name);
            prop_assert_eq!(once.is_strict(), twice.is_strict());
            prop_assert!(!once.is_strict() || twice.changes().is_empty(), "{:?}", twice.changes());
        }
    }

    #[test]
    fn the_same_schema_gives_the_same_result(schema in schema()) {
        let [one, other] = [(); 2].map(|()| compile(&schema, &Profile::openai(), Strict::Auto).unwrap());
        prop_assert_eq!(one.schema(), other.schema());
        prop_assert_eq!(one.changes(), other.changes());
    }

    #[test]
    fn strict_results_keep_the_rules_of_their_profile(schema in schema()) {
        for profile in PROFILES {
            let compiled = compile(&schema, &profile, Strict::Auto).unwrap();
            if compiled.is_strict() {
                prop_assert_eq!(profile.check(compiled.schema()), []);
                prop_assert!(!profile.plain || jsonschema::meta::is_valid(compiled.schema()));
            }
            prop_assert_eq!(compile(&schema, &profile, Strict::Required).is_ok(), compiled.is_strict());
        }
    }
}

#[test]
fn restored_answers_fit_the_given_schema() {
    let tried = AtomicUsize::new(0);
    let changed = AtomicUsize::new(0);
    let config = Config { failure_persistence: None, ..Config::with_cases(800) };
    TestRunner::new(config)
        .run(&(schema(), any::<[u64; 4]>()), |(schema, seeds)| {
            let compiled = compile(&schema, &Profile::openai(), Strict::Auto).unwrap();
            if !compiled.is_lossless() {
                return Ok(());
            }
            let given = validator(&schema);
            let sent = validator(compiled.schema());
            let answers = seeds.iter().filter_map(|seed| answer(compiled.schema(), *seed));
            // The generator looks at one keyword at a time, so some schemas get an answer that does not fit.
            for answer in answers.filter(|answer| sent.is_valid(answer)) {
                let restored = compiled.restore(answer.clone());
                prop_assert!(
                    given.is_valid(&restored),
                    "{answer} became {restored} for {}",
                    compiled.schema()
                );
                let by_schema = restore(&schema, answer.clone());
                prop_assert!(given.is_valid(&by_schema), "by the schema {answer} became {by_schema}");
                prop_assert_eq!(&compiled.restore(restored.clone()), &restored);
                tried.fetch_add(1, Ordering::Relaxed);
                changed.fetch_add(usize::from(restored != answer), Ordering::Relaxed);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    // So that it notices when the generator gives nothing worth trying.
    let (tried, changed) = (tried.into_inner(), changed.into_inner());
    assert!(tried > 200 && changed > 50, "only {tried} answers were tried and {changed} changed");
}

fn validator(schema: &Value) -> jsonschema::Validator {
    let mut schema = schema.clone();
    modernise(&mut schema);
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Writes what only older drafts and OpenAPI know in the words of the draft that validates.
fn modernise(schema: &mut Value) {
    if let Value::Object(members) = schema {
        if members.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
            let bound = members.remove("minimum").unwrap();
            members.insert("exclusiveMinimum".to_owned(), bound);
        }
        if members.remove("nullable").is_some() {
            members.insert("type".to_owned(), serde_json::json!(["string", "null"]));
        }
        members.values_mut().for_each(modernise);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(modernise);
    }
}
