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
    /// The program of a peer, `peer-<name>`, with `peer-<name>-counted` beside it; may be repeated.
    #[arg(long)]
    peer: Vec<PathBuf>,
    /// Writes the table of ratios to this page.
    #[arg(long)]
    page: Option<PathBuf>,
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
    let contenders = Contenders::of(&arguments.peer)?;
    let mut samples = Samples::default();
    let mut log = Log::create()?;
    for scenario in scenarios.iter().copied().filter(|scenario| scenario.is_counted()) {
        for contender in contenders.of_scenario(scenario) {
            // Allocations repeat, so few exchanges are enough.
            let exchanges = scenario.exchanges().min(50);
            let sample = client(&contenders, Program::Counted, &vendor, contender, scenario, exchanges)?;
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
                let mut turn: Vec<_> = contenders.of_scenario(scenario).collect();
                let places = turn.len();
                turn.rotate_left(round % places);
                for contender in turn {
                    let sample = client(
                        &contenders,
                        Program::Timed,
                        &vendor,
                        contender,
                        scenario,
                        scenario.exchanges(),
                    )?;
                    log.write(contender, scenario, round, &sample)?;
                    samples.add(contender, scenario, sample);
                }
            }
        }
    }
    report::print(&samples, &contenders.names(), &scenarios);
    if let Some(page) = &arguments.page {
        report::write(page, &samples, &contenders.names(), &scenarios)?;
    }
    println!("samples: {}", log.path.display());
    if arguments.check { baseline::check(&samples, &scenarios) } else { Ok(()) }
}

/// Who runs: this package's two, and the peers with their programs.
struct Contenders {
    peers: Vec<(Name, PathBuf)>,
}

#[derive(Clone, Copy)]
enum Program {
    Timed,
    Counted,
}

impl Contenders {
    fn of(programs: &[PathBuf]) -> Result<Self> {
        let peer = |path: &PathBuf| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let name = stem.strip_prefix("peer-").with_context(|| format!("`{stem}` is no peer-<name>"))?;
            Ok((Name::from(name), path.clone()))
        };
        Ok(Self { peers: programs.iter().map(peer).collect::<Result<_>>()? })
    }

    /// The floor first.
    fn names(&self) -> Vec<Name> {
        [Name::RAW, Name::OURS].into_iter().chain(self.peers.iter().map(|(name, _)| *name)).collect()
    }

    /// Peers are asked only what goes over the network.
    fn of_scenario(&self, scenario: Scenario) -> impl Iterator<Item = Name> {
        let peers = self.peers.iter().filter(move |_| scenario.is_networked()).map(|(name, _)| *name);
        [Name::RAW, Name::OURS].into_iter().chain(peers)
    }

    fn command(&self, contender: Name, program: Program) -> Result<Command> {
        let peer = self.peers.iter().find(|(name, _)| *name == contender);
        match (peer, program) {
            (Some((_, path)), Program::Timed) => Ok(Command::new(path)),
            (Some((name, path)), Program::Counted) => Ok(Command::new(
                path.with_file_name(format!("peer-{name}-counted{}", std::env::consts::EXE_SUFFIX)),
            )),
            (None, Program::Counted) => Ok(Command::new(sibling("counted")?)),
            (None, Program::Timed) => {
                let mut command = Command::new(sibling("bench")?);
                command.arg("client");
                Ok(command)
            }
        }
    }
}

fn client(
    contenders: &Contenders,
    program: Program,
    vendor: &Vendor,
    contender: Name,
    scenario: Scenario,
    exchanges: usize,
) -> Result<Sample> {
    let mut command = contenders.command(contender, program)?;
    let port = if scenario.is_networked() { vendor.port } else { 0 };
    command.args([contender.name(), scenario.name(), &port.to_string(), &exchanges.to_string()]);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("no `{contender}` to start"))?;
    ensure!(output.status.success(), "`{contender}` failed in `{scenario}`");
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{contender}` printed no sample"))
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
