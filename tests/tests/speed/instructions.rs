//! Instructions, counted by valgrind's callgrind over this very test program.

use std::process::{Command, Stdio};

use crate::work::Work;

/// Few and many runs: what the many cost more is free of the start of the program.
const RUNS: [u32; 2] = [2, 4];

/// Whether instructions can be counted here, and if not why.
pub(crate) fn valgrind() -> Result<(), &'static str> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the committed numbers are those of Linux on x86-64");
    }
    let mut version = Command::new("valgrind");
    let started = version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    started.map(|_| ()).map_err(|_| "valgrind is not installed")
}

/// The instructions of each call or chunk.
pub(crate) fn of(work: Work) -> f64 {
    let [few, many] = RUNS.map(|runs| whole(work, runs));
    (many - few) / f64::from((RUNS[1] - RUNS[0]) * work.units())
}

/// The instructions of a program that does the work so often.
fn whole(work: Work, runs: u32) -> f64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "instructions::run", "--ignored"])
        .env("AI_SPEED_WORK", work.name())
        .env("AI_SPEED_RUNS", runs.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "valgrind failed: {told}");
    let number = told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    number.unwrap_or_else(|| panic!("valgrind told no number of instructions: {told}"))
}

#[test]
#[ignore = "the other side of `whole`, which starts it under valgrind"]
fn run() {
    #[expect(clippy::disallowed_methods, reason = "the order comes from the parent process")]
    let told = |name| std::env::var(name).expect("started by `whole`");
    let work = Work::all().find(|work| work.name() == told("AI_SPEED_WORK")).unwrap();
    work.prepare().run(told("AI_SPEED_RUNS").parse().unwrap());
}
