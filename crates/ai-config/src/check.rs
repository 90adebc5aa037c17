//! Everything that is wrong, at once.

use laravel_ai_core::Driver;

use crate::config::{Config, unknown_at_top};
use crate::environment::Resolver;
use crate::read::{Scope, read};
use crate::settings::{Keys, SHARED};
use crate::tree::{Node, Value};
use crate::{Connection, Origin, Problem, Problems};

/// A driver that the application has, for [`Config::check`].
#[derive(Clone, Copy, Debug)]
pub struct KnownDriver {
    name: &'static str,
    check: fn(&Connection) -> Vec<Problem>,
}

impl KnownDriver {
    /// The driver `D`, with the keys of its configuration.
    pub fn of<D: Driver>() -> Self {
        Self { name: D::NAME, check: Connection::check::<D::Config> }
    }

    /// The name by which configuration asks for it.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl Config {
    /// Everything that is wrong with the configuration, and what was passed over in reading the environment: the
    /// secrets of all connections are looked up, and nothing is sent.
    pub fn check(&self, drivers: &[KnownDriver]) -> Vec<Problem> {
        let mut problems: Vec<_> =
            self.notices.iter().cloned().chain(unknown_at_top(&self.general)).collect();
        problems.extend(self.wrong_for_all());
        for error in [self.database().err(), self.cache().err()].into_iter().flatten() {
            problems.extend(error.vendor::<Problems>().into_iter().flat_map(Problems::as_slice).cloned());
        }
        let seen: Vec<_> = problems.iter().map(|problem| problem.origin.clone()).collect();
        let names: Vec<_> = drivers.iter().map(KnownDriver::name).collect();
        for stored in &self.connections {
            let (connection, settings) = Connection::assemble(self, stored);
            // What is wrong for all connections is said once, above.
            problems.extend(settings.into_iter().filter(|problem| !seen.contains(&problem.origin)));
            let Some(connection) = connection else { continue };
            match drivers.iter().find(|driver| driver.name == connection.driver()) {
                Some(driver) => problems.extend((driver.check)(&connection)),
                None => problems.push(connection.unknown_driver_problem(&names)),
            }
        }
        if !self.connections.is_empty()
            && self.names_a_default()
            && let Err(error) = self.default_connection()
        {
            // What is wrong with the connection itself has been said.
            if error.vendor::<Problems>().is_none() {
                problems.push(Problem::error(Origin::BuiltIn, None, error.message().to_owned()));
            }
        }
        problems.extend(self.contradiction());
        problems
    }

    fn names_a_default(&self) -> bool {
        self.general.entry("default").is_some() || self.general.entry("default_model").is_some()
    }

    fn wrong_for_all(&self) -> Vec<Problem> {
        let table = self.general.filtered(|key| SHARED.contains(&key));
        let nothing = |_: &str| -> &'static [&'static str] { &[] };
        let scope = Scope { path: "", label: "the top level", also: &[], variables: &nothing };
        let node = Node { value: Value::Table(table), origin: Origin::BuiltIn };
        let resolver: &Resolver = &self.resolver;
        read::<Keys>(&node, resolver, &scope).err().unwrap_or_default()
    }
}
