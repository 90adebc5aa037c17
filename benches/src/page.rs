//! The page that says how fast the library is, and how that is known.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::Name;
use crate::minimal::Minimal;
use crate::report::{Measure, Samples};
use crate::scenario::{Kind, Scenario};
use crate::wire::Wire;

/// What a run came to.
pub(crate) struct Page<'a> {
    pub(crate) samples: &'a Samples,
    /// The floors, the library, the peers.
    pub(crate) contenders: &'a [Name],
    pub(crate) scenarios: &'a [Scenario],
    pub(crate) programs: &'a [Minimal],
}

const INTRODUCTION: &str = "# Speed

What a call costs the program that makes it. Written by `cargo xtask bench --peers --build --page`; every number is of \
one machine, so read the ratios and not the microseconds. A ratio is to `raw` in the same round: reqwest with serde_json and \
typed structs, as a careful user writes them in an afternoon. `raw-limited` is the same with reqwest's `read_timeout`, the one \
limit that a program can't do without and that the library always has. The number in brackets is the median itself.
";

const METHOD: &str = "
## How it is measured

- A vendor on loopback sends answers in the vendors' shapes that were built beforehand. Vendor and client are processes of their \
own, each on a core of its own; the client's runtime has one thread.
- Rounds go over all scenarios, and in each the contenders take turns; what is printed is the median over the rounds, and as \
ratio the median of the ratios within a round.
- CPU is the process's, user and system. Instructions are counted by valgrind's callgrind, of the program and not of the kernel: \
they don't depend on how busy the machine is, and don't know what a cache miss costs. Allocations are counted by a build of its \
own. Memory is what the peak grew by while a thousand paced streams ran, for each.
- Everyone is built alike, as for production: the release profile with thin LTO and one codegen unit. With the default profile a call without streaming costs more beside plain reqwest, about 1.38 in place of 1.27 on the machine where both were tried.
- Whoever loses a byte of text or arguments fails.
- The peers are used as a careful user writes them, with their own defaults.
- `benches/README.md` says what each scenario is and how to add one. `cargo xtask bench --check` fails when a ratio gets worse \
by more than a tenth, and the tests hold allocations and instructions of each call and chunk to committed numbers.

## Left out

TLS, HTTP/2, real networks and several threads; embeddings; tool calls on wires where they come whole; drivers that are not \
written yet, for which only the floor is shown. Time spent waiting for a model, which is all of the time in practice.
";

/// Writes the page.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write(path: &Path, page: &Page<'_>) -> Result<()> {
    let mut text = INTRODUCTION.to_owned();
    text += &page.conclusions();
    for wire in Wire::ALL {
        let measured = |scenario: &Scenario| {
            scenario.wire == wire && scenario.is_networked() && scenario.kind != Kind::Start
        };
        page.section(&format!("{wire}"), &page.columns(wire), measured, &mut text);
    }
    let apart = |scenario: &Scenario| matches!(scenario.kind, Kind::Framing | Kind::Encode);
    page.section("Without a network", &[Name::RAW, Name::OURS], apart, &mut text);
    page.section("Over the mock", &[Name::RAW, Name::OURS], |scenario| scenario.is_mocked(), &mut text);
    page.section(
        "A program with one call",
        page.contenders,
        |scenario| scenario.kind == Kind::Start,
        &mut text,
    );
    page.programs(&mut text);
    text += METHOD;
    text += &versions(page.contenders)?;
    std::fs::write(path, text).context("the page can't be written")
}

