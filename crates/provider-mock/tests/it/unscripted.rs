//! What a mock answers without a script.

use laravel_ai_core::{
    ChatRequest, ErrorKind, FunctionTool, JsonSchemaFormat, Message, ResponseFormat, ToolChoice, ToolResult,
};
use proptest::prelude::*;
use provider_mock::Mock;
use serde_json::{Value, json};

use crate::ask;

#[tokio::test]
async fn it_says_plainly_that_it_is_a_mock_and_repeats_itself() {
    let answer = ask(&Mock::new(), "What is the capital of Peru?").await.unwrap();
    assert_eq!(answer.text(), "Mock answer to: \"What is the capital of Peru?\"");
    assert_eq!(answer, ask(&Mock::new(), "What is the capital of Peru?").await.unwrap());
    assert_eq!(answer.id.as_deref(), Some("mock-d78826d980c48a0a"), "snapshots of users hold this");
    let seeded = ask(&Mock::new().with_seed(1), "What is the capital of Peru?").await.unwrap();
    assert_ne!(answer.id, seeded.id);
    let long = ask(&Mock::new(), "ñ".repeat(1000)).await.unwrap().text();
    assert_eq!(long.chars().filter(|c| *c == 'ñ').count(), 200);
    assert!(long.ends_with("…\""));
    assert_eq!(
        ask(&Mock::new(), Message::system("Go.")).await.unwrap().text(),
        "Mock answer to a request without a text"
    );
}

#[tokio::test]
async fn a_tool_is_called_once_where_it_must_be() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let request = ChatRequest::user("Weather?")
        .with_tool(FunctionTool::new("other"))
        .with_tool(FunctionTool::new("get_weather").with_parameters(schema));
    let free = ask(&Mock::new(), request.clone()).await.unwrap();
    assert_eq!(free.tool_calls().count(), 0, "nobody asked for a call");

    for choice in [
        ToolChoice::Named("get_weather".into()),
        ToolChoice::Allowed { mode: laravel_ai_core::ToolMode::Required, names: vec!["get_weather".into()] },
    ] {
        let request = request.clone().with_tool_choice(choice);
        let first = ask(&Mock::new(), request.clone()).await.unwrap();
        let call = first.tool_calls().next().unwrap().clone();
        assert_eq!((call.name.as_str(), call.arguments.as_str()), ("get_weather", r#"{"city":"mock city"}"#));
        let result = Message::tool([ToolResult::text(&call, "rain")]);
        let second = request.with_message(first.message()).with_message(result);
        let second = ask(&Mock::new(), second).await.unwrap();
        assert_eq!(second.text(), "Mock answer to: \"Weather?\" (with the result of get_weather)");
    }
    let required = ask(&Mock::new(), request.with_tool_choice(ToolChoice::Required)).await.unwrap();
    assert_eq!(required.tool_calls().next().unwrap().name, "other");
}

async fn invented(schema: Value, seed: u64) -> laravel_ai_core::Result<Value> {
    let format = ResponseFormat::JsonSchema(JsonSchemaFormat::new("answer", schema));
    ask(&Mock::new().with_seed(seed), ChatRequest::user("x").with_format(format)).await?.parse()
}

#[tokio::test]
async fn json_is_json() {
    let answer = ask(&Mock::new(), ChatRequest::user("x").with_format(ResponseFormat::Json)).await.unwrap();
    assert_eq!(answer.parse::<Value>().unwrap()["mock"], true);
}

#[tokio::test]
async fn json_fits_the_schema_of_a_typical_type() {
    let schema = json!({
        "$defs": {
            "Kind": {"type": "string", "enum": ["city", "country"]},
            "Tree": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
                "required": ["children"]
            },
            "Link": {
                "type": "object",
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Link"}, {"type": "null"}]}},
                "required": ["next"]
            }
        },
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 30},
            "code": {"type": "string", "maxLength": 2},
            "kind": {"$ref": "#/$defs/Kind"},
            "version": {"const": 3},
            "born": {"type": "string", "format": "date"},
            "people": {"type": "integer", "minimum": 1000, "maximum": 1001},
            "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            "steps": {"type": "integer", "exclusiveMinimum": 4, "multipleOf": 5},
            "note": {"type": ["null", "string"]},
            "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 3},
            "pair": {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "maxItems": 2},
            "tree": {"$ref": "#/$defs/Tree"},
            "link": {"$ref": "#/$defs/Link"},
            "both": {
                "allOf": [
                    {"type": "object", "properties": {"a": {"const": 1}}},
                    {"type": "object", "properties": {"b": {"const": 2}}}
                ]
            }
        },
        "required": ["name", "kind", "surprise"]
    });
    for seed in 0..50 {
        let value = invented(schema.clone(), seed).await.unwrap();
        assert!(value["name"].as_str().unwrap().chars().count() >= 30);
        assert_eq!(value["code"].as_str().unwrap().chars().count(), 2);
        assert!(["city", "country"].contains(&value["kind"].as_str().unwrap()));
        assert_eq!(value["version"], 3);
        assert!((1000..=1001).contains(&value["people"].as_i64().unwrap()));
        let share = value["share"].as_f64().unwrap();
        assert!(share > 0.0 && share < 1.0);
        let steps = value["steps"].as_i64().unwrap();
        assert!(steps > 4 && steps % 5 == 0);
        assert!(value["note"].is_string());
        assert_eq!(value["tags"].as_array().unwrap().len(), 3);
        assert_eq!(value["pair"], json!([1, 2]));
        assert!(value["tree"]["children"][0]["children"].is_array());
        assert!(value["link"]["next"]["next"].is_object() || value["link"]["next"]["next"].is_null());
        assert_eq!(value["both"], json!({"a": 1, "b": 2}));
        assert!(value.get("surprise").is_some());
        assert_eq!(value, invented(schema.clone(), seed).await.unwrap());
    }
    let [one, other] = [invented(schema.clone(), 1).await.unwrap(), invented(schema, 2).await.unwrap()];
    assert_ne!(one, other, "another seed, another answer");
}

