//! All that is known, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use laravel_ai_core::{AttemptId, Error, ErrorKind, Money, Result, RunId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::{
    Ask, Budget, BudgetStatus, Closing, Exceeded, Grant, Mode, Settled, Settlement, ThresholdReached,
    UnknownPrice,
};

/// For how long a reservation that was given back is still known, so that it can be closed late.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// After so many reservations, accounts that are over are looked for.
const SWEEP: u32 = 1024;

#[derive(Debug, Default)]
pub(super) struct State {
    budgets: BTreeMap<String, Entry>,
    reservations: HashMap<AttemptId, Reservation>,
    /// When something of a reservation ends.
    ends: BTreeSet<(SystemTime, AttemptId)>,
    generations: u64,
    since_sweep: u32,
}

#[derive(Debug)]
struct Entry {
    budget: Budget,
    /// A reservation in an earlier budget of this name is no business of this one.
    generation: u64,
    accounts: HashMap<Key, Account>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    subject: String,
    period: (Option<RunId>, Option<SystemTime>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reservation {
    grant: Grant,
    at: SystemTime,
    lines: Vec<Line>,
    stage: Stage,
}

/// Where a reservation is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) budget: String,
    pub(super) generation: u64,
    pub(super) key: Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Open,
    /// Its life is over, and what it reserved was given back.
    Lapsed,
    Closed,
}

impl State {
    pub(super) fn define(&mut self, budget: Budget) -> Result<()> {
        self.generations += 1;
        self.define_as(budget, self.generations)
    }

