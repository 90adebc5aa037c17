//! Compares requests by what they mean to the service.
//!
//! Not told apart are: the order of members; members that are null, empty, or at the default that the API reference
//! documents; the number 20 from 20.0; arguments of a call from the same JSON written otherwise; a text from a list
//! of one text part; a text from a list of one message of the user, where Responses take both; an empty content from none beside tool calls. Of the headers only those count that the service
//! reads: whether there is a key and in which scheme, the content type, the account.

use serde_json::{Map, Value, json};

use crate::SentRequest;

/// How `ours` differs from `theirs`, one line for each difference. An empty list means the same.
pub fn differences(ours: &SentRequest, theirs: &SentRequest) -> Vec<String> {
    let mut found = Vec::new();
    let of = |what: &str, ours: &str, theirs: &str| format!("{what} is {ours}, theirs {theirs}");
    if ours.method != theirs.method {
        found.push(of("(method)", &ours.method, &theirs.method));
    }
    if ours.path != theirs.path {
        found.push(of("(path)", &ours.path, &theirs.path));
    }
    for name in ["authorization", "x-goog-api-key", "content-type", "openai-organization", "openai-project"] {
        let (ours, theirs) = (header(ours, name), header(theirs, name));
        if ours != theirs {
            found.push(of(name, &ours, &theirs));
        }
    }
    compare("", &body(ours), &body(theirs), &mut found);
    found
}

fn body(request: &SentRequest) -> Value {
    let mut body = normal("", &request.body);
    if request.path.ends_with("/responses")
        && let Some(input @ Value::String(_)) = body.get_mut("input")
    {
        *input = json!([{"role": "user", "content": input.take()}]);
    }
    body
}

fn header(request: &SentRequest, name: &str) -> String {
    let Some(value) = request.header(name) else { return "absent".into() };
    // Of a key only its scheme counts, of a type not its parameters.
    let first = value.split([' ', ';']).next().unwrap_or(value);
    first.to_owned()
}

fn normal(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut made: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), normal(name, value)))
                .filter(|(name, value)| !says_nothing(name, value))
                .collect();
            if made.contains_key("tool_calls") && made.get("content") == Some(&Value::from("")) {
                made.remove("content");
            }
            made.into()
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|item| normal("", item)).collect();
            if name == "required" {
                items.sort_by_key(Value::to_string);
            }
            match items.as_slice() {
                [one] if name == "content" && one.get("type") == Some(&Value::from("text")) => {
                    one.get("text").cloned().unwrap_or_default()
                }
                _ => items.into(),
            }
        }
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "only whole numbers come here")]
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::String(text) if name == "arguments" => serde_json::from_str::<Value>(text)
            .map_or_else(|_| value.clone(), |value| value.to_string().into()),
        _ => value.clone(),
    }
}

fn says_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => name == "parallel_tool_calls",
        Value::Bool(false) => matches!(name, "stream" | "strict"),
        Value::String(text) => matches!((name, text.as_str()), ("tool_choice" | "detail", "auto")),
        Value::Number(number) => name == "n" && number.as_u64() == Some(1),
    }
}

fn compare(place: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in ours {
                match theirs.get(name) {
                    Some(other) => compare(&format!("{place}/{name}"), value, other, found),
                    None => found.push(format!("{place}/{name} is only ours: {}", short(value))),
                }
            }
            for (name, value) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
                found.push(format!("{place}/{name} is only theirs: {}", short(value)));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if ours.len() != theirs.len() {
                found.push(format!("{place} has {} items, theirs {}", ours.len(), theirs.len()));
            }
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(&format!("{place}/{index}"), ours, theirs, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{place} is {}, theirs {}", short(ours), short(theirs))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", text.split_at(at).0),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(ours: Value, theirs: Value) -> Vec<String> {
        differences(&SentRequest::post("/v1/x", ours), &SentRequest::post("/v1/x", theirs))
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let call =
            |arguments| json!({"content": null, "tool_calls": [{"function": {"arguments": arguments}}]});
        for (ours, theirs) in [
            (json!({"a": 1, "b": 2.0}), json!({"b": 2, "a": 1.0})),
            (json!({"stream": false, "tools": [], "stop": null}), json!({})),
            (json!({"tool_choice": "auto", "parallel_tool_calls": true, "n": 1}), json!({})),
            (json!({"content": [{"type": "text", "text": "x"}]}), json!({"content": "x"})),
            (call("{\"a\": 1}"), call("{\"a\":1}")),
            (json!({"content": "", "tool_calls": [1]}), json!({"tool_calls": [1]})),
            (json!({"required": ["a", "b"]}), json!({"required": ["b", "a"]})),
        ] {
            assert_eq!(compared(ours.clone(), theirs), [""; 0], "{ours}");
        }
    }

    #[test]
    fn what_differs_is_named() {
        for (ours, theirs, difference) in [
            (json!({"a": {"b": 1}}), json!({"a": {"b": 2}}), "/a/b is 1, theirs 2"),
            (json!({"a": 1}), json!({}), "/a is only ours: 1"),
            (json!({}), json!({"a": true}), "/a is only theirs: true"),
            (json!({"a": [1]}), json!({"a": [1, 2]}), "/a has 1 items, theirs 2"),
            (json!({"a": 0.5}), json!({"a": "0.5"}), "/a is 0.5, theirs \"0.5\""),
            (json!({"stream": true}), json!({}), "/stream is only ours: true"),
            (json!({"n": 2}), json!({}), "/n is only ours: 2"),
            (json!({"content": ""}), json!({}), "/content is only ours: \"\""),
            (json!({"required": ["a"]}), json!({"required": ["b"]}), "/required/0 is \"a\", theirs \"b\""),
        ] {
            assert_eq!(compared(ours, theirs), [difference]);
        }
        let good = SentRequest::post("/v1/x", json!({}));
        let keyless = good.clone().with_header("authorization", None);
        assert_eq!(differences(&keyless, &good), ["authorization is absent, theirs Bearer"]);
        let mut elsewhere = good.clone();
        elsewhere.path = "/x".into();
        assert_eq!(differences(&elsewhere, &good), ["(path) is /x, theirs /v1/x"]);
    }
}
