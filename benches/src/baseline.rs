//! What the library's ratios to the floor may not get worse than.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::Name;
use crate::report::{Measure, Samples};
use crate::scenario::{Kind, Scenario};

/// How much worse a ratio may be. Counts repeat but for the sizes of reads; CPU time moves by some hundredths.
const TOLERANCE: f64 = 1.10;

const MEASURES: [Measure; 3] = [Measure::Allocations, Measure::Instructions, Measure::Cpu];

/// Ratios by measure and scenario.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Baseline(BTreeMap<String, BTreeMap<String, f64>>);

/// A ratio that is not what it was.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) scenario: Scenario,
    pub(crate) measure: Measure,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.scenario, self.measure.title(), self.what)
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline.json")
}

fn ratio(samples: &Samples, scenario: Scenario, measure: Measure) -> Option<f64> {
    // Framing makes no allocations to speak of, so their ratio says nothing.
    let says_nothing = scenario.kind == Kind::Framing && measure == Measure::Allocations;
    samples.ratio(Name::OURS, scenario, measure).filter(|_| !says_nothing)
}

/// Writes what was measured; what was not stays as it is.
pub(crate) fn save(samples: &Samples, scenarios: &[Scenario]) -> Result<()> {
    let mut baseline: Baseline = match std::fs::read(path()) {
        Ok(text) => serde_json::from_slice(&text).context("baseline.json can't be read")?,
        Err(_) => Baseline::default(),
    };
    for measure in MEASURES {
        for &scenario in scenarios {
            if let Some(ratio) = ratio(samples, scenario, measure) {
                let of_measure = baseline.0.entry(measure.title().to_owned()).or_default();
                of_measure.insert(scenario.to_string(), (ratio * 1_000.0).round() / 1_000.0);
            }
        }
    }
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    print!("{text}");
    std::fs::write(path(), text).context("could not write baseline.json")
}

/// What got worse. A measure that nothing has, such as instructions without valgrind, is left out; that was printed.
pub(crate) fn check(samples: &Samples, scenarios: &[Scenario]) -> Result<Vec<Finding>> {
    let text = std::fs::read(path()).context("there is no baseline.json: make one with `--save`")?;
    let baseline: Baseline = serde_json::from_slice(&text).context("baseline.json can't be read")?;
    let mut findings = Vec::new();
    for measure in MEASURES {
        let now: Vec<_> =
            scenarios.iter().map(|scenario| (*scenario, ratio(samples, *scenario, measure))).collect();
        if now.iter().any(|(_, ratio)| ratio.is_some()) {
            findings.extend(baseline.compare(measure, now));
        }
    }
    Ok(findings)
}

/// Fails when there are findings, and names them.
pub(crate) fn verdict(findings: &[Finding]) -> Result<()> {
    findings.iter().for_each(|finding| println!("{finding}"));
    match findings {
        [] => Ok(()),
        _ => bail!("{} ratios are worse than in benches/baseline.json", findings.len()),
    }
}

impl Baseline {
    fn compare(
        &self,
        measure: Measure,
        now: impl IntoIterator<Item = (Scenario, Option<f64>)>,
    ) -> Vec<Finding> {
        let before = |scenario: &Scenario| self.0.get(measure.title())?.get(&scenario.to_string()).copied();
        let mut findings = Vec::new();
        for (scenario, now) in now {
            let what = match (before(&scenario), now) {
                (Some(before), Some(now)) if now > before * TOLERANCE => {
                    format!("{now:.3} of the floor's, it was {before:.3}")
                }
                (Some(before), Some(now)) => {
                    if now * TOLERANCE < before {
                        println!(
                            "{scenario}, {}: {now:.3} is better than {before:.3}, keep it with `--save`",
                            measure.title()
                        );
                    }
                    continue;
                }
                (Some(_), None) => "it is in the baseline but was not measured".to_owned(),
                (None, now) => {
                    if now.is_some() {
                        let measure = measure.title();
                        println!("{scenario}, {measure}: it is not in the baseline, add it with `--save`");
                    }
                    continue;
                }
            };
            findings.push(Finding { scenario, measure, what });
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    #[test]
    fn only_a_tenth_is_tolerated() {
        let scenario = |kind| Scenario { wire: Wire::Chat, kind };
        let unary = BTreeMap::from([("unary".to_owned(), 1.0)]);
        let baseline = Baseline(BTreeMap::from([("allocations".to_owned(), unary)]));
        let findings = |kind, ratio| baseline.compare(Measure::Allocations, [(scenario(kind), ratio)]).len();
        assert_eq!(findings(Kind::Unary, Some(1.09)), 0);
        assert_eq!(findings(Kind::Unary, Some(0.5)), 0);
        assert_eq!(findings(Kind::Unary, Some(1.11)), 1);
        assert_eq!(findings(Kind::Unary, None), 1);
        assert_eq!(findings(Kind::Bulk, Some(1.0)), 0);
        assert_eq!(findings(Kind::Crowd, None), 0);
        assert!(verdict(&[]).is_ok());
        assert!(verdict(&baseline.compare(Measure::Allocations, [(scenario(Kind::Unary), None)])).is_err());
    }
}
