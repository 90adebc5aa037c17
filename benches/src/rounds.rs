//! The conductor: starts the vendor, and the clients in rounds, each contender in turn, so that whatever disturbs the machine
//! disturbs all of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::contender::mock::LAYERS;
use crate::measure::{Order, Sample};
use crate::minimal::{self, Minimal};
use crate::page::{self, Page};
use crate::report::{self, Measure, Samples};
use crate::scenario::{Kind, Scenario};
use crate::wire::Wire;
use crate::{Name, baseline, callgrind, start};

/// What to measure and what to do with it.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Arguments {
    /// Three short rounds: under a minute.
    #[arg(long)]
    quick: bool,
    /// Fails when a ratio of `benches/baseline.json` got worse by more than a tenth.
    #[arg(long)]
    check: bool,
    /// Writes the ratios to `benches/baseline.json`.
    #[arg(long, conflicts_with = "check")]
    save: bool,
    /// Only what repeats: allocations, and instructions where there is valgrind.
    #[arg(long)]
    counts: bool,
    /// Only this scenario; may be repeated.
    #[arg(long)]
    only: Vec<Scenario>,
    /// The program of a peer, `peer-<name>`, with `peer-<name>-counted` beside it; may be repeated.
    #[arg(long)]
    peer: Vec<PathBuf>,
    /// Builds the smallest programs too, for their sizes.
    #[arg(long)]
    size: bool,
    /// Builds the smallest programs from nothing, for their sizes and for the time that takes: minutes.
    #[arg(long)]
    build: bool,
    /// Writes the page with the table.
    #[arg(long)]
    page: Option<PathBuf>,
    /// Measures nothing and takes the samples of an earlier run, a file of `target/results`; may be repeated.
    #[arg(long)]
    replay: Vec<PathBuf>,
    /// Rounds of timing; 15, or 3 with `--quick`.
    #[arg(long)]
    rounds: Option<usize>,
}

/// Measures, prints the table and appends the samples to `target/results`.
///
/// # Errors
/// When a process fails, an answer comes incomplete, or the check does.
pub fn run(arguments: &Arguments) -> Result<()> {
    let chosen = |scenario: &Scenario| arguments.only.is_empty() || arguments.only.contains(scenario);
    let scenarios: Vec<_> = Scenario::all().into_iter().filter(chosen).collect();
    let mut conductor = Conductor {
        vendor: Vendor::start()?,
        contenders: Contenders::of(&arguments.peer)?,
        samples: Samples::default(),
        log: Log::create()?,
    };
    if arguments.replay.is_empty() {
        conductor.count(&scenarios)?;
        if !arguments.counts {
            conductor.time(&scenarios, arguments)?;
        }
    }
    for file in &arguments.replay {
        conductor.replay(file)?;
    }
    let programs = if arguments.size || arguments.build {
        minimal::build(&conductor.contenders.names(), arguments.build)?
    } else {
        Vec::new()
    };
    conductor.finish(&scenarios, &programs, arguments)
}

/// Whose turn it is, and what came out so far.
struct Conductor {
    vendor: Vendor,
    contenders: Contenders,
    samples: Samples,
    log: Log,
}

impl Conductor {
    /// Allocations and instructions. They repeat, so few exchanges are enough, and no rounds.
    fn count(&mut self, scenarios: &[Scenario]) -> Result<()> {
        let valgrind = callgrind::is_present();
        if !valgrind {
            println!("skipped: instructions, because valgrind is not installed");
        }
        for scenario in scenarios.iter().copied().filter(|scenario| scenario.is_counted()) {
            for contender in self.contenders.of_scenario(scenario) {
                let exchanges = scenario.exchanges().min(50);
                let mut sample = self.client(Program::Counted, contender, scenario, exchanges)?;
                if valgrind {
                    sample.instructions = Some(self.instructions(contender, scenario)?);
                }
                self.add(contender, scenario, 0, sample)?;
            }
        }
        Ok(())
    }

