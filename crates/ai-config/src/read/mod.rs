//! From the tree to a type, with every problem found on the way.

mod access;
mod deserializer;
mod fault;

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use self::deserializer::Reader;
use self::fault::{Cause, Fault};
use crate::environment::Resolver;
use crate::nearest::advice;
use crate::secrets::{is_secret, masked};
use crate::tree::{Node, Value};
use crate::{Origin, Problem};

/// What is being read, for the words of a problem.
pub(crate) struct Scope<'a> {
    /// The dotted path of the table, such as `connections.work`.
    pub(crate) path: &'a str,
    /// How to call it, such as `[connections.work] (driver openai)`.
    pub(crate) label: &'a str,
    /// Keys that the table may hold too, but that are read by someone else.
    pub(crate) also: &'a [&'a str],
    /// The environment variables that could give a key.
    pub(crate) variables: &'a dyn Fn(&str) -> &'static [&'static str],
}

impl Scope<'_> {
    fn key(&self, below: &str) -> String {
        let separator = if self.path.is_empty() || below.is_empty() { "" } else { "." };
        format!("{}{separator}{below}", self.path)
    }
}

/// What one pass of reading shares.
struct Session<'a> {
    resolver: &'a Resolver,
    scope: &'a Scope<'a>,
    /// Paths that a pass before could not read. Without them the rest can be looked at.
    skipped: BTreeSet<String>,
    unknown: RefCell<Vec<Problem>>,
}

/// Reads `node`, a table. There is a value exactly when there are no problems.
pub(crate) fn read<T: DeserializeOwned>(
    node: &Node,
    resolver: &Resolver,
    scope: &Scope<'_>,
) -> Result<T, Vec<Problem>> {
    let mut session = Session { resolver, scope, skipped: BTreeSet::new(), unknown: RefCell::default() };
    let mut problems = Vec::new();
    let value = loop {
        session.unknown.borrow_mut().clear();
        let fault = match T::deserialize(Reader::root(node, &session)) {
            Ok(value) => break Some(value),
            Err(fault) => fault,
        };
        if let Cause::Missing(key) = fault.cause
            && session.skipped.contains(&fault.child(key))
        {
            break None;
        }
        let path = fault.path().to_owned();
        let again = !path.is_empty() && !matches!(fault.cause, Cause::Missing(_));
        problems.push(problem(fault, node, &session));
        if !again || !session.skipped.insert(path) {
            break None;
        }
    };
    let mut all = session.unknown.into_inner();
    all.append(&mut problems);
    match value {
        Some(value) if all.is_empty() => Ok(value),
        _ => Err(all),
    }
}

fn problem(fault: Fault, root: &Node, session: &Session<'_>) -> Problem {
    let scope = session.scope;
    let path = fault.path().to_owned();
    let mut origin = fault.origin().unwrap_or(&root.origin).clone();
    let (key, message) = match fault.cause {
        Cause::Missing(key) => {
            let path = fault.child(key);
            (path.clone(), format!("missing key `{path}` in {}{}", scope.label, how_to_give(key, scope)))
        }
        Cause::Unknown(ref name, expected) => {
            origin = fault.at(name).unwrap_or(origin);
            (fault.child(name), unknown(name, &path, expected, scope))
        }
        Cause::Other(ref message) if path.is_empty() => (path, format!("{}: {message}", scope.label)),
        Cause::Other(ref message) => {
            let message = format!("`{path}` in {}: {message}", scope.label);
            (path, message)
        }
    };
    Problem::error(origin, Some(scope.key(&key)), without_secrets(message, root, session))
}

fn unknown(name: &str, path: &str, expected: &[&str], scope: &Scope<'_>) -> String {
    let table = match path {
        "" => scope.label.to_owned(),
        path => format!("`{path}` of {}", scope.label),
    };
    let also = if path.is_empty() { scope.also } else { &[] };
    let all: Vec<_> = expected.iter().chain(also).copied().collect();
    format!("unknown key `{name}` in {table}{}", advice(name, &all, "it takes"))
}

fn how_to_give(key: &str, scope: &Scope<'_>) -> String {
    let variables = (scope.variables)(key);
    match variables.first() {
        Some(name) => format!(": set it, or the environment variable {name}"),
        None if is_secret(key) => format!(": write `{key} = {{ env = \"NAME_OF_A_VARIABLE\" }}`"),
        None => String::new(),
    }
}

/// A driver's own message may repeat the value that it does not like.
fn without_secrets(mut message: String, root: &Node, session: &Session<'_>) -> String {
    let mut secrets = Vec::new();
    collect_secrets(root, false, session.resolver, &mut secrets);
    for secret in secrets {
        // A secret of three letters is none, and would blank out half the words.
        if secret.len() > 3 {
            message = message.replace(&secret, "***");
        }
    }
    message
}

fn collect_secrets(node: &Node, secret: bool, resolver: &Resolver, into: &mut Vec<String>) {
    // The name of a variable or file is no secret, what it holds may be.
    if let Some(reference) = node.as_reference() {
        return into.extend(resolver.resolve(reference));
    }
    match &node.value {
        Value::String(text) if secret || masked(text, false) != *text => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_secrets(item, secret, resolver, into)),
        Value::Table(table) => table.entries.iter().for_each(|entry| {
            collect_secrets(&entry.node, secret || is_secret(&entry.key), resolver, into);
        }),
        _ => {}
    }
}

impl Session<'_> {
    fn is_skipped(&self, path: &str) -> bool {
        self.skipped.contains(path)
    }

    fn unknown(&self, name: &str, path: &str, origin: &Origin, expected: &[&str]) {
        let key = self.scope.key(&if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") });
        let message = unknown(name, path, expected, self.scope);
        self.unknown.borrow_mut().push(Problem::error(origin.clone(), Some(key), message));
    }
}
