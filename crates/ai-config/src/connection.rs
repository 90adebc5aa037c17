//! One connection.

use std::fmt;

use laravel_ai_core::{Error, Result};
use serde::de::DeserializeOwned;

use crate::config::{Config, Stored};
use crate::environment::Resolver;
use crate::nearest::advice;
use crate::problem::into_error;
use crate::read::{Scope, read};
use crate::settings::{GROUPS, Keys, RESERVED, SHARED};
use crate::tree::{ALIASES, Node, Table, Value, overlay};
use crate::variables::VendorVariables;
use crate::{Origin, Problem, Settings};

/// A connection with its settings read and checked, and its driver's own keys still as they were written.
///
/// Secrets are looked up when [`config`](Self::config) asks for them. `Debug` shows none.
#[derive(Clone)]
pub struct Connection {
    name: String,
    driver: String,
    driver_origin: Origin,
    settings: Settings,
    keys: Node,
    path: String,
    place: String,
    resolver: Resolver,
    vendor: Option<VendorVariables>,
}

impl Connection {
    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the driver that opens it.
    pub fn driver(&self) -> &str {
        &self.driver
    }

    /// What it sets besides its driver's own keys.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads the driver's own keys, with references resolved.
    ///
    /// Derive `Deserialize` for `T` without `flatten`, which hides from us which keys it takes. The names of
    /// [settings](Settings) and `driver` are never seen by `T`.
    ///
    /// # Errors
    /// [`Configuration`](laravel_ai_core::ErrorKind::Configuration) with everything that is wrong: unknown keys
    /// with the nearest right name, missing keys, wrong types, variables that are not set, files that can't be
    /// read. Each with its place, none with its value.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T> {
        self.read().map_err(into_error)
    }

    /// What [`config`](Self::config) would fail with.
    pub fn check<T: DeserializeOwned>(&self) -> Vec<Problem> {
        self.read::<T>().err().unwrap_or_default()
    }

    /// The error for a driver that is none of `known`, with the nearest right name.
    pub fn unknown_driver(&self, known: &[&str]) -> Error {
        self.unknown_driver_problem(known).into_error()
    }

    pub(crate) fn unknown_driver_problem(&self, known: &[&str]) -> Problem {
        let advice = advice(&self.driver, known, "known drivers");
        let message = format!("unknown driver `{}` in {}{advice}", self.driver, self.place);
        Problem::error(self.driver_origin.clone(), Some(format!("{}.driver", self.path)), message)
    }

    pub(crate) fn open(config: &Config, stored: &Stored) -> Result<Self, Vec<Problem>> {
        match Self::assemble(config, stored) {
            (Some(connection), problems) if problems.is_empty() => Ok(connection),
            (_, problems) => Err(problems),
        }
    }

    /// The connection, also when its settings are wrong, and what is wrong with them. There is none without a
    /// driver.
    pub(crate) fn assemble(config: &Config, stored: &Stored) -> (Option<Self>, Vec<Problem>) {
        let table = effective(config, stored);
        let path = format!("connections.{}", stored.name);
        let place = match stored.origin {
            Origin::File { .. } => format!("[{path}]"),
            _ => format!("connection `{}`", stored.name),
        };
        let mut problems = twice(&table, &path, &place);

        let node = |keep: &dyn Fn(&str) -> bool| {
            let origin = stored.origin.clone();
            Node { value: Value::Table(table.filtered(keep)), origin }
        };
        let nothing = |_: &str| -> &'static [&'static str] { &[] };
        let scope = Scope { path: &path, label: &place, also: &[], variables: &nothing };

        let keys = node(&|key| RESERVED.contains(&key) && key != "driver");
        let settings = read::<Keys>(&keys, &config.resolver, &scope);
        let settings = settings.map_err(|mut more| problems.append(&mut more)).unwrap_or_default();

        let driver = match read::<DriverKey>(&node(&|key| key == "driver"), &config.resolver, &scope) {
            Ok(key) => key.driver,
            Err(mut more) => {
                problems.append(&mut more);
                return (None, problems);
            }
        };
        let connection = Self {
            name: stored.name.clone(),
            driver_origin: table.entry("driver").map_or(Origin::BuiltIn, |entry| entry.node.origin.clone()),
            settings: settings.into(),
            keys: node(&|key| !RESERVED.contains(&key)),
            place,
            driver,
            path,
            resolver: config.resolver.clone(),
            vendor: stored.vendor.clone(),
        };
        (Some(connection), problems)
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        let variables = |key: &str| -> &'static [&'static str] {
            self.vendor.as_ref().map_or(&[], |vendor| vendor.names_of(key))
        };
        let label = format!("{} (driver {})", self.place, self.driver);
        let scope = Scope { path: &self.path, label: &label, also: &RESERVED, variables: &variables };
        read(&self.keys, &self.resolver, &scope)
    }
}

#[derive(serde::Deserialize)]
struct DriverKey {
    driver: String,
}

/// The connection's table with the settings of all connections filled in.
pub(crate) fn effective(config: &Config, stored: &Stored) -> Table {
    let mut table = stored.table.clone();
    overlay(&mut table, &config.general.filtered(|key| SHARED.contains(&key)), &GROUPS);
    table
}

fn twice(table: &Table, path: &str, place: &str) -> Vec<Problem> {
    let both = |(flat, nested): &(&str, [&str; 2])| {
        let (flat, nested) = (table.entry(flat)?, table.at(nested).map(|_| nested.join("."))?);
        let message = format!("`{}` and `{nested}` of {place} mean the same: keep one", flat.key);
        Some(Problem::error(flat.origin.clone(), Some(format!("{path}.{}", flat.key)), message))
    };
    ALIASES.iter().filter_map(both).collect()
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.name)
            .field("driver", &self.driver)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
