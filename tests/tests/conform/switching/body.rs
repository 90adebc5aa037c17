//! What can be found in any vendor's body without knowing its language.

use serde_json::{Value, json};

use super::history::PIXEL;

fn texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

fn all(body: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    texts(body, &mut found);
    found
}

/// Each of the words stands in the body, after those before it.
pub(super) fn in_this_order(body: &Value, words: &[String]) -> Result<(), String> {
    let whole = all(body).join("\n");
    let mut at = 0;
    for word in words {
        let found = whole[at..].find(word.as_str());
        at += found.ok_or_else(|| format!("{word:?} is not in its place in {body:#}"))? + word.len();
    }
    Ok(())
}

/// Each of the marks is a text of the body.
pub(super) fn has_all(body: &Value, marks: &[String]) -> Result<(), String> {
    let found = all(body);
    match marks.iter().find(|mark| !found.contains(&mark.as_str())) {
        None => Ok(()),
        Some(mark) => Err(format!("{mark:?} of the driver's own state is not in {body:#}")),
    }
}

/// None of the marks stands anywhere in the body.
pub(super) fn has_none(body: &Value, marks: &[String]) -> Result<(), String> {
    let found = all(body);
    match marks.iter().find(|mark| found.iter().any(|text| text.contains(mark.as_str()))) {
        None => Ok(()),
        Some(mark) => Err(format!("{mark:?} of the state of another language is in {body}")),
    }
}

/// Names and arguments of the calls of functions.
pub(super) fn calls(body: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect_calls(body, &mut found);
    found
}

fn collect_calls(value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_calls(item, into)),
        Value::Object(members) => {
            let given = ["arguments", "args", "input"].iter().find_map(|name| members.get(*name));
            match (members.get("name"), given) {
                (Some(Value::String(name)), Some(given)) => into.push((name.clone(), arguments(given))),
                _ => members.values().for_each(|member| collect_calls(member, into)),
            }
        }
        _ => {}
    }
}

/// Arguments in one form: an object, free text as its member `input`.
pub(super) fn arguments(given: &Value) -> Value {
    match given {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!({"input": text})),
        other => other.clone(),
    }
}

/// How many pictures there are: all of them are the same.
pub(super) fn pictures(body: &Value) -> usize {
    all(body).iter().filter(|text| text.ends_with(PIXEL)).count()
}

/// Those of `ids` that the body has, as often as it has them.
pub(super) fn ids(body: &Value, ids: &[String]) -> Vec<String> {
    let mut found: Vec<_> =
        all(body).into_iter().filter(|text| ids.iter().any(|id| id == text)).map(str::to_owned).collect();
    found.sort();
    found
}