impl Page<'_> {
    fn ratio(&self, kind: Kind, measure: Measure, wire: Wire) -> Option<f64> {
        self.samples.ratio(Name::OURS, Scenario { wire, kind }, measure)
    }

    /// What a reader can take from the numbers.
    fn conclusions(&self) -> String {
        let scenario = |kind| Scenario { wire: Wire::Chat, kind };
        let median = |name, kind, measure| self.samples.median(name, scenario(kind), measure);
        let mut points = Vec::new();
        if let (Some(ours), Some(raw), Some(ratio)) = (
            median(Name::OURS, Kind::Unary, Measure::Cpu),
            median(Name::RAW, Kind::Unary, Measure::Cpu),
            self.ratio(Kind::Unary, Measure::Cpu, Wire::Chat),
        ) {
            points.push(format!(
                "A call without streaming costs {ratio:.2} times the CPU of plain reqwest, {} more: for that the usage, the \
                 limits, the finish and every member that nobody announced are read and kept. A model takes a second to answer.",
                Measure::Cpu.shown(ours - raw),
            ));
        }
        if let Some(ratio) = self.ratio(Kind::Bulk, Measure::Cpu, Wire::Chat) {
            points.push(format!(
                "A long stream costs {ratio:.2} times what typed structs cost: what repeats from chunk to chunk is not read again."
            ));
        }
        if let (Some(cpu), Some(instructions)) = (
            self.ratio(Kind::Unlike, Measure::Cpu, Wire::Chat),
            self.ratio(Kind::Unlike, Measure::Instructions, Wire::Chat),
        ) {
            points.push(format!(
                "Where every chunk differs in more than its text that is lost, and a chunk costs {cpu:.2} ({instructions:.2} \
                 in instructions)."
            ));
        }
        if let Some(ratio) = self.ratio(Kind::Bulk, Measure::Cpu, Wire::Responses) {
            points.push(format!("On the Responses wire a chunk costs {ratio:.2} of its own floor's."));
        }
        if let (Some(ours), Some(raw)) = (
            median(Name::OURS, Kind::Crowd, Measure::Memory),
            median(Name::RAW, Kind::Crowd, Measure::Memory),
        ) {
            points.push(format!(
                "A thousand streams at once take {} each, plain reqwest {}.",
                Measure::Memory.shown(ours),
                Measure::Memory.shown(raw),
            ));
        }
        let mut text = "\n## What you can conclude\n\n".to_owned();
        points.iter().for_each(|point| _ = writeln!(text, "- {point}"));
        text
    }

    /// Who has a column on a wire: whoever was measured there.
    fn columns(&self, wire: Wire) -> Vec<Name> {
        let unary = Scenario { wire, kind: Kind::Unary };
        let measured = |name: &Name| self.samples.median(*name, unary, Measure::Cpu).is_some();
        self.contenders.iter().copied().filter(measured).collect()
    }

    fn section(&self, title: &str, columns: &[Name], belongs: impl Fn(&Scenario) -> bool, text: &mut String) {
        let scenarios: Vec<_> = self.scenarios.iter().copied().filter(|scenario| belongs(scenario)).collect();
        let mut columns = columns.to_vec();
        for scenario in &scenarios {
            for guest in self.samples.guests(*scenario, self.contenders) {
                if !columns.contains(&guest) {
                    columns.push(guest);
                }
            }
        }
        let rows: Vec<_> = scenarios.iter().flat_map(|scenario| self.rows(*scenario, &columns)).collect();
        if rows.is_empty() {
            return;
        }
        let _ = write!(text, "\n## {title}\n\n| what | measure |");
        columns.iter().for_each(|name| _ = write!(text, " {name} |"));
        *text += "\n|---|---|";
        columns.iter().for_each(|_| *text += "---|");
        text.push('\n');
        rows.iter().for_each(|row| _ = writeln!(text, "{row}"));
    }

    fn rows(&self, scenario: Scenario, columns: &[Name]) -> Vec<String> {
        let mut rows = Vec::new();
        for measure in Measure::ALL {
            let first = matches!(measure, Measure::FirstMedian | Measure::FirstTail);
            let wall = measure == Measure::Wall && scenario.kind != Kind::Start;
            // Bytes are of interest where they are many.
            let bytes = measure == Measure::Bytes && scenario.chunks() > 1;
            if (first && !scenario.has_first()) || wall || bytes {
                continue;
            }
            let Some(floor) = self.samples.median(Name::RAW, scenario, measure) else { continue };
            let title = match (measure, scenario.kind) {
                (Measure::Wall, Kind::Start) => "to the first byte sent",
                _ => measure.title(),
            };
            let mut row = format!("| `{scenario}`, per {} | {title} |", scenario.unit());
            for &contender in columns {
                let value = self.samples.median(contender, scenario, measure);
                let shown = match (contender, self.samples.ratio(contender, scenario, measure), value) {
                    (Name::RAW, ..) => measure.shown(floor),
                    (_, Some(ratio), Some(value)) => format!("{ratio:.2} ({})", measure.shown(value)),
                    (_, None, Some(value)) => measure.shown(value),
                    _ => "–".to_owned(),
                };
                let _ = write!(row, " {shown} |");
            }
            rows.push(row);
        }
        rows
    }

    fn programs(&self, text: &mut String) {
        if self.programs.is_empty() {
            return;
        }
        *text += "\nThe smallest program with one call, built for release without symbols, TLS by ring where that can be chosen:\n\n\
            | | size | built from nothing | crates |\n|---|---|---|---|\n";
        for program in self.programs {
            let (wall, crates) = match &program.cold {
                Some(cold) => (format!("{:.0} s", cold.wall.as_secs_f64()), cold.crates.to_string()),
                None => ("–".to_owned(), "–".to_owned()),
            };
            let _ = writeln!(text, "| {} | {} | {wall} | {crates} |", program.name, program.size());
        }
    }
}

