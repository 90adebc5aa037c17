//! An account at a server: where it is, and with which key it is asked.

use std::fmt;
use std::sync::Arc;

use laravel_ai_core::{Context, Description, Error, ErrorKind, Resources, Result, Secret, Target};
pub use provider_http::Access;
use provider_http::{Account, HttpClient, encode_segment};

use crate::dialect::Dialect;
use crate::error::error_of;

/// Paths that people paste after the base URL.
const PASTED: [&str; 6] =
    ["/chat/completions", "/completions", "/embeddings", "/models", "/responses", "/chat"];

/// An account at a server that speaks OpenAI's API: base URL, key, headers, and the ports to reach it.
///
/// Making one does no I/O. It is an [`Account`] whose failures are read in a [`Dialect`].
pub struct Connection {
    account: Account,
    dialect: Arc<Dialect>,
}

impl Connection {
    /// A connection named `name`, without a key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a base URL that is none, or has the path of a call at its end.
    pub fn new(name: &str, base_url: &str, dialect: Arc<Dialect>, resources: &Resources) -> Result<Self> {
        check(base_url)
            .map_err(|what| Error::new(ErrorKind::Configuration, format!("connection `{name}`: {what}")))?;
        let failures = Arc::clone(&dialect);
        let account = Account::open(dialect.driver, name, base_url, resources)?
            .with_failures(move |failure| error_of(&failures, failure));
        Ok(Self { account, dialect })
    }

    /// With a key, sent as `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a key that is blank or can't be sent; the key is not shown.
    pub fn with_key(mut self, key: &Secret) -> Result<Self> {
        self.account = self.account.with_key(key)?;
        Ok(self)
    }

    /// With a header on every request. Its value is not shown anywhere.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a header that can't be sent, or belongs to HTTP itself.
    pub fn with_header(mut self, name: &str, value: &Secret) -> Result<Self> {
        self.account = self.account.with_header(name, value)?;
        Ok(self)
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        self.account.name()
    }

    /// How the server differs, as the connection was opened; its models may have dialects of their own.
    pub fn dialect(&self) -> &Arc<Dialect> {
        &self.dialect
    }

    /// What it is: driver, endpoint, and key and headers masked. A driver adds its own settings.
    pub fn describe(&self) -> Description {
        self.account.describe().with_api("Chat Completions")
    }

    /// What speaks to the server, for calls that this crate does not know.
    pub fn client(&self) -> &HttpClient {
        self.account.client()
    }

    /// The target of a model, reached with the configured key.
    pub fn target(&self, model: &str) -> Target {
        self.account.target(model)
    }

    /// Target and headers of one call: those of the key that the [`Credentials`](laravel_ai_core::Credentials) port has
    /// for it, if it has one.
    ///
    /// # Errors
    /// What the port says; [`ErrorKind::Configuration`] for a key that is blank or can't be sent.
    pub async fn access(&self, ctx: &Context, target: &Target) -> Result<Access> {
        self.account.access(ctx, target).await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.account.fmt(f)
    }
}

fn check(base_url: &str) -> Result<(), String> {
    if base_url.trim() != base_url {
        return Err("`base_url` has blanks around it".into());
    }
    if !base_url.contains("://") {
        return Err(format!("`base_url` has no scheme: write http://{base_url} or https://{base_url}"));
    }
    let path = base_url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    match PASTED.iter().find(|pasted| path.ends_with(*pasted)) {
        Some(pasted) => Err(format!("`base_url` ends with `{pasted}`, which is added to it: leave it out")),
        None => Ok(()),
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
