//! The conductor: starts the vendor, and the clients in rounds, each contender in turn, so that whatever disturbs the machine
//! disturbs all of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;

use crate::measure::Sample;
use crate::report::{self, Samples};
use crate::{Name, Scenario, baseline};

/// What to measure and what to do with it.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Arguments {
    /// Three short rounds: under half a minute.
    #[arg(long)]
    quick: bool,
    /// Only counts allocations, and fails when a ratio of `benches/baseline.json` got worse by more than a tenth.
    #[arg(long)]
    check: bool,
    /// Only counts allocations, and writes the ratios to `benches/baseline.json`.
    #[arg(long, conflicts_with = "check")]
    save: bool,
    /// Only this scenario; may be repeated.
    #[arg(long)]
    only: Vec<Scenario>,
    /// Rounds of timing; 15, or 3 with `--quick`.
    #[arg(long)]
    rounds: Option<usize>,
}

/// Measures, prints the table and appends the samples to `target/results`.
///
/// # Errors
/// When a process fails, an answer comes incomplete, or the check does.
pub fn run(arguments: &Arguments) -> Result<()> {
    let vendor = Vendor::start()?;
    let chosen = |scenario: &Scenario| arguments.only.is_empty() || arguments.only.contains(scenario);
    let scenarios: Vec<_> = Scenario::ALL.into_iter().filter(chosen).collect();
    let mut samples = Samples::default();
    let mut log = Log::create()?;
    for scenario in scenarios.iter().copied().filter(|scenario| scenario.is_counted()) {
        for contender in Name::ALL {
            // Allocations repeat, so few exchanges are enough.
            let exchanges = scenario.exchanges().min(50);
            let sample = client("counted", &vendor, contender, scenario, exchanges)?;
            log.write(contender, scenario, 0, &sample)?;
            samples.add(contender, scenario, sample);
        }
    }
    if arguments.save {
        return baseline::save(&samples);
    }
    if !arguments.check {
        let rounds = arguments.rounds.unwrap_or(if arguments.quick { 3 } else { 15 });
        for round in 0..rounds {
            for scenario in scenarios.iter().copied() {
                // A crowd takes seconds and its memory hardly differs from one to the next.
                if scenario == Scenario::Crowd && round >= if arguments.quick { 1 } else { 3 } {
                    continue;
                }
                let mut contenders = Name::ALL;
                let places = contenders.len();
                contenders.rotate_left(round % places);
                for contender in contenders {
                    let sample = client("bench", &vendor, contender, scenario, scenario.exchanges())?;
                    log.write(contender, scenario, round, &sample)?;
                    samples.add(contender, scenario, sample);
                }
            }
        }
    }
    report::print(&samples, &scenarios);
    println!("samples: {}", log.path.display());
    if arguments.check { baseline::check(&samples, &scenarios) } else { Ok(()) }
}

fn client(
    program: &str,
    vendor: &Vendor,
    contender: Name,
    scenario: Scenario,
    exchanges: usize,
) -> Result<Sample> {
    let mut command = Command::new(sibling(program)?);
    if program == "bench" {
        command.arg("client");
    }
    let port = if scenario.is_networked() { vendor.port } else { 0 };
    command.args([contender.name(), scenario.name(), &port.to_string(), &exchanges.to_string()]);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("no `{program}` to start"))?;
    ensure!(output.status.success(), "`{contender}` failed in `{scenario}`");
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{program}` printed no sample"))
}

/// A binary of this package, beside the one that runs.
fn sibling(program: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.with_file_name(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// The vendor's process; it ends with this value.
struct Vendor {
    process: Child,
    port: u16,
}

impl Vendor {
    fn start() -> Result<Self> {
        let mut process = Command::new(sibling("bench")?).arg("vendor").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let Ok(port) = line.trim().parse() else { bail!("the vendor did not start") };
        Ok(Self { process, port })
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The samples of a run as JSON lines.
struct Log {
    path: PathBuf,
    file: std::fs::File,
}

#[derive(Serialize)]
struct Line<'a> {
    contender: &'a str,
    scenario: &'a str,
    round: usize,
    unit: &'a str,
    #[serde(flatten)]
    sample: &'a Sample,
}

impl Log {
    fn create() -> Result<Self> {
        // The program lies in `target/release`.
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("the program lies in no target directory")?;
        let folder = target.join("results");
        std::fs::create_dir_all(&folder)?;
        let seconds = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
        let path = folder.join(format!("{seconds}.jsonl"));
        Ok(Self { file: std::fs::File::create(&path)?, path })
    }

    fn write(&mut self, contender: Name, scenario: Scenario, round: usize, sample: &Sample) -> Result<()> {
        let (contender, unit) = (contender.name(), scenario.unit());
        let line = Line { contender, scenario: scenario.name(), round, unit, sample };
        writeln!(self.file, "{}", serde_json::to_string(&line)?)?;
        Ok(())
    }
}
