//! Who serves a call.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Fingerprint;

/// Who serves a call: driver, connection, credential and model. Cloning is one counter.
///
/// Two calls to equal targets share limits, breaker state and opaque provider state.
///
/// ```
/// use laravel_ai_core::{Secret, Target};
///
/// let target = Target::new("openai", "work", "gpt-test").with_credential(Secret::new("sk-test").fingerprint());
/// assert_eq!(target.to_string(), "work/gpt-test");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Target(Arc<Inner>);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Inner {
    driver: String,
    connection: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<Fingerprint>,
    model: String,
}

impl Target {
    /// A target without a credential, as a local server or a mock has.
    pub fn new(driver: impl Into<String>, connection: impl Into<String>, model: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            driver: driver.into(),
            connection: connection.into(),
            credential: None,
            model: model.into(),
        }))
    }

    /// The same target reached with another credential.
    pub fn with_credential(mut self, credential: Fingerprint) -> Self {
        Arc::make_mut(&mut self.0).credential = Some(credential);
        self
    }

    /// The same account, another model.
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).model = model.into();
        self
    }

    /// The driver's name, such as `openai`.
    pub fn driver(&self) -> &str {
        &self.0.driver
    }

    /// The configured connection's name, such as `work`.
    pub fn connection(&self) -> &str {
        &self.0.connection
    }

    /// The fingerprint of the credential, if one is used.
    pub fn credential(&self) -> Option<Fingerprint> {
        self.0.credential
    }

    /// The model as the caller asked for it. A vendor may report a dated snapshot of it in the response.
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// Whether opaque state made at `origin` may be sent here: same driver, same model and the same credential,
    /// or the same connection where no credential is used.
    pub fn accepts_state_of(&self, origin: &Self) -> bool {
        Arc::ptr_eq(&self.0, &origin.0)
            || self.0.driver == origin.0.driver
                && self.0.model == origin.0.model
                && match (self.0.credential, origin.0.credential) {
                    (Some(here), Some(there)) => here == there,
                    (None, None) => self.0.connection == origin.0.connection,
                    _ => false,
                }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.connection, self.0.model)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { driver, connection, model, .. } = &*self.0;
        write!(f, "Target({} {}/{}", driver.escape_debug(), connection.escape_debug(), model.escape_debug())?;
        match self.0.credential {
            Some(credential) => write!(f, " key {credential})"),
            None => f.write_str(")"),
        }
    }
}
