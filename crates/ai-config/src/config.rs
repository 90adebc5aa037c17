//! A whole configuration.

use std::fmt;
use std::path::{Path, PathBuf};

use laravel_ai_core::{Error, ErrorKind, Result};

use crate::environment::{Environment, Resolver};
use crate::general::{CACHE, DATABASE, PRICES};
use crate::nearest::advice;
use crate::problem::into_error;
use crate::settings::{GROUPS, SHARED};
use crate::tree::{Entry, Table, Value, overlay, parse};
use crate::variables::{EnvironmentTable, VendorVariables};
use crate::{Connection, Origin, Problem};

/// The connections of an application and what it sets for them, from `ai.toml`, from the environment, or both.
///
/// Reading one checks its form: syntax, and the names at the top level. A connection is checked when it is used,
/// so that a key that is missing for one does not stop the others; [`check`](Self::check) checks all.
///
/// What the file says comes before what the environment says. A connection of the file is completed by the
/// variables of a vendor only when it has that vendor's connection name and driver; any other connection refers
/// to its variables itself, `{ env = "NAME" }`, so that a key is never sent to an account it was not meant for.
///
/// ```
/// use ai_config::{Config, Environment};
/// use laravel_ai_core::Secret;
///
/// #[derive(serde::Deserialize)]
/// struct AcmeKeys {
///     api_key: Secret,
/// }
///
/// let text = r#"
///     [connections.work]
///     driver = "acme"
///     default_model = "acme-large"
///     api_key = { env = "ACME_API_KEY" }
///     timeout = "30s"
/// "#;
/// let config = Config::parse("ai.toml", text)?
///     .with_environment(&Default::default(), Environment::of([("ACME_API_KEY", "test")]));
///
/// let work = config.connection("work")?;
/// assert_eq!(work.driver(), "acme");
/// assert_eq!(work.config::<AcmeKeys>()?.api_key.expose(), "test");
/// assert_eq!(config.resolve_model(None)?.to_string(), "work/acme-large");
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Config {
    /// The top level without the connections.
    pub(crate) general: Table,
    pub(crate) connections: Vec<Stored>,
    pub(crate) resolver: Resolver,
    /// What reading the environment brought up.
    pub(crate) notices: Vec<Problem>,
    /// Connections that a variable would make, with its name.
    openers: Vec<(&'static str, &'static str)>,
}

/// A connection before it is checked.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) table: Table,
    /// The variables that complete it.
    pub(crate) vendor: Option<VendorVariables>,
    /// It is there although nobody asked for it.
    pub(crate) implied: bool,
}

impl Config {
    /// Reads the text of a file called `name`; files that it refers to are looked for beside it. Variables that
    /// it refers to are missing until [`with_environment`](Self::with_environment).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] with every place that is not TOML, or not known at the top level.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let (mut general, mut problems) = parse(name, text);
        let mut connections = Vec::new();
        if let Some(at) = general.entries.iter().position(|entry| entry.key == "connections") {
            let entry = general.entries.remove(at);
            match entry.node.value {
                Value::Table(table) => {
                    for entry in table.entries {
                        stored(entry, &mut connections, &mut problems);
                    }
                }
                other => problems.push(Problem::error(
                    entry.origin,
                    Some("connections".into()),
                    format!("`connections` is {}: write [connections.<name>] tables", other.kind()),
                )),
            }
        }
        problems.extend(unknown_at_top(&general));
        if !problems.is_empty() {
            return Err(into_error(problems));
        }
        let folder = Path::new(name).parent().map(PathBuf::from).unwrap_or_default();
        let resolver = Resolver { environment: Environment::empty(), folder };
        Ok(Self { general, connections, resolver, notices: Vec::new(), openers: Vec::new() })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the file can't be read, or as [`parse`](Self::parse).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|e| {
            let message = format!("the configuration {} can't be read: {}", path.display(), e.kind());
            Error::new(ErrorKind::Configuration, message)
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// A configuration from the environment alone.
    pub fn from_environment(table: &EnvironmentTable, environment: Environment) -> Self {
        let resolver = Resolver { environment: Environment::empty(), folder: PathBuf::new() };
        let empty = Self {
            general: Table::default(),
            connections: Vec::new(),
            resolver,
            notices: Vec::new(),
            openers: Vec::new(),
        };
        empty.with_environment(table, environment)
    }

