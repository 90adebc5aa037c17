//! Which environment variables mean which keys.

use crate::environment::{Environment, Variable};
use crate::tree::{Table, Value};
use crate::{Origin, Problem, Severity};

/// Which environment variables the library listens to: data of the application, which knows the vendors.
///
/// A key may have several names. The first one that is set and not blank counts; when another is set to something
/// else, [`Config::check`](crate::Config::check) warns which one was taken.
///
/// ```
/// use ai_config::{Config, Environment, EnvironmentTable, VendorVariables};
///
/// let table = EnvironmentTable::new().with("default", &["AI_DEFAULT_PROVIDER"]).with_vendor(
///     VendorVariables::new("acme", "acme")
///         .opened_by("api_key", &["ACME_API_KEY", "AI_ACME_API_KEY"])
///         .with("timeout", &["ACME_TIMEOUT"]),
/// );
/// let config = Config::from_environment(&table, Environment::of([("ACME_API_KEY", "test")]));
/// assert_eq!(config.default_connection()?.name(), "acme");
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EnvironmentTable {
    general: Vec<Row>,
    vendors: Vec<VendorVariables>,
}

/// The variables of one vendor: they make, or complete, one connection.
#[derive(Clone, Debug)]
pub struct VendorVariables {
    connection: &'static str,
    driver: &'static str,
    rows: Vec<Row>,
    values: Vec<(&'static str, &'static str)>,
    always: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: &'static str,
    names: &'static [&'static str],
    opens: bool,
}

impl EnvironmentTable {
    /// A table without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// With variables for a dotted key at the top level of `ai.toml`: `default`, `default_model`, or a setting
    /// of all connections such as `logging.level`.
    pub fn with(mut self, key: &'static str, names: &'static [&'static str]) -> Self {
        self.general.push(Row { key, names, opens: false });
        self
    }

    /// With the variables of a vendor.
    pub fn with_vendor(mut self, vendor: VendorVariables) -> Self {
        self.vendors.push(vendor);
        self
    }

    /// Every name that is listened to.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let vendors = self.vendors.iter().flat_map(|vendor| &vendor.rows);
        self.general.iter().chain(vendors).flat_map(|row| row.names).copied()
    }

    /// Connections with the names that open them, the first of each: what to set to get started.
    pub(crate) fn openers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.vendors.iter().flat_map(|vendor| {
            let rows = vendor.rows.iter().filter(|row| row.opens);
            rows.filter_map(|row| Some((vendor.connection, *row.names.first()?)))
        })
    }

    pub(crate) fn general(&self, environment: &Environment, problems: &mut Vec<Problem>) -> Table {
        read(&self.general, environment, problems)
    }

    pub(crate) fn vendors(&self) -> &[VendorVariables] {
        &self.vendors
    }
}

impl VendorVariables {
    /// Variables for the connection `connection`, which `driver` opens. A connection of that name in `ai.toml`
    /// is completed by them when it has the same driver.
    pub fn new(connection: &'static str, driver: &'static str) -> Self {
        Self { connection, driver, rows: Vec::new(), values: Vec::new(), always: false }
    }

    /// With variables for a key, each of which is enough for the connection to exist.
    pub fn opened_by(mut self, key: &'static str, names: &'static [&'static str]) -> Self {
        self.rows.push(Row { key, names, opens: true });
        self
    }

    /// With variables for a key, or a dotted key such as `rate_limiting.requests_per_minute`.
    pub fn with(mut self, key: &'static str, names: &'static [&'static str]) -> Self {
        self.rows.push(Row { key, names, opens: false });
        self
    }

    /// With a value for a key, or a dotted key, that holds where nothing else is said.
    pub fn with_value(mut self, key: &'static str, value: &'static str) -> Self {
        self.values.push((key, value));
        self
    }

    /// The connection exists without any variable, as that of a local server without a key does. It becomes the
    /// default only when it is named so.
    pub fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub(crate) fn connection(&self) -> &'static str {
        self.connection
    }

    pub(crate) fn driver(&self) -> &'static str {
        self.driver
    }

    pub(crate) fn is_always(&self) -> bool {
        self.always
    }

    pub(crate) fn is_opened(&self, table: &Table) -> bool {
        let set = |row: &Row| table.at(&row.key.split('.').collect::<Vec<_>>()).is_some();
        self.rows.iter().any(|row| row.opens && set(row))
    }

    pub(crate) fn table(&self, environment: &Environment, problems: &mut Vec<Problem>) -> Table {
        let mut table = read(&self.rows, environment, problems);
        for (key, value) in self.values.iter().chain([&("driver", self.driver)]) {
            let path: Vec<_> = key.split('.').collect();
            table.insert(&path, Value::String((*value).into()), &Origin::BuiltIn);
        }
        table
    }

    /// The variables that could give `key` a value.
    pub(crate) fn names_of(&self, key: &str) -> &'static [&'static str] {
        self.rows.iter().find(|row| row.key == key).map_or(&[], |row| row.names)
    }
}

fn read(rows: &[Row], environment: &Environment, problems: &mut Vec<Problem>) -> Table {
    let mut table = Table::default();
    for row in rows {
        let mut taken: Option<(&str, String)> = None;
        for name in row.names {
            let origin = Origin::Variable((*name).into());
            let message = match (environment.variable(name), &taken) {
                (Variable::Missing | Variable::Blank, _) => continue,
                (Variable::NotUnicode, _) => "is not Unicode text and was left out".to_owned(),
                (Variable::Text(text), None) => {
                    taken = Some((name, text));
                    continue;
                }
                (Variable::Text(text), Some((_, same))) if text == *same => continue,
                (Variable::Text(_), Some((winner, _))) => {
                    format!("differs from {winner}, which means the same and was taken")
                }
            };
            let severity = Severity::Warning;
            problems.push(Problem { severity, origin, key: Some(row.key.into()), message });
        }
        if let Some((name, text)) = taken {
            let path: Vec<_> = row.key.split('.').collect();
            table.insert(&path, Value::String(text), &Origin::Variable(name.into()));
        }
    }
    table
}
