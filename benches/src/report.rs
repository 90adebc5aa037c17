//! Medians and the table.

use std::collections::BTreeMap;

use crate::Name;
use crate::measure::Sample;
use crate::scenario::Scenario;

/// The samples of all rounds, in their order.
#[derive(Debug, Default)]
pub(crate) struct Samples(BTreeMap<(Scenario, Name), Vec<Sample>>);

/// A number that samples have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Cpu,
    Instructions,
    Wall,
    FirstMedian,
    FirstTail,
    Allocations,
    Bytes,
    Memory,
}

impl Measure {
    pub(crate) const ALL: [Self; 8] = [
        Self::Cpu,
        Self::Instructions,
        Self::Wall,
        Self::FirstMedian,
        Self::FirstTail,
        Self::Allocations,
        Self::Bytes,
        Self::Memory,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Instructions => "instructions",
            Self::Wall => "wall",
            Self::FirstMedian => "first chunk p50",
            Self::FirstTail => "first chunk p99",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes allocated",
            Self::Memory => "peak memory",
        }
    }

    pub(crate) fn shown(self, value: f64) -> String {
        match self {
            Self::Cpu | Self::Wall | Self::FirstMedian | Self::FirstTail if value >= 1_000_000.0 => {
                format!("{:.1} ms", value / 1_000_000.0)
            }
            Self::Cpu | Self::Wall | Self::FirstMedian | Self::FirstTail if value >= 10_000.0 => {
                format!("{:.1} µs", value / 1_000.0)
            }
            Self::Cpu | Self::Wall | Self::FirstMedian | Self::FirstTail => format!("{value:.0} ns"),
            Self::Allocations => format!("{value:.2}"),
            Self::Bytes | Self::Instructions => format!("{value:.0}"),
            Self::Memory => format!("{value:.1} KiB"),
        }
    }

    fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Cpu => sample.cpu_ns,
            Self::Instructions => sample.instructions,
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

    /// Drops the CPU times of these scenarios, to take them once more.
    pub(crate) fn forget_times(&mut self, scenarios: &[Scenario]) {
        for ((scenario, _), samples) in &mut self.0 {
            if scenarios.contains(scenario) {
                samples.iter_mut().for_each(|sample| sample.cpu_ns = None);
            }
        }
    }

    /// Who was measured in a scenario beside these.
    pub(crate) fn guests(&self, scenario: Scenario, contenders: &[Name]) -> Vec<Name> {
        let measured = self.0.keys().filter(|(measured, _)| *measured == scenario).map(|(_, name)| *name);
        measured.filter(|name| !contenders.contains(name)).collect()
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

/// A table of all that was measured: the floor, then value and ratio of each other contender. Who takes part in few scenarios
/// has rows of its own.
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
            let first = matches!(measure, Measure::FirstMedian | Measure::FirstTail);
            if first && !scenario.has_first() {
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
        for contender in samples.guests(scenario, contenders) {
            for measure in Measure::ALL {
                let Some(value) = samples.median(contender, scenario, measure) else { continue };
                let ratio = samples.ratio(contender, scenario, measure).unwrap_or(f64::NAN);
                let (name, value) = (contender.name(), measure.shown(value));
                println!("{:<24} {:<16} {value:>12} {ratio:>6.2}", format!("  {name}"), measure.title());
            }
        }
    }
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
    use crate::scenario::Kind;
    use crate::wire::Wire;

    const UNARY: Scenario = Scenario { wire: Wire::Chat, kind: Kind::Unary };

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
            samples.add(Name::RAW, UNARY, sample(raw));
            samples.add(Name::OURS, UNARY, sample(ours));
        }
        assert_eq!(samples.ratio(Name::OURS, UNARY, Measure::Cpu), Some(1.1));
        assert_eq!(samples.ratio(Name::OURS, UNARY, Measure::Wall), None);
    }
}
