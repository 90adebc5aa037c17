//! Where the calls of a connection go.

use provider_http::{Connection, encode_segment};

/// A connection, and the version of the API that stands in front of every path.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) connection: Connection,
    /// `v1beta/`, or nothing where the base URL has it.
    version: String,
}

impl Api {
    pub(crate) fn new(connection: Connection, version: &str) -> Self {
        let version =
            if version.is_empty() { String::new() } else { format!("{}/", encode_segment(version)) };
        Self { connection, version }
    }

    pub(crate) fn models(&self) -> String {
        format!("{}models", self.version)
    }

    pub(crate) fn model(&self, model: &str) -> String {
        let (folder, name) = split(model);
        format!("{}{folder}/{}", self.version, encode_segment(name))
    }

    /// The path of a method of a model, such as `v1beta/models/gemini-x:generateContent`.
    pub(crate) fn method(&self, model: &str, method: &str) -> String {
        format!("{}:{method}", self.model(model))
    }
}

/// A model's name with its folder, as bodies have it: `models/gemini-x`.
pub(crate) fn full_name(model: &str) -> String {
    let (folder, name) = split(model);
    format!("{folder}/{name}")
}

/// Folder and name: models of one's own lie in `tunedModels`, and lists name all others with `models/` in front.
fn split(model: &str) -> (&str, &str) {
    match model.strip_prefix("tunedModels/") {
        Some(name) => ("tunedModels", name),
        None => ("models", model.strip_prefix("models/").unwrap_or(model)),
    }
}
