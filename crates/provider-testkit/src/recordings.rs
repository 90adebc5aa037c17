//! A folder of recorded answers, with an index that gives each of them a test or a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::Answer;

/// A folder of recorded answers. Its `index.toml` has a table for each file, which says which test reads it:
///
/// ```toml
/// ["chat_success.json"]
/// read_by = "decode"
///
/// ["error_429.json"]
/// read_by = "error"
/// status = 429
/// headers = { retry-after = "7" }
///
/// ["chat_audio.json"]
/// read_by = "none"
/// reason = "audio is not decoded yet"
/// ```
///
/// For tests only: what is missing or wrong panics with the file's name.
#[derive(Clone, Debug)]
pub struct Recordings {
    folder: PathBuf,
}

/// What the index says of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Recording {
    /// The test that reads it, or `none`.
    pub read_by: String,
    /// Why no test reads it.
    #[serde(default)]
    pub reason: Option<String>,
    /// The status that it came with, 200 if nothing is said.
    #[serde(default = "ok")]
    pub status: u16,
    /// The headers that it came with.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

fn ok() -> u16 {
    200
}

const INDEX: &str = "index.toml";

#[expect(clippy::panic, reason = "a test without its recording can't go on")]
impl Recordings {
    /// The recordings in a folder; in a test mostly `concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")`.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned() }
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When it can't be read.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What the index says, by file.
    ///
    /// # Panics
    /// When there is none, or it is wrong.
    pub fn index(&self) -> BTreeMap<String, Recording> {
        toml::from_str(&self.text(INDEX)).unwrap_or_else(|error| panic!("{INDEX}: {error}"))
    }

    /// The files that one test reads; never none.
    ///
    /// # Panics
    /// When there are none, so that a test that reads nothing fails.
    pub fn read_by(&self, test: &str) -> Vec<String> {
        let rows = self.index().into_iter().filter(|(_, row)| row.read_by == test);
        let found: Vec<_> = rows.map(|(name, _)| name).collect();
        if found.is_empty() {
            panic!("no recording is read by `{test}`");
        }
        found
    }

    /// The HTTP answer that a file is the body of.
    ///
    /// # Panics
    /// When the file or its row is missing.
    pub fn answer(&self, name: &str) -> Answer {
        let index = self.index();
        let Some(row) = index.get(name) else { panic!("{INDEX} has no table for {name}") };
        let mut answer = Answer::new("application/json", self.text(name)).with_status(row.status);
        answer.headers.clear();
        row.headers.iter().fold(answer, |answer, (name, value)| answer.with_header(name, value))
    }

    /// That each file has a test among `tests` or a reason, and each row a file.
    ///
    /// # Panics
    /// With the names that don't.
    pub fn assert_complete(&self, tests: &[&str]) {
        let folder = self.folder.display();
        let files = std::fs::read_dir(&self.folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let files: BTreeSet<_> = files
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name != INDEX)
            .collect();
        let index = self.index();
        let listed: BTreeSet<_> = index.keys().cloned().collect();
        let apart: Vec<_> = files.symmetric_difference(&listed).collect();
        assert!(apart.is_empty(), "only in {folder} or only in its {INDEX}: {apart:?}");
        for (name, row) in &index {
            let none = row.read_by == "none";
            assert!(none || tests.contains(&row.read_by.as_str()), "{name} is read by `{}`", row.read_by);
            assert!(none == row.reason.is_some(), "{name} needs a test or a reason");
        }
    }
}

/// JSON by its meaning, for comparing what is sent: a whole number is the same with and without its `.0`.
///
/// ```
/// use provider_testkit::meaning;
/// use serde_json::json;
///
/// assert_eq!(meaning(json!({"top_p": 1.0})), json!({"top_p": 1}));
/// ```
pub fn meaning(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(meaning).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, meaning(value))).collect(),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            let whole = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        other => other,
    }
}
