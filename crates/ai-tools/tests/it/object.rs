//! Answers that fit, that do not, and what is left of them.

use ai_tools::{InvalidObject, ObjectFormat};
use laravel_ai_core::{
    AssistantPart, ChatResponse, Error, ErrorKind, FinishReason, JsonSchemaFormat, Refusal, ResponseFormat,
    Retry, Target,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// A city of the world.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct City {
    name: String,
    #[schemars(range(min = 1))]
    inhabitants: u64,
    #[serde(default)]
    twins: Vec<String>,
}

fn answer(text: &str) -> ChatResponse {
    ended(text, FinishReason::Stop)
}

fn ended(text: &str, reason: FinishReason) -> ChatResponse {
    let mut response =
        ChatResponse::new(Target::new("mock", "work", "gpt-test"), vec![AssistantPart::text(text)], reason);
    (response.usage.input, response.usage.output) = (Some(7), Some(3));
    response
}

fn refused(text: &str) -> Error {
    let read = ObjectFormat::of::<City>().and_then(|format| format.read::<City>(answer(text)));
    let Err(error) = read else { panic!("{text} is no city") };
    error
}

#[test]
fn the_format_is_the_schema_of_the_type_under_its_name() {
    let format = ObjectFormat::of::<City>().unwrap();
    let ResponseFormat::JsonSchema(sent) = format.response_format() else { panic!("a schema") };

    assert_eq!(sent.name, "City");
    assert_eq!(sent.description.as_deref(), Some("A city of the world."));
    assert_eq!(sent.strict, None);
    assert_eq!(sent.schema["properties"]["inhabitants"]["minimum"], json!(1));
    assert_eq!(sent.schema["required"], json!(["name", "inhabitants"]));
    assert_eq!(ObjectFormat::of::<City>().unwrap().with_strict(true).schema().strict, Some(true));
}

#[test]
fn a_generic_type_has_a_name_that_vendors_take() {
    #[derive(Deserialize, JsonSchema)]
    #[schemars(rename = "Größe/{T}")]
    struct Sized<T> {
        _of: T,
    }

    let name = ObjectFormat::of::<Sized<Vec<String>>>().unwrap().schema().name.clone();
    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'), "{name}");
    assert!((1..=64).contains(&name.len()), "{name}");
}

#[test]
fn an_answer_that_fits_is_the_value_and_the_response() {
    let format = ObjectFormat::of::<City>().unwrap();
    let object = format.read::<City>(answer(r#"{"name": "Lima", "inhabitants": 10}"#)).unwrap();

    assert_eq!(object.value, City { name: "Lima".into(), inhabitants: 10, twins: Vec::new() });
    assert_eq!(object.response.usage.output, Some(3));
}

#[test]
fn a_fence_around_the_json_is_no_fault() {
    let format = ObjectFormat::of::<City>().unwrap();
    for text in [
        "```json\n{\"name\": \"Lima\", \"inhabitants\": 10}\n```",
        "\n```\n{\"name\": \"Lima\", \"inhabitants\": 10}\n```  \n",
        "```JSON\n{\"name\": \"Lima\", \"inhabitants\": 10}```",
    ] {
        assert_eq!(format.read::<City>(answer(text)).unwrap().value.name, "Lima", "{text}");
    }
    let error = format.read::<City>(answer("```python\n{\"name\": \"Lima\", \"inhabitants\": 10}\n```"));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn what_does_not_fit_is_named_by_place_and_the_text_is_kept() {
    let text = r#"{"name": "Secret City", "inhabitants": 0, "twins": ["a", 5]}"#;
    let error = refused(text);

    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.retry(), Retry::OtherTarget);
    assert_eq!(error.target().map(ToString::to_string).as_deref(), Some("work/gpt-test"));
    let invalid = error.vendor::<InvalidObject>().unwrap();
    let places: Vec<_> = invalid.problems().iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(places, ["/inhabitants", "/twins/1"]);
    assert_eq!(invalid.text(), text);
    let partial = error.partial().unwrap();
    assert_eq!(partial.text(), text);
    assert_eq!(partial.usage.output, Some(3));
}

#[test]
fn errors_show_no_values_of_the_answer() {
    for text in [
        r#"{"name": ["canary-value"], "inhabitants": "canary-value"}"#,
        r#"{"name": "canary-value", "inhabitants": -5, "twins": "canary-value"}"#,
        r#"canary-value"#,
        r#"{"name": "x", "inhabitants": 1, "twins": [["canary-value"]]}"#,
    ] {
        let error = refused(text);
        let invalid = error.vendor::<InvalidObject>().unwrap();
        for shown in [format!("{error}"), format!("{error:?}"), format!("{invalid}"), format!("{invalid:?}")]
        {
            assert!(!shown.contains("canary-value"), "{shown}");
        }
        assert!(invalid.text().contains("canary-value"));
    }
}

#[test]
fn the_list_of_problems_is_bounded() {
    let format = ObjectFormat::of::<Vec<u8>>().unwrap();
    let text = serde_json::to_string(&vec!["x"; 10_000]).unwrap();
    let error = format.read::<Vec<u8>>(answer(&text)).unwrap_err();

    assert_eq!(error.vendor::<InvalidObject>().unwrap().problems().len(), 20);
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn an_answer_that_was_cut_says_so_and_what_to_do() {
    let format = ObjectFormat::of::<City>().unwrap();
    let error = format.read::<City>(ended(r#"{"name": "Li"#, FinishReason::Length)).unwrap_err();
    assert!(error.message().contains("raise `max_output_tokens`"), "{error}");

    let error = format.read::<City>(ended("", FinishReason::ToolCalls)).unwrap_err();
    assert!(error.message().contains("calls tools first"), "{error}");
}

#[test]
fn a_refusal_is_no_broken_json() {
    let mut response = answer("");
    response.content = vec![AssistantPart::Refusal(Refusal::new("I can't help with that."))];
    let error = ObjectFormat::of::<City>().unwrap().read::<City>(response).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    assert_eq!(error.partial().unwrap().content.len(), 1);
}

#[test]
fn the_answer_is_restored_before_it_is_validated() {
    let format = ObjectFormat::of::<City>().unwrap();
    let response = answer(r#"{"name": "Lima", "inhabitants": 10, "twins": null}"#);
    let without_nulls = |schema: &Value, mut value: Value| {
        assert_eq!(schema["title"], json!("City"));
        value.as_object_mut().unwrap().retain(|_, member| !member.is_null());
        value
    };

    assert_eq!(
        format.read_restored::<City>(response, without_nulls).unwrap().value.twins,
        Vec::<String>::new()
    );
}

#[test]
fn a_schema_made_elsewhere_is_checked_when_it_is_given() {
    let format = ObjectFormat::new(JsonSchemaFormat::new("word", json!({"enum": ["yes", "no"]}))).unwrap();
    assert_eq!(format.read::<Value>(answer("\"yes\"")).unwrap().value, json!("yes"));
    assert_eq!(format.read::<Value>(answer("\"maybe\"")).unwrap_err().kind(), ErrorKind::Decode);

    for schema in [json!({"type": "strng"}), json!({"$ref": "https://example.com/schema.json"})] {
        let error = ObjectFormat::new(JsonSchemaFormat::new("broken", schema)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("`broken`"), "{error}");
    }
}
