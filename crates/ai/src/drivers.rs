//! The drivers that configuration may name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ai_config::{Connection, KnownDriver};
use laravel_ai_core::{Driver, Provider, Resources, Result};

type Open = fn(&Connection, &Resources) -> Result<Arc<dyn Provider>>;

/// The drivers that configuration may name: a value, so two parts of a program can know different ones.
#[derive(Clone, Default)]
pub struct Drivers(BTreeMap<&'static str, (Open, KnownDriver)>);

impl Drivers {
    /// No drivers at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The drivers that the crate's features bring.
    pub fn standard() -> Self {
        let drivers = Self::none();
        #[cfg(feature = "openai")]
        let drivers = drivers.with::<provider_openai::OpenAi>();
        #[cfg(feature = "xai")]
        let drivers = drivers.with::<provider_xai::Xai>();
        #[cfg(feature = "openai-compatible")]
        let drivers = drivers.with::<provider_openai_compat::OpenAiCompatible>();
        #[cfg(feature = "gemini")]
        let drivers = drivers.with::<provider_gemini::Gemini>();
        #[cfg(feature = "ollama")]
        let drivers = drivers.with::<provider_ollama::Ollama>();
        #[cfg(feature = "mock")]
        let drivers = drivers.with::<provider_mock::MockDriver>();
        drivers
    }

    /// With one more driver; one of the same name is replaced.
    pub fn with<D: Driver>(mut self) -> Self {
        let open: Open = |connection, resources| {
            D::connect(connection.name(), connection.config::<D::Config>()?, resources)
        };
        self.0.insert(D::NAME, (open, KnownDriver::of::<D>()));
        self
    }

    /// The names, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    pub(crate) fn known(&self) -> Vec<KnownDriver> {
        self.0.values().map(|(_, known)| *known).collect()
    }

    pub(crate) fn open(&self, connection: &Connection, resources: &Resources) -> Result<Arc<dyn Provider>> {
        match self.0.get(connection.driver()) {
            Some((open, _)) => open(connection, resources),
            None => Err(connection.unknown_driver(&self.names())),
        }
    }
}

impl fmt::Debug for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