#[tokio::test]
async fn what_can_not_be_made_up_is_said_with_its_place() {
    let object = |property: Value| json!({"type": "object", "properties": {"zip": property}});
    let cases = [
        (object(json!({"type": "string", "pattern": "^[0-9]+$"})), "`pattern` at #/properties/zip"),
        (object(json!({"$ref": "https://example.com/zip.json"})), "`$ref` to `https://example.com/zip.json`"),
        (object(json!({"type": "integer", "minimum": 5, "maximum": 4})), "limits that no number fits"),
        (
            object(json!({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2})),
            "limits that no number fits",
        ),
        (object(json!({"enum": []})), "an empty `enum`"),
        (object(json!(false)), "nothing fits"),
        (json!({"$ref": "#"}), "requires itself"),
        (json!({"allOf": [{"const": 1}, {"const": 2}]}), "joined"),
    ];
    for (schema, expected) in cases {
        let error = invented(schema, 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(expected), "{error}");
        assert!(error.message().contains("script the reply"));
    }
}

/// Schemas that something fits.
fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0_usize..20, 0_usize..20)
            .prop_map(|(least, more)| json!({"type": "string", "minLength": least, "maxLength": least + more})),
        (-1000_i64..1000, 0_i64..300)
            .prop_map(|(least, more)| json!({"type": "integer", "minimum": least, "maximum": least + more})),
        (-100_i64..100, 1_i64..9)
            .prop_map(|(least, more)| json!({"type": "number", "exclusiveMinimum": least, "exclusiveMaximum": least + more})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        proptest::collection::vec("[a-z]{1,4}", 1..4).prop_map(|values| json!({"enum": values})),
        "[a-z]{1,4}".prop_map(|value| json!({"const": value})),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0_usize..4, 0_usize..4)
                .prop_map(|(items, least, more)| json!({"type": "array", "items": items, "minItems": least, "maxItems": least + more})),
            proptest::collection::btree_map("[a-z]{1,4}", (inner.clone(), any::<bool>()), 0..4).prop_map(|properties| {
                let required: Vec<_> = properties.iter().filter(|(_, (_, needed))| *needed).map(|(name, _)| name).collect();
                let schemas: serde_json::Map<_, _> = properties.iter().map(|(name, (schema, _))| (name.clone(), schema.clone())).collect();
                json!({"type": "object", "properties": schemas, "required": required, "additionalProperties": false})
            }),
            proptest::collection::vec(inner, 1..3).prop_map(|options| json!({"anyOf": options})),
        ]
    })
}

/// Judges by the meaning of the keywords, independently of the code that makes values up.
fn fits(schema: &Value, value: &Value) -> bool {
    if let Some(options) = schema["anyOf"].as_array() {
        return options.iter().any(|option| fits(option, value));
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    if let Some(only) = schema.get("const") {
        return only == value;
    }
    let within = |number: usize, least: &str, most: &str| {
        (schema[least].as_u64().unwrap()..=schema[most].as_u64().unwrap()).contains(&(number as u64))
    };
    match schema["type"].as_str().unwrap() {
        "string" => value.as_str().is_some_and(|text| within(text.chars().count(), "minLength", "maxLength")),
        "integer" => value.as_i64().is_some_and(|number| {
            (schema["minimum"].as_i64().unwrap()..=schema["maximum"].as_i64().unwrap()).contains(&number)
        }),
        "number" => value.as_f64().is_some_and(|number| {
            number > schema["exclusiveMinimum"].as_f64().unwrap()
                && number < schema["exclusiveMaximum"].as_f64().unwrap()
        }),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.as_array().is_some_and(|items| {
            within(items.len(), "minItems", "maxItems")
                && items.iter().all(|item| fits(&schema["items"], item))
        }),
        "object" => value.as_object().is_some_and(|object| {
            let required = schema["required"].as_array().unwrap();
            required.iter().all(|name| object.contains_key(name.as_str().unwrap()))
                && object.iter().all(|(name, value)| {
                    schema["properties"].get(name).is_some_and(|property| fits(property, value))
                })
        }),
        other => panic!("{other}"),
    }
}

proptest! {
    #[test]
    fn what_is_made_up_fits_its_schema(schema in any_schema(), seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let value = runtime.block_on(invented(schema.clone(), seed)).unwrap();
        prop_assert!(fits(&schema, &value), "{value} does not fit {schema}");
    }
}
