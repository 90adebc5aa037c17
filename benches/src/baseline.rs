//! What allocations may not get worse than.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::report::{Measure, Samples};
use crate::{Name, Scenario};

/// How much worse a ratio may be. Allocations repeat but for the sizes of reads.
const TOLERANCE: f64 = 1.10;

/// The library's allocations divided by the floor's, by scenario.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Baseline {
    allocations: BTreeMap<String, f64>,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline.json")
}

/// The scenarios whose ratio says something: framing makes no allocations to speak of.
fn ratio(samples: &Samples, scenario: Scenario) -> Option<f64> {
    let of_interest = scenario.is_counted() && scenario != Scenario::Framing;
    samples.ratio(Name::OURS, scenario, Measure::Allocations).filter(|_| of_interest)
}

pub(crate) fn save(samples: &Samples) -> Result<()> {
    let mut baseline = Baseline::default();
    for scenario in Scenario::ALL {
        if let Some(ratio) = ratio(samples, scenario) {
            baseline.allocations.insert(scenario.name().to_owned(), (ratio * 1_000.0).round() / 1_000.0);
        }
    }
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    print!("{text}");
    std::fs::write(path(), text).context("could not write baseline.json")
}

pub(crate) fn check(samples: &Samples, scenarios: &[Scenario]) -> Result<()> {
    let text = std::fs::read(path()).context("there is no baseline.json: make one with `--save`")?;
    let baseline: Baseline = serde_json::from_slice(&text).context("baseline.json can't be read")?;
    let findings =
        compare(&baseline, scenarios.iter().map(|scenario| (scenario.name(), ratio(samples, *scenario))));
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.is_empty() { Ok(()) } else { bail!("allocations got worse") }
}

fn compare<'a>(baseline: &Baseline, now: impl Iterator<Item = (&'a str, Option<f64>)>) -> Vec<String> {
    let mut findings = Vec::new();
    for (scenario, ratio) in now {
        match (baseline.allocations.get(scenario), ratio) {
            (Some(before), Some(now)) if now > before * TOLERANCE => {
                findings.push(format!("{scenario}: {now:.3} of the floor's allocations, it was {before:.3}"));
            }
            (Some(before), Some(now)) if now * TOLERANCE < *before => {
                println!("{scenario}: {now:.3} is better than {before:.3}, keep it with `--save`");
            }
            (Some(_), None) => {
                findings.push(format!("{scenario}: it is in the baseline but was not measured"))
            }
            (None, Some(_)) => {
                findings.push(format!("{scenario}: it is not in the baseline, add it with `--save`"))
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tenth_is_tolerated() {
        let mut baseline = Baseline::default();
        baseline.allocations.insert("unary".into(), 1.0);
        let findings = |ratio| compare(&baseline, [("unary", ratio)].into_iter()).len();
        assert_eq!(findings(Some(1.09)), 0);
        assert_eq!(findings(Some(0.5)), 0);
        assert_eq!(findings(Some(1.11)), 1);
        assert_eq!(findings(None), 1);
        assert_eq!(compare(&baseline, [("new", Some(1.0))].into_iter()).len(), 1);
        assert_eq!(compare(&baseline, [("crowd-1000", None)].into_iter()).len(), 0);
    }
}
