//! Medians and the table.

use std::collections::BTreeMap;

use crate::measure::Sample;
use crate::{Name, Scenario};

/// The samples of all rounds, in their order.
#[derive(Debug, Default)]
pub(crate) struct Samples(BTreeMap<(Scenario, Name), Vec<Sample>>);

/// A number that samples have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measure {
    Cpu,
    Wall,
    FirstMedian,
    FirstTail,
    Allocations,
    Bytes,
    Memory,
}

impl Measure {
    const ALL: [Self; 7] = [
        Self::Cpu,
        Self::Wall,
        Self::FirstMedian,
        Self::FirstTail,
        Self::Allocations,
        Self::Bytes,
        Self::Memory,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Wall => "wall",
            Self::FirstMedian => "first chunk p50",
            Self::FirstTail => "first chunk p99",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes allocated",
            Self::Memory => "peak memory",
        }
    }

    fn shown(self, value: f64) -> String {
        match self {
            Self::Cpu | Self::Wall | Self::FirstMedian | Self::FirstTail if value >= 10_000.0 => {
                format!("{:.1} µs", value / 1_000.0)
            }
            Self::Cpu | Self::Wall | Self::FirstMedian | Self::FirstTail => format!("{value:.0} ns"),
            Self::Allocations => format!("{value:.2}"),
            Self::Bytes => format!("{value:.0}"),
            Self::Memory => format!("{value:.1} KiB"),
        }
    }

    fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Cpu => sample.cpu_ns,
            Self::Wall => sample.wall_ns,
            Self::FirstMedian => percentile(&sample.first_ns, 50),
            Self::FirstTail => percentile(&sample.first_ns, 99),
            Self::Allocations => sample.allocations,
            Self::Bytes => sample.bytes,
            Self::Memory => sample.memory_kib,
        }
    }
}

impl Samples {
    pub(crate) fn add(&mut self, contender: Name, scenario: Scenario, sample: Sample) {
        self.0.entry((scenario, contender)).or_default().push(sample);
    }

    fn values(&self, contender: Name, scenario: Scenario, measure: Measure) -> Vec<f64> {
        let samples = self.0.get(&(scenario, contender));
        samples.into_iter().flatten().filter_map(|sample| measure.of(sample)).collect()
    }

    /// The median over the rounds.
    pub(crate) fn median(&self, contender: Name, scenario: Scenario, measure: Measure) -> Option<f64> {
        median(self.values(contender, scenario, measure))
    }

    /// The median of the ratios to the floor in the same round, which is steadier than a ratio of medians.
    pub(crate) fn ratio(&self, contender: Name, scenario: Scenario, measure: Measure) -> Option<f64> {
        let floor = self.values(Name::RAW, scenario, measure);
        let values = self.values(contender, scenario, measure);
        let ratios = values.iter().zip(&floor).filter(|(_, floor)| **floor > 0.0);
        median(ratios.map(|(value, floor)| value / floor).collect())
    }
}

pub(crate) fn print(samples: &Samples, contenders: &[Name], scenarios: &[Scenario]) {
    let mut row = format!("{:<24} {:<16}", "scenario", "measure");
    for &contender in contenders {
        row += &format!(" {:>12}", contender.name());
        if contender != Name::RAW {
            row += &format!(" {:>6}", "ratio");
        }
    }
    println!("{row}");
    for &scenario in scenarios {
        let mut title = format!("{scenario}, per {}", scenario.unit());
        for measure in Measure::ALL {
            // A latency of a whole answer is its wall time, and in large reads only one of many chunks.
            let first = matches!(measure, Measure::FirstMedian | Measure::FirstTail);
            if first && scenario != Scenario::Single {
                continue;
            }
            let Some(floor) = samples.median(Name::RAW, scenario, measure) else { continue };
            let mut row = format!("{title:<24} {:<16} {:>12}", measure.title(), measure.shown(floor));
            for &contender in contenders.iter().filter(|contender| **contender != Name::RAW) {
                let value = samples.median(contender, scenario, measure);
                let ratio = samples.ratio(contender, scenario, measure);
                row += &format!(" {:>12}", value.map_or("–".into(), |value| measure.shown(value)));
                row += &format!(" {:>6}", ratio.map_or("–".into(), |ratio| format!("{ratio:.2}")));
            }
            println!("{row}");
            title.clear();
        }
    }
}

/// Writes the ratios of all contenders to a page, between its marks.
///
/// # Errors
/// When the page has no marks, or can't be written.
pub(crate) fn write(
    page: &std::path::Path,
    samples: &Samples,
    contenders: &[Name],
    scenarios: &[Scenario],
) -> anyhow::Result<()> {
    use std::fmt::Write as _;
    const BEGIN: &str = "<!-- measured -->\n";
    const END: &str = "<!-- end -->";
    let mut table = String::from("| what | measure |");
    contenders.iter().for_each(|name| _ = write!(table, " {name} |"));
    table += "\n|---|---|";
    contenders.iter().for_each(|_| table += "---|");
    table.push('\n');
    for &scenario in scenarios {
        for measure in [Measure::Cpu, Measure::FirstMedian, Measure::Allocations, Measure::Memory] {
            if matches!(measure, Measure::FirstMedian) && scenario != Scenario::Single {
                continue;
            }
            let Some(floor) = samples.median(Name::RAW, scenario, measure) else { continue };
            let _ = write!(table, "| `{scenario}`, per {} | {} |", scenario.unit(), measure.title());
            for &contender in contenders {
                let value = samples.median(contender, scenario, measure);
                let shown = match (contender, samples.ratio(contender, scenario, measure), value) {
                    (Name::RAW, ..) => measure.shown(floor),
                    (_, Some(ratio), Some(value)) => format!("{ratio:.2} ({})", measure.shown(value)),
                    _ => "–".to_owned(),
                };
                let _ = write!(table, " {shown} |");
            }
            table.push('\n');
        }
    }
    let text = std::fs::read_to_string(page)?;
    let (before, rest) = text.split_once(BEGIN).ok_or_else(|| anyhow::anyhow!("the page has no mark"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| anyhow::anyhow!("the page has no end mark"))?;
    Ok(std::fs::write(page, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(upper, values[middle - 1]) })
}

fn percentile(values: &[u64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a call are far below 2^52")]
    sorted.get(place).map(|value| *value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles_are_of_the_sorted_values() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
        let values: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&values, 50), Some(50.0));
        assert_eq!(percentile(&values, 99), Some(99.0));
        assert_eq!(percentile(&[], 99), None);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut samples = Samples::default();
        let sample = |cpu| Sample { cpu_ns: Some(cpu), ..Sample::default() };
        // The machine slowed down ten times in the second round and a hundred times in the third.
        for (raw, ours) in [(10.0, 12.0), (100.0, 110.0), (1000.0, 1100.0)] {
            samples.add(Name::RAW, Scenario::Unary, sample(raw));
            samples.add(Name::OURS, Scenario::Unary, sample(ours));
        }
        assert_eq!(samples.ratio(Name::OURS, Scenario::Unary, Measure::Cpu), Some(1.1));
        assert_eq!(samples.ratio(Name::OURS, Scenario::Unary, Measure::Wall), None);
    }
}
