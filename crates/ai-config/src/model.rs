//! Which model a call goes to.

use std::fmt;

use laravel_ai_core::{Error, ErrorKind, Result};

use crate::config::Config;
use crate::problem::into_error;
use crate::read::{Scope, read};
use crate::tree::{Entry, Node, Value};
use crate::{Connection, Origin, Problem, Severity};

/// A model of a connection, written `connection/model`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ModelName {
    /// The connection's name.
    pub connection: String,
    /// The model as its vendor calls it; it may hold slashes and colons.
    pub model: String,
}

impl ModelName {
    /// The model of a connection.
    pub fn new(connection: impl Into<String>, model: impl Into<String>) -> Self {
        Self { connection: connection.into(), model: model.into() }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.connection, self.model)
    }
}

/// What the top level says when a call says nothing.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Defaults {
    default: Option<String>,
    default_model: Option<String>,
}

impl Config {
    /// The model that a call means.
    ///
    /// `connection/model` names both; everything after the first slash is the model. A name without a slash is a
    /// model of the [default connection](Self::default_connection). `None` is the default connection's
    /// `default_model`, else the one of the top level, else that of the environment.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when a connection is unknown, when none is the default, or when no model is
    /// named anywhere: it says what to write, and how to list the models.
    pub fn resolve_model(&self, model: Option<&str>) -> Result<ModelName> {
        let Some(text) = model else { return self.resolve_model_of(self.default_connection()?.name(), None) };
        let (connection, model) = self.split(text).map_err(|e| Error::new(ErrorKind::Configuration, e))?;
        let connection = match connection {
            Some(connection) => connection.to_owned(),
            None => self.default_connection()?.name().to_owned(),
        };
        Ok(ModelName { connection, model: model.to_owned() })
    }

    /// The model that a call to a connection means. A given model is taken as it is, slashes included.
    ///
    /// # Errors
    /// As [`resolve_model`](Self::resolve_model).
    pub fn resolve_model_of(&self, connection: &str, model: Option<&str>) -> Result<ModelName> {
        let open = self.connection(connection)?;
        let named = model.or(open.settings().default_model.as_deref()).map(str::trim);
        let model = match named {
            Some("") => return Err(Error::new(ErrorKind::Configuration, "the model's name is empty")),
            Some(model) => model.to_owned(),
            None => match self.defaults()?.default_model {
                Some(text) => {
                    let (of, model) = self.split_default(&text)?;
                    match of {
                        Some(of) if of != connection => return Err(self.no_model(&open)),
                        None if self.default_connection()?.name() != connection => {
                            return Err(self.no_model(&open));
                        }
                        _ => model.to_owned(),
                    }
                }
                None => return Err(self.no_model(&open)),
            },
        };
        Ok(ModelName { connection: connection.to_owned(), model })
    }

    /// The connection for calls that name none: the `default` of the top level, else the one that its
    /// `default_model` names, else those two of the environment, else the only connection that there is.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when nothing is configured, or several connections and no default, or when
    /// the connection itself is wrong.
    pub fn default_connection(&self) -> Result<Connection> {
        let defaults = self.defaults()?;
        let of_model = match &defaults.default_model {
            Some(text) => self.split_default(text)?.0.map(str::to_owned),
            None => None,
        };
        let in_file =
            |key| self.general.entry(key).is_some_and(|it| matches!(it.origin, Origin::File { .. }));
        let model_first = in_file("default_model") && !in_file("default");
        let (first, second) = if model_first {
            (of_model.map(|name| (name, "default_model")), defaults.default.map(|name| (name, "default")))
        } else {
            (defaults.default.map(|name| (name, "default")), of_model.map(|name| (name, "default_model")))
        };
        if let Some((name, key)) = first.or(second) {
            if self.connection_names().all(|known| known != name) {
                return Err(self.wrong(key, &self.unknown_connection(&name)));
            }
            return self.connection(&name);
        }
        let named: Vec<_> = self.connections.iter().filter(|stored| !stored.implied).collect();
        match named.as_slice() {
            [only] => Connection::open(self, only).map_err(into_error),
            [] => Err(Error::new(ErrorKind::Configuration, self.nothing_configured())),
            several => {
                let names: Vec<_> = several.iter().map(|stored| stored.name.as_str()).collect();
                let message = format!(
                    "no connection was named and none is the default: name one in the call, or set `default` in ai.toml (connections: {})",
                    names.join(", ")
                );
                Err(Error::new(ErrorKind::Configuration, message))
            }
        }
    }

    /// `default` and `default_model` that name different connections: the latter never takes effect.
    pub(crate) fn contradiction(&self) -> Option<Problem> {
        let Defaults { default: Some(default), default_model: Some(model) } = self.defaults().ok()? else {
            return None;
        };
        let of = self.split(&model).ok()?.0.filter(|of| *of != default)?;
        let severity = Severity::Warning;
        let origin = self.general.entry("default_model")?.node.origin.clone();
        let message = format!("`default_model` names connection `{of}`, but `default` is `{default}`");
        Some(Problem { severity, origin, key: Some("default_model".into()), message })
    }

    fn defaults(&self) -> Result<Defaults> {
        let table = self.general.filtered(|key| key == "default" || key == "default_model");
        let nothing = |_: &str| -> &'static [&'static str] { &[] };
        let scope = Scope { path: "", label: "the top level", also: &[], variables: &nothing };
        let node = Node { value: Value::Table(table), origin: Origin::BuiltIn };
        read(&node, &self.resolver, &scope).map_err(into_error)
    }

    /// Splits `connection/model`, or says why it can't be.
    fn split<'t>(&self, text: &'t str) -> Result<(Option<&'t str>, &'t str), String> {
        let text = text.trim();
        let is_known = |name: &str| self.connection_names().any(|known| known == name);
        match text.split_once('/') {
            None if text.is_empty() => Err("the model's name is empty".into()),
            None if is_known(text) => {
                Err(format!("`{text}` is a connection: write `{text}/<model>`, or leave the model out"))
            }
            None => Ok((None, text)),
            Some((connection, "")) => Err(format!("`{connection}/` names no model")),
            Some((connection, model)) if is_known(connection) => Ok((Some(connection), model)),
            Some((connection, _)) => Err(format!(
                "{}; a model whose own name has a slash needs its connection in front: `<connection>/{text}`",
                self.unknown_connection(connection)
            )),
        }
    }

    fn split_default<'t>(&self, text: &'t str) -> Result<(Option<&'t str>, &'t str)> {
        self.split(text).map_err(|message| self.wrong("default_model", &message))
    }

    fn wrong(&self, key: &str, message: &str) -> Error {
        let place = |entry: &Entry| format!("{}: ", entry.node.origin);
        let place = self.general.entry(key).map(place).unwrap_or_default();
        Error::new(ErrorKind::Configuration, format!("{place}`{key}`: {message}"))
    }

    fn no_model(&self, connection: &Connection) -> Error {
        let name = connection.name();
        let stored = self.connections.iter().find(|stored| stored.name == name);
        let variables = stored.and_then(|stored| stored.vendor.as_ref()?.names_of("default_model").first());
        let variable = variables.map(|name| format!(", or set {name}")).unwrap_or_default();
        let message = format!(
            "no model is named for connection `{name}`: name one in the call, as `{name}/<model>`, or write `default_model` in [connections.{name}]{variable}; `ai models {name}` lists what there is"
        );
        Error::new(ErrorKind::Configuration, message)
    }
}
