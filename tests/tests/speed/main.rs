//! What a call and a chunk cost, in allocations and instructions: counts repeat where times don't, so they are held here to
//! committed numbers. `cargo xtask bench` measures the rest.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod instructions;
mod numbers;
mod work;

use std::collections::BTreeMap;

use crate::numbers::{Numbers, TOLERANCE};
use crate::work::Work;

/// Builds of a developer, with the law of streams checked: the numbers are larger than a program's, and only their change matters.
#[test]
fn no_call_and_no_chunk_costs_more_than_it_did() {
    let allocations = Work::all().map(|work| (work.name(), work.allocations())).collect();
    let instructions = match instructions::valgrind() {
        Ok(()) => Work::all().map(|work| (work.name(), instructions::of(work))).collect(),
        Err(why) => {
            println!("skipped: instructions, because {why}");
            BTreeMap::new()
        }
    };
    let now = Numbers { allocations, instructions };
    if numbers::is_blessing() {
        return now.save();
    }
    let findings = Numbers::committed().compare(&now);
    assert!(
        findings.is_empty(),
        "{}\nmore than {TOLERANCE} times what is committed; if that is meant: `cargo xtask bench --bless`",
        findings.join("\n")
    );
}

#[test]
fn only_a_tenth_is_tolerated() {
    let numbers = |calls: f64| Numbers {
        allocations: BTreeMap::from([("call".to_owned(), calls)]),
        instructions: BTreeMap::new(),
    };
    assert!(numbers(100.0).compare(&numbers(109.0)).is_empty());
    assert!(numbers(100.0).compare(&numbers(50.0)).is_empty());
    assert_eq!(numbers(100.0).compare(&numbers(111.0)), ["allocations of call: 111.00, it was 100.00"]);
    // Measured and not committed, or the other way round.
    assert_eq!(Numbers::default().compare(&numbers(1.0)).len(), 1);
    assert_eq!(numbers(1.0).compare(&Numbers::default()).len(), 1);
}
