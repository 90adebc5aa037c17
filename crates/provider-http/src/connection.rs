//! An account at a server: where it is, and with which key it is asked.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use laravel_ai_core::{
    Context, Credentials, Description, Error, ErrorKind, Fingerprint, Health, Resources, Result, Secret,
    Target,
};

use crate::{Failure, HttpClient};

/// An account at a server: base URL, key, headers, and the ports to reach it.
///
/// Making one does no I/O. The key becomes a header value once, here; a [`Credentials`] port among the resources is asked
/// before every call and goes over it.
///
/// ```
/// use laravel_ai_core::{Context, Resources, Result, Secret};
/// use provider_http::{Call, Connection};
///
/// async fn ask(resources: &Resources, key: &Secret) -> Result<()> {
///     let connection = Connection::new("acme", "work", "https://api.example.com/v1", resources)?
///         .with_key_header("x-acme-key", "")?
///         .with_key(key)?;
///     let ctx = Context::new();
///     let access = connection.access(&ctx, &connection.target("acme-1")).await?;
///     let models = connection.client().send(&ctx, Call::get("models").with_headers(&access.headers)).await?;
///     println!("{} bytes for {}", models.body().len(), access.target);
///     Ok(())
/// }
/// ```
pub struct Connection {
    driver: &'static str,
    name: String,
    client: HttpClient,
    header: HeaderName,
    prefix: &'static str,
    wants_key: bool,
    credential: Option<Fingerprint>,
    credentials: Option<Arc<dyn Credentials>>,
    /// Names and masked values.
    settings: Vec<(String, String)>,
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
    /// A connection of `driver` named `name`, without a key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a base URL that is none, or that has a key in its query: URLs are printed and logged
    /// by everybody on their way.
    pub fn new(driver: &'static str, name: &str, base_url: &str, resources: &Resources) -> Result<Self> {
        let wrong = |what: &str| Error::new(ErrorKind::Configuration, format!("connection `{name}`: {what}"));
        if base_url.trim() != base_url {
            return Err(wrong("`base_url` has blanks around it"));
        }
        if !base_url.contains("://") {
            return Err(wrong(&format!(
                "`base_url` has no scheme: write http://{base_url} or https://{base_url}"
            )));
        }
        let client =
            HttpClient::new(Arc::clone(&resources.transport), Arc::clone(&resources.clock), base_url)
                .map_err(|error| wrong(error.message()))?;
        if let Some(name) = client.base_url().query_names().find(|name| is_key(name)) {
            return Err(wrong(&format!(
                "`base_url` has a key in its query (`{name}`), where it would be shown: set it as `api_key`, or in `query` if \
                 the driver has that"
            )));
        }
        Ok(Self {
            driver,
            name: name.to_owned(),
            client,
            header: header::AUTHORIZATION,
            prefix: "Bearer ",
            wants_key: false,
            credential: None,
            credentials: resources.credentials.clone(),
            settings: Vec::new(),
        })
    }

    /// With the driver's mapping of failures; the status alone decides otherwise.
    #[must_use]
    pub fn with_failures(mut self, map: impl Fn(&Failure) -> Error + Send + Sync + 'static) -> Self {
        self.client = self.client.with_failures(map);
        self
    }

    /// With a base URL that has none of the paths of calls at its end, which people paste with it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for one that ends with one of `paths`, such as `/chat/completions`.
    pub fn without_pasted(self, paths: &[&str]) -> Result<Self> {
        let base_url = self.client.base_url().to_string();
        match paths.iter().find(|pasted| base_url.ends_with(*pasted)) {
            None => Ok(self),
            Some(pasted) => {
                Err(self
                    .wrong(&format!("`base_url` ends with `{pasted}`, which is added to it: leave it out")))
            }
        }
    }

    /// With another header for the key than `Authorization: Bearer `, and what stands before the key in it. Set before the
    /// key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the name is no header's.
    pub fn with_key_header(mut self, header: &str, prefix: &'static str) -> Result<Self> {
        self.header = HeaderName::try_from(header)
            .map_err(|_| self.wrong(&format!("keys can't be sent in a header `{header}`")))?;
        self.prefix = prefix;
        Ok(self)
    }

