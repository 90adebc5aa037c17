//! Which recording a request means.

use std::fmt;

use serde_json::Value;

use super::tape::{Content, Request};

/// The most differences that are told.
const TOLD: usize = 8;
/// The most characters of a value that are shown.
const SHOWN: usize = 60;

/// A request that no recording fits: the source of an error of kind `Configuration`, reached by
/// [`Error::vendor`](laravel_ai_core::Error::vendor). `Display` is one line for each difference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The request, as method and URL.
    pub asked: String,
    /// The number of the nearest recording, from 1; `None` if there is none at all.
    pub nearest: Option<usize>,
    /// How the nearest one differs. Empty if it is the same and was played as often as it was recorded.
    pub differences: Vec<Difference>,
}

/// One place where a request and a recording differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// `method`, `url`, `query <name>`, `header <name>`, or a JSON Pointer into the body.
    pub place: String,
    /// What was recorded, shortened.
    pub recorded: String,
    /// What was asked, shortened.
    pub asked: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} was recorded, {} is asked", self.place, self.recorded, self.asked)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not on the cassette", self.asked)?;
        match self.nearest {
            None => f.write_str(", which is empty"),
            Some(number) if self.differences.is_empty() => {
                write!(f, " once more: recording {number} was played already")
            }
            Some(number) => {
                write!(f, "; the nearest is recording {number}, which differs:")?;
                self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
            }
        }
    }
}

impl std::error::Error for Mismatch {}

/// All differences, the first of which weigh most.
pub(super) fn differences(recorded: &Request, asked: &Request) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |place: String, recorded: &dyn fmt::Display, asked: &dyn fmt::Display| {
        found.push(Difference { place, recorded: short(recorded), asked: short(asked) });
    };
    if recorded.method != asked.method {
        differ("method".to_owned(), &recorded.method, &asked.method);
    }
    if recorded.url != asked.url {
        differ("url".to_owned(), &recorded.url, &asked.url);
    }
    let text = |values: Option<&Vec<String>>| values.map_or_else(|| "nothing".to_owned(), |it| it.join(", "));
    for name in keys(&recorded.query, &asked.query) {
        let (was, is) = (recorded.query.get(name), asked.query.get(name));
        if was != is {
            differ(format!("query {name}"), &text(was), &text(is));
        }
    }
    let text = |value: Option<&String>| value.cloned().unwrap_or_else(|| "nothing".to_owned());
    for name in keys(&recorded.headers, &asked.headers) {
        let (was, is) = (recorded.headers.get(name), asked.headers.get(name));
        if was != is {
            differ(format!("header {name}"), &text(was), &text(is));
        }
    }
    match (&recorded.body, &asked.body) {
        (Content::Json(was), Content::Json(is)) => values("", was, is, &mut found),
        (was, is) if was != is => {
            let text = |content: &Content| match content {
                Content::Empty => "nothing".to_owned(),
                Content::Json(value) => value.to_string(),
                Content::Text(text) | Content::Base64(text) => text.clone(),
            };
            found.push(Difference {
                place: "body".to_owned(),
                recorded: short(&text(was)),
                asked: short(&text(is)),
            });
        }
        _ => {}
    }
    found
}

/// The differences that are told of.
pub(super) fn told(mut differences: Vec<Difference>) -> Vec<Difference> {
    differences.truncate(TOLD);
    differences
}

fn keys<'a, V>(
    a: &'a std::collections::BTreeMap<String, V>,
    b: &'a std::collections::BTreeMap<String, V>,
) -> impl Iterator<Item = &'a String> {
    a.keys().chain(b.keys().filter(move |name| !a.contains_key(*name)))
}

fn values(place: &str, was: &Value, is: &Value, found: &mut Vec<Difference>) {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            for (name, value) in was {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                match is.get(name) {
                    Some(asked) => values(&place, value, asked, found),
                    None => {
                        found.push(Difference { place, recorded: short(value), asked: "nothing".to_owned() })
                    }
                }
            }
            for (name, value) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(Difference { place, recorded: "nothing".to_owned(), asked: short(value) });
            }
        }
        (Value::Array(was), Value::Array(is)) => {
            for (index, (was, is)) in was.iter().zip(is).enumerate() {
                values(&format!("{place}/{index}"), was, is, found);
            }
            if was.len() != is.len() {
                found.push(Difference {
                    place: if place.is_empty() { "body".to_owned() } else { place.to_owned() },
                    recorded: format!("{} items", was.len()),
                    asked: format!("{} items", is.len()),
                });
            }
        }
        (Value::Number(was), Value::Number(is)) if was == is || was.as_f64() == is.as_f64() => {}
        (was, is) if was == is => {}
        (was, is) => found.push(Difference {
            place: if place.is_empty() { "body".to_owned() } else { place.to_owned() },
            recorded: short(was),
            asked: short(is),
        }),
    }
}

fn short(value: &dyn fmt::Display) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
