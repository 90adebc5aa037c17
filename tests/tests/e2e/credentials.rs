//! The file of credentials. No message about it has a value of it, since a value in the wrong place may be a key.

use std::collections::BTreeMap;
use std::path::Path;

use laravel_ai_core::Secret;
use serde_json::Value;

/// Every provider that can be asked.
pub(crate) const PROVIDERS: [&str; 5] = ["openai", "gemini", "xai", "ollama", "openai-compatible"];
const KEYS: &str = "api_key, base_url, model, max_calls, max_tokens, without";

/// What the file says of one provider.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) api_key: Option<Secret>,
    pub(crate) base_url: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) max_calls: Option<u64>,
    pub(crate) max_tokens: Option<u64>,
    /// Laws that the model does not keep, and why.
    pub(crate) without: BTreeMap<String, String>,
}

/// The entries by provider; nothing when there is no file.
pub(crate) fn read(file: &Path) -> Result<BTreeMap<String, Entry>, String> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    };
    parse(&text).map_err(|problem| format!("{}: {problem}", file.display()))
}

pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, Entry>, String> {
    let whole: Value = serde_json::from_str(text)
        .map_err(|e| format!("no JSON at line {}, column {}: mend it there", e.line(), e.column()))?;
    let all =
        whole.as_object().ok_or("must be an object of providers; the example beside it shows the form")?;
    let mut entries = BTreeMap::new();
    for (name, value) in all {
        if !PROVIDERS.contains(&name.as_str()) {
            return Err(format!("no provider is called `{name}`: take one of {}", PROVIDERS.join(", ")));
        }
        entries.insert(name.clone(), entry(value).map_err(|problem| format!("{name}{problem}"))?);
    }
    Ok(entries)
}

fn entry(value: &Value) -> Result<Entry, String> {
    let mut entry = Entry::default();
    for (key, value) in value.as_object().ok_or(" must be an object")? {
        let text = || value.as_str().map(str::to_owned).ok_or(format!(".{key} must be a string"));
        let number = || value.as_u64().ok_or(format!(".{key} must be a whole number"));
        match key.as_str() {
            "api_key" => entry.api_key = Some(Secret::new(text()?)),
            "base_url" => entry.base_url = Some(text()?),
            "model" => entry.model = Some(text()?),
            "max_calls" => entry.max_calls = Some(number()?),
            "max_tokens" => entry.max_tokens = Some(number()?),
            "without" => {
                entry.without = serde_json::from_value(value.clone())
                    .map_err(|_| ".without must be an object of laws and reasons".to_owned())?;
            }
            _ => return Err(format!(": `{key}` is no setting: take one of {KEYS}")),
        }
    }
    Ok(entry)
}
