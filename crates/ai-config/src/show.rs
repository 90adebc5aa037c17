//! The configuration for people, without its secrets.

use std::fmt;

use crate::config::Config;
use crate::connection::effective;
use crate::environment::{Environment, Resolver, Variable, is_name};
use crate::general::{CACHE, DATABASE};
use crate::secrets::{is_secret, masked};
use crate::tree::{Entry, Node, Reference, Table, Value};
use crate::{KnownDriver, Origin, Severity};

/// One value that is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// The dotted key, such as `connections.work.api_key`.
    pub key: String,
    /// The value as TOML, a secret masked. A reference says whether there is something behind it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}  # {}", self.key, self.value, self.origin)
    }
}

impl Config {
    /// Every value that is in effect, and where it comes from. Values that may be secrets are masked, and those of
    /// keys that [`check`](Self::check) finds wrong too, since a secret may stand under a misspelt name; what a
    /// variable or file of a reference holds is not shown.
    pub fn show(&self, drivers: &[KnownDriver]) -> Vec<Shown> {
        let wrong = self.check(drivers).into_iter().filter(|problem| problem.severity == Severity::Error);
        let wrong: Vec<_> = wrong.map(|problem| problem.origin).collect();
        let mut view = View { resolver: &self.resolver, wrong: &[], shown: Vec::new() };
        let shown = ["default", "default_model", DATABASE, CACHE];
        view.table(&self.general.filtered(|key| shown.contains(&key)), "", false);
        view.wrong = &wrong;
        for stored in &self.connections {
            view.table(&effective(self, stored), &format!("connections.{}", stored.name), false);
        }
        view.shown
    }
}

struct View<'a> {
    resolver: &'a Resolver,
    /// Where something is wrong.
    wrong: &'a [Origin],
    shown: Vec<Shown>,
}

impl View<'_> {
    fn table(&mut self, of: &Table, path: &str, secret: bool) {
        for Entry { key, origin, node } in &of.entries {
            let secret = secret || is_secret(key) || self.may_be_misplaced(key, [origin, &node.origin]);
            let key = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match &node.value {
                Value::Table(inner) if node.as_reference().is_none() => self.table(inner, &key, secret),
                _ => {
                    let value = value(node, secret, self.resolver);
                    self.shown.push(Shown { key, value, origin: node.origin.clone() });
                }
            }
        }
    }

    /// What a driver is called is never a secret, and what it is called wrongly is worth seeing.
    fn may_be_misplaced(&self, key: &str, places: [&Origin; 2]) -> bool {
        key != "driver" && places.iter().any(|at| **at != Origin::BuiltIn && self.wrong.contains(at))
    }
}

fn value(node: &Node, secret: bool, resolver: &Resolver) -> String {
    match (&node.value, node.as_reference()) {
        (_, Some(Reference::Variable(name))) if !is_name(name) => {
            "{ env = \"***\" } (no name of a variable)".into()
        }
        (_, Some(Reference::Variable(name))) => {
            format!("{{ env = {name:?} }} ({})", state(&resolver.environment, name))
        }
        (_, Some(reference @ Reference::File(path))) => {
            let state = if resolver.resolve(reference).is_ok() { "readable" } else { "not readable" };
            format!("{{ file = {path:?} }} ({state})")
        }
        (Value::String(text), None) => format!("{:?}", masked(text, secret)),
        (Value::Datetime(text), None) => text.clone(),
        (Value::Integer(_) | Value::Float(_) | Value::Boolean(_), None) if secret => "\"***\"".into(),
        (Value::Integer(number), None) => number.to_string(),
        (Value::Float(number), None) => format!("{number:?}"),
        (Value::Boolean(flag), None) => flag.to_string(),
        (Value::Array(items), None) => {
            let items: Vec<_> = items.iter().map(|item| value(item, secret, resolver)).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::Table(inner), None) => {
            let mut view = View { resolver, wrong: &[], shown: Vec::new() };
            view.table(inner, "", secret);
            let shown: Vec<_> = view.shown.iter().map(|it| format!("{} = {}", it.key, it.value)).collect();
            format!("{{ {} }}", shown.join(", "))
        }
    }
}

fn state(environment: &Environment, name: &str) -> &'static str {
    match environment.variable(name) {
        Variable::Text(_) => "set",
        Variable::Blank => "empty",
        Variable::NotUnicode => "not Unicode text",
        Variable::Missing => "not set",
    }
}
