//! What a program sets itself, before any file and variable.

use crate::config::{Config, Stored};
use crate::tree::{Table, Value};
use crate::{Environment, EnvironmentTable, Origin};

impl Config {
    /// A configuration without anything, for programs that set everything themselves.
    pub fn empty() -> Self {
        Self::from_environment(&EnvironmentTable::new(), Environment::empty())
    }

    /// Whether there is neither a connection that somebody asked for, nor a default one.
    pub fn is_unconfigured(&self) -> bool {
        let asked_for = self.connections.iter().any(|stored| !stored.implied);
        !asked_for && self.general.entry("default").is_none() && self.general.entry("default_model").is_none()
    }

    /// With a connection that the program opens itself. It takes the place of one of the same name, so that names
    /// of models and defaults find it.
    pub fn with_connection(mut self, name: &str, driver: &str) -> Self {
        self.connections.retain(|stored| stored.name != name);
        let mut table = Table::default();
        table.insert(&["driver"], Value::String(driver.into()), &Origin::BuiltIn);
        let (name, origin) = (name.into(), Origin::BuiltIn);
        self.connections.push(Stored { name, origin, table, vendor: None, implied: false });
        self
    }

    /// With the model for calls that name none: `connection/model`, or a model of the default connection.
    pub fn with_default_model(mut self, model: &str) -> Self {
        self.general.entries.retain(|entry| entry.key != "default_model");
        // A connection named here is the default one too, whatever a file or a variable says.
        if model.contains('/') {
            self.general.entries.retain(|entry| entry.key != "default");
        }
        self.general.insert(&["default_model"], Value::String(model.into()), &Origin::BuiltIn);
        self
    }
}
