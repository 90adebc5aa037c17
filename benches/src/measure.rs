//! The client process: one contender, one scenario, one sample.

use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::contender::{Encoder, PROMPT};
use crate::machine::{self, Role};
use crate::payload::{Payload, Totals, turn};
use crate::scenario::{Kind, Scenario};
use crate::{Contender, Name, Sink, vendor};

/// What a client process is to do.
#[derive(Debug, clap::Args)]
pub struct Order {
    /// Who.
    #[arg(value_parser = |name: &str| Ok::<_, std::convert::Infallible>(Name::from(name)))]
    pub contender: Name,
    /// What.
    pub scenario: Scenario,
    /// Where the vendor listens; 0 for scenarios without one.
    pub port: u16,
    /// How often.
    pub exchanges: usize,
}

impl Order {
    /// The exchanges before those that are measured.
    fn warm_up(exchanges: usize) -> usize {
        exchanges.div_ceil(10)
    }

    /// All exchanges of a process that is to measure this many.
    pub(crate) fn total_of(exchanges: usize) -> usize {
        Self::warm_up(exchanges) + exchanges
    }
}

/// What one process measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Nanoseconds for each unit, and whatever else is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_ns: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wall_ns: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allocations: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instructions: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory_kib: Option<f64>,
    /// From the call to the first text, of each stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) first_ns: Vec<u64>,
}

/// Allocations and their bytes while something ran.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// How many allocations.
    pub allocations: u64,
    /// How many bytes they asked for.
    pub bytes: u64,
}

/// Runs what it is given on this thread and counts.
pub type Count = fn(&mut dyn FnMut()) -> Counts;

/// Measures and prints the sample as one line of JSON. `count` is given by the binary whose allocator counts.
///
/// # Errors
/// When an exchange fails or its answer came incomplete.
pub fn run_client(order: &Order, count: Option<Count>) -> Result<()> {
    machine::prepare(Role::Client);
    let sample = match order.contender {
        #[cfg(feature = "ours")]
        name if order.scenario.is_mocked() => {
            sample(crate::contender::mock::Mocked::of(name, order.scenario)?, order, count)
        }
        Name::RAW => sample_of::<crate::contender::Raw<false>>(order, count),
        Name::LIMITED => sample_of::<crate::contender::Raw<true>>(order, count),
        Name::SSE_STREAM => sample_of::<crate::contender::SseStream>(order, count),
        #[cfg(feature = "ours")]
        Name::OURS => sample_of::<crate::contender::Ours>(order, count),
        peer => bail!("no contender is named `{peer}` here"),
    };
    println!("{}", serde_json::to_string(&sample?)?);
    Ok(())
}

/// The whole program of a peer: measures what the command line orders, and prints the sample.
///
/// # Errors
/// As [`run_client`].
pub fn run_peer<C: Contender>(count: Option<Count>) -> Result<()> {
    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        order: Order,
    }
    let Command { order } = clap::Parser::parse();
    machine::prepare(Role::Client);
    println!("{}", serde_json::to_string(&sample_of::<C>(&order, count)?)?);
    Ok(())
}

fn sample_of<C: Contender>(order: &Order, count: Option<Count>) -> Result<Sample> {
    sample(C::new(&vendor::base_url(order.port, order.scenario), order.scenario.wire)?, order, count)
}

fn sample<C: Contender>(contender: C, order: &Order, count: Option<Count>) -> Result<Sample> {
    if order.scenario.kind == Kind::Start {
        return start(&contender);
    }
    let mut work = Work::new(Rc::new(contender), order.scenario)?;
    if order.scenario.kind == Kind::Crowd {
        return work.crowd(order.exchanges);
    }
    work.run(Order::warm_up(order.exchanges))?;
    work.first_ns.clear();
    work.first_ns.reserve(order.exchanges);
    let mut outcome = Ok(());
    let mut sample = Sample::default();
    #[expect(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
    let per_unit = |total: u64| total as f64 / (order.exchanges * order.scenario.chunks()) as f64;
    match count {
        Some(count) => {
            let counts = count(&mut || outcome = work.run(order.exchanges));
            sample.allocations = Some(per_unit(counts.allocations));
            sample.bytes = Some(per_unit(counts.bytes));
        }
        None => {
            let (cpu, wall) = (machine::cpu(), Instant::now());
            outcome = work.run(order.exchanges);
            sample.cpu_ns = Some(per_unit(nanos(machine::cpu() - cpu)));
            sample.wall_ns = Some(per_unit(nanos(wall.elapsed())));
            sample.first_ns = work.first_ns;
        }
    }
    outcome.map(|()| sample)
}