    fn replay(&mut self, file: &Path) -> Result<()> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
        for line in text.lines() {
            let Line { contender, scenario, sample, .. } = serde_json::from_str(line)?;
            self.samples.add(Name::from(contender.as_str()), scenario.parse()?, sample);
        }
        Ok(())
    }

    fn time(&mut self, scenarios: &[Scenario], arguments: &Arguments) -> Result<()> {
        let rounds = arguments.rounds.unwrap_or(if arguments.quick { 3 } else { 15 });
        for round in 0..rounds {
            for scenario in scenarios.iter().copied() {
                // A crowd takes seconds and its memory hardly differs from one to the next.
                if scenario.kind == Kind::Crowd && round >= if arguments.quick { 1 } else { 3 } {
                    continue;
                }
                let mut turn = self.contenders.of_scenario(scenario);
                let places = turn.len().max(1);
                turn.rotate_left(round % places);
                for contender in turn {
                    let sample = if scenario.kind == Kind::Start {
                        start::measure(scenario, |port| {
                            self.contenders.order(Program::Timed, contender, scenario, port, 1)
                        })
                    } else {
                        self.client(Program::Timed, contender, scenario, scenario.exchanges())
                    };
                    let sample = sample.with_context(|| format!("`{contender}` failed in `{scenario}`"))?;
                    self.add(contender, scenario, round, sample)?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, scenarios: &[Scenario], programs: &[Minimal], arguments: &Arguments) -> Result<()> {
        let names = self.contenders.names();
        report::print(&self.samples, &names, scenarios);
        minimal::print(programs);
        if let Some(path) = &arguments.page {
            let page = Page { samples: &self.samples, contenders: &names, scenarios, programs };
            page::write(path, &page)?;
        }
        println!("samples: {}", self.log.path.display());
        if arguments.save {
            return baseline::save(&self.samples, scenarios);
        }
        if !arguments.check {
            return Ok(());
        }
        let findings = baseline::check(&self.samples, scenarios)?;
        // A busy machine makes one scenario slow and not the next: what is suspicious is measured once more, and only then
        // believed.
        let doubtful: Vec<_> = findings.iter().filter(|finding| finding.measure == Measure::Cpu).collect();
        if doubtful.is_empty() {
            return baseline::verdict(&findings);
        }
        let again: Vec<_> = doubtful.iter().map(|finding| finding.scenario).collect();
        findings.iter().for_each(|finding| println!("{finding}"));
        println!("measuring the CPU time of {} scenarios once more", again.len());
        let counted = findings.into_iter().filter(|finding| finding.measure != Measure::Cpu);
        let mut all: Vec<_> = counted.collect();
        self.samples.forget_times(&again);
        self.time(&again, arguments)?;
        all.extend(
            baseline::check(&self.samples, &again)?
                .into_iter()
                .filter(|finding| finding.measure == Measure::Cpu),
        );
        baseline::verdict(&all)
    }

    fn add(&mut self, contender: Name, scenario: Scenario, round: usize, sample: Sample) -> Result<()> {
        self.log.write(contender, scenario, round, &sample)?;
        self.samples.add(contender, scenario, sample);
        Ok(())
    }

    fn port(&self, scenario: Scenario) -> u16 {
        if scenario.is_networked() { self.vendor.port } else { 0 }
    }

    fn client(
        &self,
        program: Program,
        contender: Name,
        scenario: Scenario,
        exchanges: usize,
    ) -> Result<Sample> {
        let mut command =
            self.contenders.order(program, contender, scenario, self.port(scenario), exchanges)?;
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("no `{contender}` to start"))?;
        ensure!(output.status.success(), "`{contender}` failed in `{scenario}`");
        serde_json::from_slice(&output.stdout).with_context(|| format!("`{contender}` printed no sample"))
    }

    /// For each unit: what many exchanges cost more than few.
    fn instructions(&self, contender: Name, scenario: Scenario) -> Result<f64> {
        let (few, many) = scenario.counted_exchanges();
        let run = |exchanges| {
            let command =
                self.contenders.order(Program::Timed, contender, scenario, self.port(scenario), exchanges)?;
            callgrind::instructions(&command).with_context(|| format!("`{contender}` in `{scenario}`"))
        };
        let more = run(many)?.saturating_sub(run(few)?);
        let exchanges = Order::total_of(many) - Order::total_of(few);
        #[expect(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
        Ok(more as f64 / (exchanges * scenario.chunks()) as f64)
    }
}

/// Who runs: this package's own, and the peers with their programs.
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

    /// The floors first.
    fn names(&self) -> Vec<Name> {
        let own = [Name::RAW, Name::LIMITED, Name::OURS];
        own.into_iter().chain(self.peers.iter().map(|(name, _)| *name)).collect()
    }

    /// Peers are asked only what goes over the network in Chat Completions, which all of them speak.
    fn of_scenario(&self, scenario: Scenario) -> Vec<Name> {
        let ours = scenario.is_mocked() || scenario.wire.language().connect().is_some();
        let own: &[Name] = match scenario.kind {
            Kind::Framing => &[Name::RAW, Name::OURS, Name::SSE_STREAM],
            Kind::Encode | Kind::MockUnary | Kind::MockBulk => &[Name::RAW, Name::OURS],
            _ => &[Name::RAW, Name::LIMITED, Name::OURS],
        };
        let own = own.iter().copied().filter(|name| ours || *name != Name::OURS);
        if scenario.is_mocked() {
            return own.chain(LAYERS.iter().map(|(name, _)| *name)).collect();
        }
        let asked = scenario.is_networked() && scenario.wire == Wire::Chat && scenario.kind != Kind::Fold;
        own.chain(self.peers.iter().filter(|_| asked).map(|(name, _)| *name)).collect()
    }

    /// The process that measures one sample.
    fn order(
        &self,
        program: Program,
        contender: Name,
        scenario: Scenario,
        port: u16,
        exchanges: usize,
    ) -> Result<Command> {
        let mut command = self.command(contender, program)?;
        command.args([contender.name(), &scenario.to_string(), &port.to_string(), &exchanges.to_string()]);
        Ok(command)
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

#[derive(Serialize, Deserialize)]
struct Line {
    contender: String,
    scenario: String,
    round: usize,
    unit: String,
    #[serde(flatten)]
    sample: Sample,
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
        let (contender, unit) = (contender.name().to_owned(), scenario.unit().to_owned());
        let line = Line { contender, scenario: scenario.to_string(), round, unit, sample: sample.clone() };
        writeln!(self.file, "{}", serde_json::to_string(&line)?)?;
        Ok(())
    }
}
