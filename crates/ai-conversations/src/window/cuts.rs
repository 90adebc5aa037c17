//! Where a history may be cut.

use laravel_ai_core::Message;

use crate::repair::Placed;

/// A history seen as what leaves it, in which order.
#[derive(Debug)]
pub(crate) struct Cuts {
    /// Groups of places that leave together, the first to leave first.
    pub(crate) groups: Vec<Vec<usize>>,
    /// How many messages of the question never leave, with what they can't be without.
    pub(crate) question: usize,
}

/// Why a message never leaves.
#[derive(Clone, Copy, PartialEq)]
enum Stays {
    No,
    /// It is an instruction or pinned, or what a pinned message can't be without.
    Always,
    /// It is going to be answered, or what that can't be without.
    Asked,
}

/// How `history` may be cut when the messages from the number `question` on are going to be answered.
pub(crate) fn cuts(history: &[Placed], question: u64) -> Cuts {
    let exchanges = exchanges(history);
    let mut stays = vec![Stays::No; history.len()];
    let mut current = exchanges.len().saturating_sub(1);
    for (at, exchange) in exchanges.iter().enumerate() {
        for unit in units(history, exchange.clone()) {
            let members = history.get(unit.clone()).unwrap_or_default();
            let asked = members.iter().flat_map(|it| &it.sequences).any(|it| *it >= question);
            let why = match members {
                _ if asked => Stays::Asked,
                [Placed { message: Message::System(_), .. }] => Stays::Always,
                _ if members.iter().any(|it| it.pinned) => Stays::Always,
                _ => continue,
            };
            if asked {
                current = current.min(at);
            }
            mark(&mut stays, unit.clone(), why);
            if !matches!(members, [Placed { message: Message::System(_), .. }]) {
                mark(&mut stays, lead(history, exchange.clone()), why);
            }
        }
    }
    let leaves = |place: &usize| stays.get(*place) == Some(&Stays::No);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, exchange) in exchanges.into_iter().enumerate() {
        match at < current {
            true => groups.push(exchange.filter(leaves).collect()),
            false => groups.extend(units(history, exchange).map(|unit| unit.filter(leaves).collect())),
        }
    }
    groups.retain(|group| !group.is_empty());
    let question = stays.iter().filter(|stays| **stays == Stays::Asked).count();
    Cuts { groups, question }
}

/// The places where exchanges begin: at what a user says after somebody else. The first begins the history.
pub(crate) fn beginnings(history: &[Placed]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut user_spoke = false;
    for (place, it) in history.iter().enumerate() {
        let begins = match &it.message {
            Message::System(_) => false,
            Message::User(_) => !std::mem::replace(&mut user_spoke, true),
            Message::Assistant(_) | Message::Tool(_) => {
                user_spoke = false;
                false
            }
        };
        if begins || place == 0 {
            places.push(place);
        }
    }
    places
}

fn exchanges(history: &[Placed]) -> Vec<std::ops::Range<usize>> {
    let begin = beginnings(history);
    let ends = begin.iter().skip(1).copied().chain([history.len()]);
    begin.iter().copied().zip(ends).map(|(begin, end)| begin..end).collect()
}

/// What the user said to begin the exchange.
fn lead(history: &[Placed], exchange: std::ops::Range<usize>) -> impl Iterator<Item = usize> + use<> {
    let members = history.get(exchange.clone()).unwrap_or_default();
    let of_user = |it: &&Placed| matches!(it.message, Message::User(_) | Message::System(_));
    let end = exchange.start + members.iter().take_while(of_user).count();
    exchange.start..end
}

/// What can't be parted: an answer with the results of its calls; everything else is by itself.
fn units(
    history: &[Placed],
    exchange: std::ops::Range<usize>,
) -> impl Iterator<Item = std::ops::Range<usize>> + use<'_> {
    let mut next = exchange.start;
    std::iter::from_fn(move || {
        let begin = next;
        let rest = history.get(begin..exchange.end).filter(|rest| !rest.is_empty())?;
        let results = rest.iter().skip(1).take_while(|it| matches!(it.message, Message::Tool(_))).count();
        next = begin + 1 + results;
        Some(begin..next)
    })
}

fn mark(stays: &mut [Stays], places: impl Iterator<Item = usize>, why: Stays) {
    for place in places {
        match stays.get_mut(place) {
            Some(stays) if *stays != Stays::Asked => *stays = why,
            _ => {}
        }
    }
}