    /// With a key.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a key that is blank or can't be sent; the key is not shown.
    pub fn with_key(mut self, key: &Secret) -> Result<Self> {
        let value = self.key_value(key)?;
        self.client = self.client.with_header(self.header.as_str(), value)?;
        self.credential = Some(key.fingerprint());
        self.settings.push(("api_key".to_owned(), key.masked()));
        Ok(self)
    }

    /// With the key that the server wants of everybody.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] as for [`with_key`](Self::with_key), and for no key where no [`Credentials`] port gives
    /// one for each call.
    pub fn with_required_key(mut self, key: Option<&Secret>) -> Result<Self> {
        self.wants_key = true;
        match key {
            Some(key) => self.with_key(key),
            None if self.credentials.is_some() => Ok(self),
            None => Err(self.wrong("`api_key` is missing")),
        }
    }

    /// With a parameter in the query of every request, for servers that take their key there. Its value is not shown
    /// anywhere.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &Secret) -> Self {
        self.client = self.client.with_query(name, value.expose());
        self.settings.push((format!("query.{name}"), value.masked()));
        self
    }

    /// With a header on every request. Its value is not shown anywhere.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a header that can't be sent, or belongs to HTTP itself.
    pub fn with_header(mut self, name: &str, value: &Secret) -> Result<Self> {
        let sent = value.header("").map_err(|error| {
            self.wrong(&error.message().replace("the API key", &format!("the value of header `{name}`")))
        })?;
        match self.client.clone().with_header(name, sent) {
            Ok(client) => self.client = client,
            Err(error) => return Err(self.wrong(error.message())),
        }
        self.settings.push((format!("headers.{name}"), value.masked()));
        Ok(self)
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What speaks to the server.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// What [`Provider::describe`](laravel_ai_core::Provider::describe) gives: driver, endpoint, and key and headers
    /// masked. A driver adds its own settings.
    pub fn describe(&self) -> Description {
        let description = Description::new(&self.name, self.driver, self.client.base_url().to_string());
        let settings = self.settings.iter();
        settings.fold(description, |description, (name, value)| description.with_setting(name, value))
    }

    /// The target of a model, reached with the configured key.
    pub fn target(&self, model: &str) -> Target {
        let target = Target::new(self.driver, &self.name, model);
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
        let Some(credentials) = &self.credentials else { return Ok(access) };
        // Whoever gets no key was not refused with the connection's own.
        let without_key = || Target::new(target.driver(), target.connection(), target.model());
        let key = credentials.secret(ctx, &self.name).await;
        if let Some(key) = key.map_err(|error| error.with_target(&without_key()))? {
            access.headers.insert(self.header.clone(), self.key_value(&key)?);
            access.target = access.target.with_credential(key.fingerprint());
        }
        Ok(access)
    }

    /// Whether the server answers, by a question that costs nothing: an answer that says no is one too. Dropping the future
    /// drops the question.
    pub async fn health<T>(&self, question: impl Future<Output = Result<T>>) -> Health {
        let clock = self.client.clock();
        let begun = clock.now();
        let answer = question.await;
        let latency = clock.now().saturating_duration_since(begun);
        match answer {
            Ok(_) => Health::reachable(latency),
            Err(error) if error.status().is_some() || error.kind() == ErrorKind::Decode => {
                Health::reachable(latency).with_message(error.to_string())
            }
            Err(error) => Health::unreachable(error.to_string()),
        }
    }

    fn key_value(&self, key: &Secret) -> Result<HeaderValue> {
        if key.is_blank() {
            return Err(self.wrong(match self.wants_key {
                true => "the API key is empty, and the provider wants one: look where it comes from",
                false => "the API key is empty: leave it out for a server that needs none",
            }));
        }
        key.header(self.prefix).map_err(|error| self.wrong(error.message()))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::new(ErrorKind::Configuration, format!("connection `{}`: {what}", self.name))
    }
}

/// Whether a parameter of a query is where keys are put.
fn is_key(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    plain.ends_with("key")
        || plain.ends_with("token")
        || plain.ends_with("secret")
        || plain == "authorization"
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("driver", &self.driver)
            .field("name", &self.name)
            .field("base_url", self.client.base_url())
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
