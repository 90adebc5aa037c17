//! Thousands of calls at once against a vendor that fails at random, for minutes: no call may be lost, no permit kept, and
//! memory has to stay flat. Started by `cargo xtask soak`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a program for people"
)]

mod vendor;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ai::events::{Event, EventKind};
use ai::{Ai, Config};
use clap::Parser;
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::time::Instant;

#[derive(Parser)]
struct Arguments {
    /// How long calls are made.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// How many at once.
    #[arg(long, default_value_t = 2_000)]
    calls: u32,
    /// Where chance begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What the library told of calls.
#[derive(Default)]
struct Told {
    begun: AtomicU64,
    ended: AtomicU64,
    attempts_begun: AtomicU64,
    attempts_ended: AtomicU64,
}

impl Told {
    fn take(&self, event: &Event) {
        let count = match event.kind {
            EventKind::MessageSent { .. } => &self.begun,
            EventKind::ResponseGenerated { .. }
            | EventKind::CallFailed { .. }
            | EventKind::StreamInterrupted { .. }
            | EventKind::Cancelled { .. } => &self.ended,
            EventKind::AttemptStarted { .. } => &self.attempts_begun,
            EventKind::AttemptFinished { .. } => &self.attempts_ended,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// How callers saw calls end, by name.
type Outcomes = Mutex<BTreeMap<String, u64>>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let address = vendor::start(arguments.seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let faults = runtime.block_on(soak(&arguments, &format!("http://{address}/v1")));
    faults.iter().for_each(|fault| println!("FAILED: {fault}"));
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn library(url: &str, calls: u32) -> Ai {
    let toml = format!(
        "default_model = \"first/m\"\n\
         retry = {{ attempts = 3, delay = \"2ms\", max_delay = \"20ms\" }}\n\
         circuit_breaker = {{ enabled = false }}\n\
         rate_limiting = {{ concurrency = {calls} }}\n\
         timeouts = {{ idle = \"2s\", total = \"5s\" }}\n\
         [connections.first]\ndriver = \"openai-compatible\"\nbase_url = \"{url}\"\n\
         [connections.second]\ndriver = \"openai-compatible\"\nbase_url = \"{url}\"\n"
    );
    Ai::builder().config(Config::parse("soak.toml", &toml).unwrap()).build().unwrap()
}

async fn soak(arguments: &Arguments, url: &str) -> Vec<String> {
    let (told, outcomes) = (Arc::new(Told::default()), Outcomes::default());
    let ai = library(url, arguments.calls);
    let listener = Arc::clone(&told);
    ai.events().listen(move |event: &Event| listener.take(event));
    let end = Instant::now() + Duration::from_secs_f64(arguments.minutes * 60.0);
    let callers = join_all((0..arguments.calls).map(|number| {
        let (ai, outcomes) = (&ai, &outcomes);
        async move {
            let mut chance = vendor::Chance::new(arguments.seed ^ (u64::from(number) << 20));
            while Instant::now() < end {
                let outcome = call(ai, &mut chance).await;
                *outcomes.lock().unwrap().entry(outcome).or_default() += 1;
            }
        }
    }));
    let mut memory = Vec::new();
    let watch = async {
        loop {
            tokio::time::sleep(Duration::from_secs(2)).await;
            memory.push(resident());
            let calls: u64 = outcomes.lock().unwrap().values().sum();
            println!(
                "{:>4} s left, {calls} calls, {} MiB",
                (end - Instant::now().min(end)).as_secs(),
                resident() >> 20
            );
        }
    };
    tokio::select! {
        biased;
        _ = callers => {}
        () = watch => {}
    }

    let mut faults = Vec::new();
    let outcomes = outcomes.into_inner().unwrap();
    let calls: u64 = outcomes.values().sum();
    println!("\n{calls} calls:");
    outcomes.iter().for_each(|(outcome, count)| println!("  {count:>8} {outcome}"));
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let [begun, ended, tried, tries_ended] =
        [count(&told.begun), count(&told.ended), count(&told.attempts_begun), count(&told.attempts_ended)];
    println!("told: {begun} calls begun, {ended} ended; {tried} tries begun, {tries_ended} ended");
    if (begun, ended) != (calls, calls) || tried != tries_ended {
        faults.push("a call or a try was lost".to_owned());
    }
    if let Err(fault) = permits_are_back(&ai, arguments.calls).await {
        faults.push(fault);
    }
    // The first third fills pools and caches.
    let settled = memory.len() / 3;
    let (early, late) = memory.split_at(memory.len() - memory.len() / 3);
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
    let (early, late) = (most(early.get(settled..).unwrap_or_default()), most(late));
    println!("memory: {} MiB at most in the middle third, {} MiB in the last", early >> 20, late >> 20);
    if late > early + early / 10 + (8 << 20) {
        faults.push("memory grows".to_owned());
    }
    faults
}

/// One call as a caller makes it: whole, streamed, with a second vendor or without, and now and then given up.
async fn call(ai: &Ai, chance: &mut vendor::Chance) -> String {
    let route = if chance.below(2) == 0 { ai.route() } else { ai.route().fallback("second/m") };
    let (streamed, patience) = (chance.below(2) == 0, Duration::from_millis(20 + chance.below(2_000)));
    let gives_up = chance.below(10) == 0;
    let work = async {
        if !streamed {
            return route.send("Hello").await.map(drop);
        }
        let mut stream = route.stream("Hello").await?;
        while let Some(event) = stream.next().await {
            event?;
        }
        Ok(())
    };
    let outcome = if gives_up { tokio::time::timeout(patience, work).await } else { Ok(work.await) };
    match outcome {
        Ok(Ok(())) => "answered".to_owned(),
        Ok(Err(error)) => format!("{:?}", error.kind()),
        Err(_) => "given up".to_owned(),
    }
}

/// As many calls at once as there are permits have to get through at once.
async fn permits_are_back(ai: &Ai, calls: u32) -> Result<(), String> {
    vendor::be_well();
    let all = join_all((0..calls).map(|_| ai.send("Hello")));
    match tokio::time::timeout(Duration::from_secs(60), all).await {
        Ok(answers) if answers.iter().all(Result::is_ok) => Ok(()),
        Ok(answers) => Err(format!("{:?}", answers.into_iter().find_map(Result::err))),
        Err(_) => Err("permits are gone: calls wait for ever".to_owned()),
    }
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}
