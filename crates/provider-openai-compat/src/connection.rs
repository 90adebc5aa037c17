//! An account at a server: where it is, and with which key it is asked.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use laravel_ai_core::{
    Context, Credentials, Error, ErrorKind, Fingerprint, Resources, Result, Secret, Target,
};
use provider_http::{HttpClient, encode_segment};

use crate::dialect::Dialect;
use crate::error::error_of;

/// Paths that people paste after the base URL.
const PASTED: [&str; 6] =
    ["/chat/completions", "/completions", "/embeddings", "/models", "/responses", "/chat"];

/// An account at a server that speaks OpenAI's API: base URL, key, headers, and the ports to reach it.
///
/// Making one does no I/O. The key becomes a header value once, here; a [`Credentials`] port among the resources is asked
/// before every call and goes over it.
pub struct Connection {
    name: String,
    client: HttpClient,
    dialect: Arc<Dialect>,
    credential: Option<Fingerprint>,
    credentials: Option<Arc<dyn Credentials>>,
}

/// Whom one call is sent as.
#[derive(Debug)]
#[non_exhaustive]
pub struct Access {
    /// Who serves it, with the credential that is used.
    pub target: Target,
    /// The key of this call, where it is not the connection's.
    pub headers: HeaderMap,
}

impl Connection {
    /// A connection named `name`, without a key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a base URL that is none, or has the path of a call at its end.
    pub fn new(name: &str, base_url: &str, dialect: Arc<Dialect>, resources: &Resources) -> Result<Self> {
        let wrong =
            |what: String| Error::new(ErrorKind::Configuration, format!("connection `{name}`: {what}"));
        check(base_url).map_err(wrong)?;
        let failures = Arc::clone(&dialect);
        let client =
            HttpClient::new(Arc::clone(&resources.transport), Arc::clone(&resources.clock), base_url)
                .map_err(|error| wrong(error.message().to_owned()))?
                .with_failures(move |failure| error_of(&failures, failure));
        Ok(Self {
            name: name.to_owned(),
            client,
            dialect,
            credential: None,
            credentials: resources.credentials.clone(),
        })
    }

    /// With a key, sent as `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a key that is blank or can't be sent; the key is not shown.
    pub fn with_key(mut self, key: &Secret) -> Result<Self> {
        let bearer = self.bearer(key)?;
        self.client = self.client.with_header(header::AUTHORIZATION.as_str(), bearer)?;
        self.credential = Some(key.fingerprint());
        Ok(self)
    }

    /// With a header on every request. Its value is not shown anywhere.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a header that can't be sent, or belongs to HTTP itself.
    pub fn with_header(mut self, name: &str, value: &Secret) -> Result<Self> {
        let wrong = |message: &str| {
            Error::new(ErrorKind::Configuration, format!("connection `{}`: {message}", self.name))
        };
        let value = value.header("").map_err(|error| {
            wrong(&error.message().replace("the API key", &format!("the value of header `{name}`")))
        })?;
        self.client = self.client.with_header(name, value).map_err(|error| wrong(error.message()))?;
        Ok(self)
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What speaks to the server, for calls that this crate does not know.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// The target of a model, reached with the configured key.
    pub fn target(&self, model: &str) -> Target {
        let target = Target::new(self.dialect.driver, &self.name, model);
        match self.credential {
            Some(credential) => target.with_credential(credential),
            None => target,
        }
    }

    /// Target and headers of one call: those of the key that the [`Credentials`] port has for it, if it has one.
    ///
    /// # Errors
    /// What the port says; [`ErrorKind::Configuration`] for a key that is blank or can't be sent.
    pub async fn access(&self, ctx: &Context, target: &Target) -> Result<Access> {
        let mut access = Access { target: target.clone(), headers: HeaderMap::new() };
        if let Some(credentials) = &self.credentials
            && let Some(key) = credentials.secret(ctx, &self.name).await?
        {
            access.headers.insert(header::AUTHORIZATION, self.bearer(&key)?);
            access.target = access.target.with_credential(key.fingerprint());
        }
        Ok(access)
    }

    fn bearer(&self, key: &Secret) -> Result<HeaderValue> {
        let wrong =
            |what: &str| Error::new(ErrorKind::Configuration, format!("connection `{}`: {what}", self.name));
        if key.is_blank() {
            return Err(wrong("the API key is empty: leave it out for a server that needs none"));
        }
        key.header("Bearer ").map_err(|error| wrong(error.message()))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.name)
            .field("base_url", self.client.base_url())
            .field("credential", &self.credential)
            .finish_non_exhaustive()
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
