#![allow(missing_docs, reason = "tests")]

#[macro_use]
mod support;

mod conversations;
mod database;
mod ledger;