/// The one call of a program that has just begun; the CPU time is that of all its life so far.
fn start(contender: &impl Contender) -> Result<Sample> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(contender.oneshot(&PROMPT, &mut Sink::default()))?;
    Ok(Sample { cpu_ns: Some(machine::nanos(machine::cpu())), ..Sample::default() })
}

struct Work<C> {
    contender: Rc<C>,
    scenario: Scenario,
    runtime: tokio::runtime::Runtime,
    expected: Totals,
    body: Vec<Bytes>,
    encode: Option<Encoder>,
    first_ns: Vec<u64>,
}

impl<C: Contender> Work<C> {
    fn new(contender: Rc<C>, scenario: Scenario) -> Result<Self> {
        let payload = Payload::of(scenario);
        let body = payload.frames.concat().into_bytes();
        let history: Vec<_> = (0..200).map(turn).collect();
        Ok(Self {
            encode: contender.encoder(&history)?,
            contender,
            scenario,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            expected: payload.totals,
            // As large as the reads of a fast network.
            body: body.chunks(64 << 10).map(Bytes::copy_from_slice).collect(),
            first_ns: Vec::new(),
        })
    }

    fn run(&mut self, exchanges: usize) -> Result<()> {
        match self.scenario.kind {
            Kind::Framing => self.framing(exchanges),
            Kind::Encode => self.encode(exchanges),
            _ => self.exchange(exchanges),
        }
    }

    fn exchange(&mut self, exchanges: usize) -> Result<()> {
        let Self { contender, scenario, runtime, expected, first_ns, .. } = self;
        runtime.block_on(async {
            for _ in 0..exchanges {
                let mut sink = Sink::default();
                let begun = Instant::now();
                match scenario.kind {
                    Kind::Unary | Kind::MockUnary => contender.oneshot(&PROMPT, &mut sink).await?,
                    Kind::Fold => contender.fold(&PROMPT, &mut sink).await?,
                    _ => contender.stream(&PROMPT, &mut sink).await?,
                }
                sink.check(*expected, C::TRIMS)?;
                if let Some(first) = sink.first() {
                    first_ns.push(nanos(first.duration_since(begun)));
                }
            }
            Ok(())
        })
    }

    fn framing(&self, exchanges: usize) -> Result<()> {
        // Every event has one line of data: `data: `, the data, two line feeds.
        let whole: usize = self.body.iter().map(Bytes::len).sum();
        let expected = whole - (self.scenario.chunks() + 4) * "data: \n\n".len();
        for _ in 0..exchanges {
            let bytes = self.contender.frames(&self.body)?.context("it has no framing of its own")?;
            ensure!(bytes == expected, "frames are incomplete: {bytes} bytes in place of {expected}");
        }
        Ok(())
    }

    fn encode(&self, exchanges: usize) -> Result<()> {
        let encode = self.encode.as_ref().context("it can't be asked for the body alone")?;
        for _ in 0..exchanges {
            let bytes = encode()?;
            ensure!(bytes > 200 * 500, "the body is incomplete: {bytes} bytes");
        }
        Ok(())
    }

    /// Memory only: CPU time would mostly be that of sleeping.
    fn crowd(self, streams: usize) -> Result<Sample> {
        let before = machine::peak_memory();
        let Self { contender, runtime, expected, .. } = self;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let exchange = |contender: Rc<C>| async move {
                let mut sink = Sink::default();
                contender.stream(&PROMPT, &mut sink).await?;
                sink.check(expected, C::TRIMS)
            };
            let tasks: Vec<_> =
                (0..streams).map(|_| tokio::task::spawn_local(exchange(Rc::clone(&contender)))).collect();
            for task in tasks {
                task.await??;
            }
            anyhow::Ok(())
        })?;
        let grown = machine::peak_memory().zip(before).map(|(after, before)| after.saturating_sub(before));
        #[expect(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
        let each = grown.map(|grown| grown as f64 / streams as f64);
        Ok(Sample { memory_kib: each, ..Sample::default() })
    }
}

fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