/// What was measured, and with what.
fn versions(contenders: &[Name]) -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    let mut parts = Vec::new();
    for name in ["ai", "reqwest", "hyper", "tokio", "serde_json", "sse-stream"] {
        parts.push(format!("{name} {}", version_of(&lock, name).unwrap_or("?")));
    }
    for (peer, package) in [("async-openai", "async-openai"), ("genai", "genai"), ("rig", "rig-core")] {
        if contenders.iter().any(|name| name.name() == peer) {
            let lock = std::fs::read_to_string(root.join("peers").join(peer).join("Cargo.lock"))?;
            parts.push(format!("{package} {}", version_of(&lock, package).unwrap_or("?")));
        }
    }
    let rustc = told("rustc", &["--version"]);
    let valgrind = told("valgrind", &["--version"]);
    let system = told("uname", &["-srm"]);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(2).map_or(String::new(), |load| {
        format!(" Its load over the last quarter of an hour was {load}: above 2 others were at work too, and times are rough.")
    });
    Ok(format!(
        "\n## Versions\n\n{}; {rustc}, release profile with thin LTO; {valgrind}; {system}, {cores} cores of {}.{load}\n",
        parts.join(", "),
        processor.as_deref().unwrap_or("an unknown processor"),
    ))
}

/// The version of a package in a lock file.
fn version_of<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let at = lock.find(&format!("name = \"{package}\"\n"))?;
    lock[at..].lines().nth(1)?.split('"').nth(1)
}

/// The first line that a program prints, or that it is not there.
fn told(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.as_deref().and_then(|text| text.lines().next()).map_or(format!("no {program}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_lock_files() {
        let lock = "[[package]]\nname = \"hyper\"\nversion = \"1.12.0\"\n\n[[package]]\nname = \"ai\"\nversion = \"0.1.0\"\n";
        assert_eq!(version_of(lock, "ai"), Some("0.1.0"));
        assert_eq!(version_of(lock, "hyper"), Some("1.12.0"));
        assert_eq!(version_of(lock, "reqwest"), None);
    }

    #[test]
    fn what_is_not_installed_is_said() {
        assert_eq!(told("no-such-program-here", &[]), "no no-such-program-here");
    }
}
