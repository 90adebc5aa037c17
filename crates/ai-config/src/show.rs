//! The configuration for people, without its secrets.

use std::fmt;

use crate::Origin;
use crate::config::Config;
use crate::connection::effective;
use crate::environment::{Environment, Resolver, Variable};
use crate::secrets::{is_secret, masked};
use crate::tree::{Entry, Node, Reference, Table, Value};

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
    /// Every value that is in effect, and where it comes from. Values that may be secrets are masked; what a
    /// variable or file of a reference holds is not shown.
    pub fn show(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        let defaults = self.general.filtered(|key| key == "default" || key == "default_model");
        table(&defaults, "", false, &self.resolver, &mut shown);
        for stored in &self.connections {
            let path = format!("connections.{}", stored.name);
            table(&effective(self, stored), &path, false, &self.resolver, &mut shown);
        }
        shown
    }
}

fn table(of: &Table, path: &str, secret: bool, resolver: &Resolver, into: &mut Vec<Shown>) {
    for Entry { key, node, .. } in &of.entries {
        let secret = secret || is_secret(key);
        let key = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match &node.value {
            Value::Table(inner) if node.as_reference().is_none() => {
                table(inner, &key, secret, resolver, into)
            }
            _ => {
                let value = value(node, secret, resolver);
                into.push(Shown { key, value, origin: node.origin.clone() });
            }
        }
    }
}

fn value(node: &Node, secret: bool, resolver: &Resolver) -> String {
    match (&node.value, node.as_reference()) {
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
            let mut shown = Vec::new();
            table(inner, "", secret, resolver, &mut shown);
            let shown: Vec<_> = shown.iter().map(|it| format!("{} = {}", it.key, it.value)).collect();
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
