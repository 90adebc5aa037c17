//! An account at a vendor: where it is, and with which key it is asked.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use laravel_ai_core::{
    Context, Credentials, Description, Error, ErrorKind, Fingerprint, Resources, Result, Secret, Target,
};

use crate::{Failure, HttpClient};

/// An account at a vendor: its client, its key, and the key of each call.
///
/// Making one does no I/O. The key becomes a header value once, here; a [`Credentials`] port among the resources is asked
/// before every call and goes over it, and the target of that call says so, so that state that belongs to one key never
/// goes out with another.
///
/// ```
/// use laravel_ai_core::{Resources, Result, Secret};
/// use provider_http::Account;
///
/// fn open(key: &Secret, resources: &Resources) -> Result<Account> {
///     Account::open("acme", "work", "https://api.acme.example/v1", resources)?
///         .with_key_header("x-acme-key", "")?
///         .with_key(key)
/// }
/// ```
pub struct Account {
    driver: &'static str,
    name: String,
    client: HttpClient,
    key_header: (HeaderName, &'static str),
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
    /// The key of this call, where it is not the account's.
    pub headers: HeaderMap,
}

impl Account {
    /// The account of `driver` that configuration calls `connection`, without a key.
    ///
    /// # Errors
    ///
    /// `Configuration` for a base URL that can't be used; see [`BaseUrl::parse`](crate::BaseUrl::parse).
    pub fn open(
        driver: &'static str,
        connection: &str,
        base_url: &str,
        resources: &Resources,
    ) -> Result<Self> {
        let client =
            HttpClient::new(Arc::clone(&resources.transport), Arc::clone(&resources.clock), base_url)
                .map_err(|error| wrong(connection, error.message()))?;
        Ok(Self {
            driver,
            name: connection.to_owned(),
            client,
            key_header: (header::AUTHORIZATION, "Bearer "),
            credential: None,
            credentials: resources.credentials.clone(),
            settings: Vec::new(),
        })
    }

    /// With keys in another header than `Authorization: Bearer`, and what stands before them there. To be said before
    /// the key.
    ///
    /// # Errors
    ///
    /// `Configuration` if the name is no header's.
    pub fn with_key_header(mut self, name: &str, prefix: &'static str) -> Result<Self> {
        let name = HeaderName::try_from(name)
            .map_err(|_| wrong(&self.name, format_args!("keys can't be sent in a header `{name}`")))?;
        self.key_header = (name, prefix);
        Ok(self)
    }

    /// With a key.
    ///
    /// # Errors
    ///
    /// `Configuration` for a key that is blank or can't be sent; the key is not shown.
    pub fn with_key(mut self, key: &Secret) -> Result<Self> {
        let value = self.key_value(key)?;
        self.client = self.client.with_header(self.key_header.0.as_str(), value)?;
        self.credential = Some(key.fingerprint());
        self.settings.push(("api_key".to_owned(), key.masked()));
        Ok(self)
    }

    /// With a header on every request. Its value is not shown anywhere.
    ///
    /// # Errors
    ///
    /// `Configuration` for a header that can't be sent, or belongs to HTTP itself.
    pub fn with_header(mut self, name: &str, value: &Secret) -> Result<Self> {
        let sent = value.header("").map_err(|error| {
            let what = format!("the value of header `{name}`");
            wrong(&self.name, error.message().replace("the API key", &what))
        })?;
        self.client =
            self.client.with_header(name, sent).map_err(|error| wrong(&self.name, error.message()))?;
        self.settings.push((format!("headers.{name}"), value.masked()));
        Ok(self)
    }

    /// With the driver's mapping of failures; the status alone decides otherwise.
    #[must_use]
    pub fn with_failures(mut self, map: impl Fn(&Failure) -> Error + Send + Sync + 'static) -> Self {
        self.client = self.client.with_failures(map);
        self
    }

    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What speaks to the vendor.
    #[must_use]
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// What [`Provider::describe`](laravel_ai_core::Provider::describe) gives: driver, endpoint, and key and headers
    /// masked. A driver adds its own settings.
    #[must_use]
    pub fn describe(&self) -> Description {
        let description = Description::new(&self.name, self.driver, self.client.base_url().to_string());
        let settings = self.settings.iter();
        settings.fold(description, |description, (name, value)| description.with_setting(name, value))
    }

    /// The target of a model, reached with the configured key.
    #[must_use]
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
    ///
    /// What the port says; `Configuration` for a key that is blank or can't be sent.
    pub async fn access(&self, ctx: &Context, target: &Target) -> Result<Access> {
        let mut access = Access { target: target.clone(), headers: HeaderMap::new() };
        if let Some(credentials) = &self.credentials
            && let Some(key) = credentials.secret(ctx, &self.name).await?
        {
            access.headers.insert(self.key_header.0.clone(), self.key_value(&key)?);
            access.target = access.target.with_credential(key.fingerprint());
        }
        Ok(access)
    }

    fn key_value(&self, key: &Secret) -> Result<HeaderValue> {
        if key.is_blank() {
            let advice = "the API key is empty: leave it out for a server that needs none";
            return Err(wrong(&self.name, advice));
        }
        key.header(self.key_header.1).map_err(|error| wrong(&self.name, error.message()))
    }
}

fn wrong(connection: &str, what: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("connection `{connection}`: {what}"))
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("base_url", self.client.base_url())
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