    /// The same, of this generation where the accounts begin anew.
    pub(super) fn define_as(&mut self, budget: Budget, new: u64) -> Result<()> {
        budget.validate()?;
        match self.budgets.get_mut(&budget.name) {
            Some(entry) if entry.budget.limit.currency != budget.limit.currency => {
                let message = format!(
                    "the budget `{}` is kept in {}: remove it before it is kept in {}",
                    budget.name.escape_debug(),
                    entry.budget.limit.currency,
                    budget.limit.currency
                );
                Err(Error::new(ErrorKind::Configuration, message))
            }
            Some(entry) => {
                let before = &entry.budget;
                let same = before.scope == budget.scope
                    && before.period == budget.period
                    && before.zone == budget.zone;
                if !same {
                    entry.accounts.clear();
                    entry.generation = new;
                }
                entry.budget = budget;
                Ok(())
            }
            None => {
                let entry = Entry { generation: new, accounts: HashMap::new(), budget };
                self.budgets.insert(entry.budget.name.clone(), entry);
                Ok(())
            }
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.budgets.remove(name).is_some()
    }

    pub(super) fn reset(&mut self, name: &str) -> bool {
        let found = self.budgets.get_mut(name);
        found.map(|entry| entry.accounts.values_mut().for_each(Account::reset)).is_some()
    }

    pub(super) fn list(&self) -> Vec<Budget> {
        self.budgets.values().map(|entry| entry.budget.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.budgets.len()
    }

    pub(super) fn status(&mut self, at: SystemTime) -> Vec<BudgetStatus> {
        self.lapse(at);
        let mut all = Vec::new();
        for (name, entry) in &mut self.budgets {
            let Entry { budget, accounts, .. } = entry;
            let current = accounts.iter_mut().filter(|(_, account)| account.is_current(at));
            let mut states: Vec<_> = current
                .map(|(key, account)| {
                    let window = budget.period.window(at, &budget.zone);
                    let mut status = BudgetStatus::new(name, &key.subject, window, budget.limit);
                    status.spent = account.spent(budget.period, at);
                    status.reserved = account.reserved;
                    status.unpriced = account.unpriced;
                    status
                })
                .collect();
            states.sort_by(|a, b| a.subject.cmp(&b.subject));
            all.extend(states);
        }
        all
    }

    pub(super) fn reserve(&mut self, ask: &Ask) -> Result<Grant> {
        self.lapse(ask.at);
        self.sweep(ask.at);
        if let Some(known) = self.reservations.get(&ask.attempt) {
            return match known.stage {
                Stage::Open => Ok(known.grant.clone()),
                _ => Err(invalid(format!("the reservation of the attempt {} is over", ask.attempt))),
            };
        }
        let (amount, lines) = self.granted(ask)?;
        let counted = amount.map_or(Decimal::ZERO, |money| money.amount);
        for line in &lines {
            if let Some((_, account)) = find(&mut self.budgets, line, ask.at) {
                account.reserve(counted, ask.at);
            }
        }
        let expires = ask.at.checked_add(ask.lease).unwrap_or(ask.at);
        let budgets = lines.iter().map(|line| line.budget.clone()).collect();
        let grant = Grant::new(ask.attempt, amount, budgets, expires);
        self.ends.insert((expires, ask.attempt));
        let reservation = Reservation { grant: grant.clone(), at: ask.at, lines, stage: Stage::Open };
        self.reservations.insert(ask.attempt, reservation);
        Ok(grant)
    }

    /// How much every budget that covers the call has for it, and where that is to be counted.
    fn granted(&mut self, ask: &Ask) -> Result<(Option<Money>, Vec<Line>)> {
        let least = match (ask.most, ask.least) {
            (Some(most), Some(least)) if least.currency != most.currency => {
                return Err(invalid("a call asks for two currencies".to_owned()));
            }
            (Some(most), least) => Some(least.map_or(most.amount, |least| least.amount.min(most.amount))),
            (None, _) => None,
        };
        if ask.most.is_some_and(|most| most.amount < Decimal::ZERO) {
            return Err(negative());
        }
        let mut lines = Vec::new();
        let mut granted = ask.most.map(|most| most.amount);
        let mut tightest: Option<(Decimal, Exceeded)> = None;
        for (name, entry) in &mut self.budgets {
            let Entry { budget, accounts, generation } = entry;
            let Some(subject) = budget.scope.subject(&ask.target, &ask.labels) else { continue };
            let hard = budget.mode == Mode::Hard;
            if let Some(most) = ask.most.filter(|most| most.currency != budget.limit.currency) {
                if most.amount.is_zero() || !hard {
                    continue;
                }
                let message = format!(
                    "the budget `{}` is kept in {}, and the call to {} costs {}: nothing is converted",
                    name.escape_debug(),
                    budget.limit.currency,
                    ask.target,
                    most.currency
                );
                return Err(Error::new(ErrorKind::Configuration, message).with_possibly_billed(false));
            }
            let window = budget.period.window(ask.at, &budget.zone);
            let key = Key { period: budget.period.key(window, ask.run), subject };
            let line = Line { budget: name.clone(), generation: *generation, key };
            // Looking makes no account: one of a refused call would stay for nothing.
            let mut empty = Account::new(window, ask.at);
            let account = accounts.get_mut(&line.key).unwrap_or(&mut empty);
            let spent = account.spent(budget.period, ask.at);
            let left = budget.limit.amount.saturating_sub(spent).saturating_sub(account.reserved);
            let fits = match least {
                Some(least) => least.is_zero() && granted.is_some_and(|most| most.is_zero()) || least <= left,
                None => budget.unknown_price == UnknownPrice::Allow && left >= Decimal::ZERO,
            };
            if hard && !fits && tightest.as_ref().is_none_or(|(other, _)| left < *other) {
                let mut exceeded = Exceeded::new(budget, &line.key.subject);
                // Where an unknown price may pass, it is what was spent that is in the way.
                let least = least.or((budget.unknown_price == UnknownPrice::Allow).then_some(Decimal::ZERO));
                (exceeded.spent, exceeded.reserved, exceeded.asked) = (spent, account.reserved, least);
                exceeded.resets = least.and_then(|needed| account.resets(budget, needed, ask.at));
                tightest = Some((left, exceeded));
            }
            if hard {
                granted = granted.map(|most| most.min(left.max(Decimal::ZERO)));
            }
            lines.push(line);
        }
        match tightest {
            Some((_, exceeded)) => Err(exceeded.into_error()),
            None => {
                Ok((ask.most.zip(granted).map(|(most, amount)| Money::new(amount, most.currency)), lines))
            }
        }
    }

    pub(super) fn settle(&mut self, closing: &Closing) -> Result<Settlement> {
        if matches!(closing.settled, Settled::Spent(money) if money.amount < Decimal::ZERO) {
            return Err(negative());
        }
        self.lapse(closing.at);
        let unknown = || invalid(format!("there is no reservation of the attempt {}", closing.attempt));
        let reservation = self.reservations.get_mut(&closing.attempt).ok_or_else(unknown)?;
        let mut settlement = Settlement::default();
        if reservation.stage == Stage::Closed {
            settlement.repeated = true;
            return Ok(settlement);
        }
        let reserved = reservation.grant.amount;
        let spent = match closing.settled {
            Settled::Spent(money) if reserved.is_some_and(|reserved| reserved.currency != money.currency) => {
                settlement.foreign = true;
                reserved
            }
            Settled::Spent(money) => Some(money),
            Settled::AsReserved => reserved,
            Settled::Released => None,
        };
        let held = reserved.map_or(Decimal::ZERO, |money| money.amount);
        if let Some(over) =
            spent.map(|money| money.amount.saturating_sub(held)).filter(|over| *over > Decimal::ZERO)
        {
            settlement.overrun = reserved.map(|money| Money::new(over, money.currency));
        }
        let open = reservation.stage == Stage::Open;
        settlement.late = !open && closing.settled != Settled::Released;
        reservation.stage = Stage::Closed;
        for line in &reservation.lines {
            let Some((budget, account)) = find(&mut self.budgets, line, closing.at) else { continue };
            if open {
                account.give_back(held);
            }
            match spent {
                Some(money) if money.currency == budget.limit.currency => {
                    account.spend(money.amount, budget, reservation.at, closing.at);
                }
                // Its price was unknown when it was let pass, or is in money that this budget does not know.
                _ if closing.settled != Settled::Released => account.unpriced += 1,
                _ => {}
            }
            let (_, start) = line.key.period;
            for percent in account.reached(budget, closing.at) {
                let spent = Money::new(account.spent(budget.period, closing.at), budget.limit.currency);
                settlement.reached.push(ThresholdReached::new(
                    &line.budget,
                    &line.key.subject,
                    percent,
                    budget.limit,
                    spent,
                    budget.period.window(start.unwrap_or(closing.at), &budget.zone),
                ));
            }
        }
        Ok(settlement)
    }

    /// Gives back what was reserved by calls that were never closed, and forgets what is long over.
    pub(super) fn lapse(&mut self, at: SystemTime) {
        while let Some((end, attempt)) = self.ends.first().copied()
            && end <= at
        {
            self.ends.pop_first();
            let Some(reservation) = self.reservations.get_mut(&attempt) else { continue };
            if reservation.stage != Stage::Open {
                self.reservations.remove(&attempt);
                continue;
            }
            reservation.stage = Stage::Lapsed;
            let held = reservation.grant.amount.map_or(Decimal::ZERO, |money| money.amount);
            for line in &reservation.lines {
                if let Some((_, account)) = find(&mut self.budgets, line, at) {
                    account.give_back(held);
                }
            }
            if let Some(forgotten) = end.checked_add(REMEMBERED) {
                self.ends.insert((forgotten, attempt));
            }
        }
    }

    fn sweep(&mut self, at: SystemTime) {
        self.since_sweep += 1;
        if self.since_sweep >= SWEEP {
            self.since_sweep = 0;
            for entry in self.budgets.values_mut() {
                let period = entry.budget.period;
                entry.accounts.retain(|_, account| !account.is_over(period, at));
            }
        }
    }
}

/// The account of a line, made where there is none; `None` when its budget is gone.
fn find<'a>(
    budgets: &'a mut BTreeMap<String, Entry>,
    line: &Line,
    at: SystemTime,
) -> Option<(&'a Budget, &'a mut Account)> {
    let entry = budgets.get_mut(&line.budget).filter(|entry| entry.generation == line.generation)?;
    let budget = &entry.budget;
    let (_, start) = line.key.period;
    let made = || Account::new(budget.period.window(start.unwrap_or(at), &budget.zone), at);
    Some((budget, entry.accounts.entry(line.key.clone()).or_insert_with(made)))
}

fn negative() -> Error {
    invalid("a call can't cost less than nothing".to_owned())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// What a [`Book`](super::Book) reads and writes.
impl State {
    pub(super) fn insert(&mut self, budget: Budget, generation: u64) {
        let entry = Entry { generation, accounts: HashMap::new(), budget };
        self.budgets.insert(entry.budget.name.clone(), entry);
    }

    pub(super) fn generation(&self, name: &str) -> Option<u64> {
        self.budgets.get(name).map(|entry| entry.generation)
    }

    /// Where a call would be counted.
    pub(super) fn lines(&self, ask: &Ask) -> Vec<Line> {
        let line = |(name, entry): (&String, &Entry)| {
            let Entry { budget, generation, .. } = entry;
            let subject = budget.scope.subject(&ask.target, &ask.labels)?;
            let window = budget.period.window(ask.at, &budget.zone);
            let key = Key { period: budget.period.key(window, ask.run), subject };
            Some(Line { budget: name.clone(), generation: *generation, key })
        };
        self.budgets.iter().filter_map(line).collect()
    }

    /// One of an earlier generation is nobody's any more, and left out.
    pub(super) fn insert_account(&mut self, line: Line, account: Account) {
        let entry = self.budgets.get_mut(&line.budget).filter(|entry| entry.generation == line.generation);
        if let Some(entry) = entry {
            entry.accounts.insert(line.key, account);
        }
    }

    pub(super) fn insert_reservation(&mut self, attempt: AttemptId, reservation: Reservation) {
        let end = match reservation.stage {
            Stage::Open => Some(reservation.expires()),
            _ => reservation.expires().checked_add(REMEMBERED),
        };
        self.ends.extend(end.map(|end| (end, attempt)));
        self.reservations.insert(attempt, reservation);
    }

    pub(super) fn reservation(&self, attempt: AttemptId) -> Option<&Reservation> {
        self.reservations.get(&attempt)
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = (Line, &Account)> {
        self.budgets.iter().flat_map(|(name, entry)| {
            entry.accounts.iter().map(move |(key, account)| {
                (Line { budget: name.clone(), generation: entry.generation, key: key.clone() }, account)
            })
        })
    }

    /// Accounts that are over.
    pub(super) fn over(&mut self, at: SystemTime) -> Vec<Line> {
        let mut over = Vec::new();
        for (name, entry) in &mut self.budgets {
            let (period, generation) = (entry.budget.period, entry.generation);
            let ended = entry.accounts.iter_mut().filter_map(|(key, account)| {
                account.is_over(period, at).then(|| Line {
                    budget: name.clone(),
                    generation,
                    key: key.clone(),
                })
            });
            over.extend(ended);
        }
        over
    }
}

impl Reservation {
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(super) fn expires(&self) -> SystemTime {
        self.grant.expires
    }
}
