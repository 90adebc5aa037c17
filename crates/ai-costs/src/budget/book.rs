//! Budgets as a store outside of the process keeps them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use laravel_ai_core::{AttemptId, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::state::{Line, Reservation, Stage, State};
use super::{Ask, Budget, BudgetStatus, Closing, Grant, Settlement};

/// A page of the books: those accounts that one operation touches, read from a store under its lock, changed by the same
/// rules as [`MemoryBudgets`](super::MemoryBudgets), and written back. For who implements [`Budgets`](super::Budgets) on a database; no part
/// of the promise of this crate.
///
/// Accounts and reservations are texts to a store (JSON), named by texts.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Book {
    state: State,
    /// As they were read, to know what was changed.
    read: BTreeMap<String, String>,
}

/// An account by its name.
#[derive(Debug, Serialize, Deserialize)]
struct Named {
    line: Line,
    account: Account,
}

impl Book {
    /// A page about these budgets, each with the generation of its accounts.
    pub fn of(budgets: impl IntoIterator<Item = (Budget, u64)>) -> Self {
        let mut book = Self::default();
        for (budget, generation) in budgets {
            book.state.insert(budget, generation);
        }
        book
    }

    /// Sets a budget. Its generation, which is a new one where its accounts begin anew.
    ///
    /// # Errors
    /// As [`Budgets::define`](super::Budgets::define).
    pub fn define(&mut self, budget: Budget, new: u64) -> Result<u64> {
        let name = budget.name.clone();
        self.state.define_as(budget, new)?;
        Ok(self.state.generation(&name).unwrap_or(new))
    }

    /// The names of the accounts that a call is counted in, sorted.
    pub fn accounts_of(&self, ask: &Ask) -> Vec<String> {
        sorted(self.state.lines(ask).iter().map(name))
    }

    /// The names of the accounts that a reservation is counted in, sorted.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn accounts_of_reservation(text: &str) -> Result<Vec<String>> {
        let reservation: Reservation = parse(text)?;
        Ok(sorted(reservation.lines().iter().map(name)))
    }

    /// An account as it was kept.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn add_account(&mut self, text: &str) -> Result<()> {
        let Named { line, account } = parse(text)?;
        self.read.insert(name(&line), text.to_owned());
        self.state.insert_account(line, account);
        Ok(())
    }

    /// A reservation as it was kept.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn add_reservation(&mut self, attempt: AttemptId, text: &str) -> Result<()> {
        self.state.insert_reservation(attempt, parse(text)?);
        Ok(())
    }

    /// As [`Budgets::reserve`](super::Budgets::reserve).
    ///
    /// # Errors
    /// The same.
    pub fn reserve(&mut self, ask: &Ask) -> Result<Grant> {
        self.state.reserve(ask)
    }

    /// As [`Budgets::settle`](super::Budgets::settle), without the row.
    ///
    /// # Errors
    /// The same.
    pub fn settle(&mut self, closing: &Closing) -> Result<Settlement> {
        self.state.settle(closing)
    }

    /// Gives back what lapsed reservations hold.
    pub fn lapse(&mut self, at: SystemTime) {
        self.state.lapse(at);
    }

    /// Forgets what is spent in every account that was read of this budget.
    pub fn reset(&mut self, name: &str) {
        self.state.reset(name);
    }

    /// How the accounts that were read stand.
    pub fn status(&mut self, at: SystemTime) -> Vec<BudgetStatus> {
        self.state.status(at)
    }

    /// A reservation as it is to be kept, whether it is open, and when it ends.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn reservation(&self, attempt: AttemptId) -> Result<Option<(String, bool, SystemTime)>> {
        let Some(reservation) = self.state.reservation(attempt) else { return Ok(None) };
        let open = reservation.stage() == Stage::Open;
        Ok(Some((write(reservation)?, open, reservation.expires())))
    }

    /// The accounts that are not as they were read: name, budget, text.
    ///
    /// # Errors
    /// When one can't be written.
    pub fn changed(&self) -> Result<Vec<(String, String, String)>> {
        let mut changed = Vec::new();
        for (line, account) in self.state.accounts() {
            let (name, budget) = (name(&line), line.budget.clone());
            let text = write(&Named { line, account: account.clone() })?;
            if self.read.get(&name) != Some(&text) {
                changed.push((name, budget, text));
            }
        }
        changed.sort();
        Ok(changed)
    }

    /// The names of accounts that were read and are over, which may be forgotten.
    pub fn over(&mut self, at: SystemTime) -> Vec<String> {
        sorted(self.state.over(at).iter().map(name))
    }
}

/// The one name of an account.
fn name(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|_| Error::new(ErrorKind::Storage, "what is kept of a budget can't be read"))
}

fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| Error::new(ErrorKind::Storage, "a budget can't be written as JSON"))
}
