//! A request as it was sent.

use laravel_ai_core::RenderedRequest;
use serde::Deserialize;
use serde_json::Value;

/// One HTTP request, wherever it was seen: rendered, captured from a driver, or recorded from a vendor's SDK.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SentRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// Names in lower case, and values.
    #[serde(deserialize_with = "pairs")]
    pub headers: Vec<(String, String)>,
    /// The body; `Null` when there is none.
    #[serde(default)]
    pub body: Value,
}

impl SentRequest {
    /// A request with the headers of a good one: a key, and JSON as the content type.
    pub fn post(path: &str, body: Value) -> Self {
        let headers = [("authorization", "Bearer test"), ("content-type", "application/json")];
        Self { method: "POST".into(), path: path.into(), headers: owned(headers), body }
    }

    /// The first value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same request with a header set, or removed.
    pub fn with_header(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }
}

impl From<&RenderedRequest> for SentRequest {
    fn from(rendered: &RenderedRequest) -> Self {
        Self {
            method: rendered.method.clone(),
            path: path_of(&rendered.url),
            headers: rendered.headers.clone(),
            body: rendered.body.clone(),
        }
    }
}

fn path_of(url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| after_scheme.split_at(at).1);
    path.split('?').next().unwrap_or(path).to_owned()
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn pairs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let map = std::collections::BTreeMap::<String, String>::deserialize(deserializer)?;
    Ok(map.into_iter().collect())
}
