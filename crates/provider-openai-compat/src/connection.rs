//! Connections to servers that speak a dialect.

use std::sync::Arc;

use laravel_ai_core::{Resources, Result};
use provider_http::Connection;

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