    /// With the connections and settings that the environment gives, where the configuration so far is silent,
    /// and with the variables that it refers to. A variable that does not fit its key is an error of the
    /// connection that uses it, when it is used.
    pub fn with_environment(mut self, table: &EnvironmentTable, environment: Environment) -> Self {
        // The file's settings for all connections come before the environment's for one.
        let shared = self.general.filtered(|key| SHARED.contains(&key));
        for stored in &mut self.connections {
            overlay(&mut stored.table, &shared, &GROUPS);
        }
        for vendor in table.vendors() {
            let mut notices = Vec::new();
            let variables = vendor.table(&environment, &mut notices);
            let opened = vendor.is_opened(&variables);
            let mut table = shared.clone();
            overlay(&mut table, &variables, &GROUPS);
            match self.connections.iter_mut().find(|stored| stored.name == vendor.connection()) {
                Some(stored) => {
                    let driver = stored.table.entry("driver").map(|entry| &entry.node.value);
                    match driver {
                        Some(Value::String(driver)) if driver == vendor.driver() => {}
                        None => {}
                        Some(_) => continue,
                    }
                    overlay(&mut stored.table, &variables, &GROUPS);
                    stored.vendor = Some(vendor.clone());
                }
                None if opened || vendor.is_always() => self.connections.push(Stored {
                    name: vendor.connection().into(),
                    origin: Origin::BuiltIn,
                    table,
                    vendor: Some(vendor.clone()),
                    implied: !opened,
                }),
                None => {}
            }
            self.notices.append(&mut notices);
        }
        let general = table.general(&environment, &mut self.notices);
        overlay(&mut self.general, &general, &GROUPS);
        self.openers.extend(table.openers());
        self.resolver.environment = environment;
        self
    }

    /// The names of all connections: those of the file in its order, then those of the environment.
    pub fn connection_names(&self) -> impl Iterator<Item = &str> {
        self.connections.iter().map(|stored| stored.name.as_str())
    }

    /// The connection called `name`, with its settings read and checked.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] that lists the known connections and the nearest name, or everything that is
    /// wrong with the connection's settings.
    pub fn connection(&self, name: &str) -> Result<Connection> {
        match self.connections.iter().find(|stored| stored.name == name) {
            Some(stored) => Connection::open(self, stored).map_err(into_error),
            None => Err(Error::new(ErrorKind::Configuration, self.unknown_connection(name))),
        }
    }

    pub(crate) fn unknown_connection(&self, name: &str) -> String {
        let known: Vec<_> = self.connection_names().collect();
        let openers = self.openers.iter().filter(|(connection, _)| *connection == name);
        let openers: Vec<_> = openers.map(|(_, variable)| *variable).collect();
        if !openers.is_empty() {
            let (variables, passed_over) = (openers.join(" or "), self.passed_over());
            return format!(
                "connection `{name}` is not configured: set the environment variable {variables}, or write \
                 [connections.{name}] in ai.toml{passed_over}"
            );
        }
        match known.is_empty() {
            true => format!("unknown connection `{name}`: {}", self.nothing_configured()),
            false => format!("unknown connection `{name}`{}", advice(name, &known, "connections")),
        }
    }

    pub(crate) fn nothing_configured(&self) -> String {
        let names: Vec<_> = self.openers.iter().map(|(_, variable)| *variable).collect();
        let variables = match names.as_slice() {
            [] => String::new(),
            names => format!(", or set one of the environment variables {}", names.join(", ")),
        };
        let passed_over = self.passed_over();
        format!("no connection is configured; write [connections.<name>] in ai.toml{variables}{passed_over}")
    }

    /// What was left out in reading the environment, which may be why something is missing.
    fn passed_over(&self) -> String {
        self.notices.iter().map(|notice| format!("; {notice}")).collect()
    }
}

pub(crate) fn unknown_at_top(general: &Table) -> impl Iterator<Item = Problem> + '_ {
    let known: Vec<_> = ["default", "default_model", "connections", PRICES, DATABASE, CACHE]
        .into_iter()
        .chain(SHARED)
        .collect();
    let unknown = move |entry: &Entry| {
        let key = entry.key.as_str();
        (!known.contains(&key)).then(|| {
            let advice = advice(key, &known, "it takes");
            let message = format!("unknown key `{key}` at the top level{advice}");
            Problem::error(entry.origin.clone(), Some(key.to_owned()), message)
        })
    };
    general.entries.iter().filter_map(unknown)
}

fn stored(entry: Entry, connections: &mut Vec<Stored>, problems: &mut Vec<Problem>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let key = format!("connections.{}", entry.key);
    let message = match entry.node.value {
        // A slash would make `connection/model` ambiguous.
        _ if entry.key.is_empty() || !entry.key.chars().all(fits) => {
            format!("the connection name `{}` has characters other than letters, digits, - _ .", entry.key)
        }
        Value::Table(table) => {
            let (name, origin) = (entry.key, entry.origin);
            return connections.push(Stored { name, origin, table, vendor: None, implied: false });
        }
        other => format!("`{key}` is {}: write a table [{key}]", other.kind()),
    };
    problems.push(Problem::error(entry.origin, Some(key), message));
}

/// Names only: the values may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.connection_names().collect();
        f.debug_struct("Config").field("connections", &names).finish_non_exhaustive()
    }
}
