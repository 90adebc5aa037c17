//! Connections to servers that speak a dialect.

use std::sync::Arc;

use laravel_ai_core::{Resources, Result};
use provider_http::{Connection, encode_segment};

use crate::dialect::Dialect;
use crate::error::error_of;

/// Paths that people paste after the base URL.
const PASTED: [&str; 6] =
    ["/chat/completions", "/completions", "/embeddings", "/models", "/responses", "/chat"];

impl Dialect {
    /// A connection to a server that speaks this dialect, without a key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](laravel_ai_core::ErrorKind) for a base URL that is none, or has the path of a call at
    /// its end.
    pub fn connect(
        self: &Arc<Self>,
        name: &str,
        base_url: &str,
        resources: &Resources,
    ) -> Result<Connection> {
        let dialect = Arc::clone(self);
        let connection = Connection::new(self.driver, name, base_url, resources)?;
        Ok(connection.without_pasted(&PASTED)?.with_failures(move |failure| error_of(&dialect, failure)))
    }
}

/// A base URL with parameters that go with every request.
pub(crate) fn with_query<'a>(base_url: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = base_url.to_owned();
    let mut separator = if base_url.contains('?') { '&' } else { '?' };
    for (name, value) in query {
        url.push(std::mem::replace(&mut separator, '&'));
        url.push_str(&encode_segment(name));
        url.push('=');
        url.push_str(&encode_segment(value));
    }
    url
}
