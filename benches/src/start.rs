//! The start of a program, seen from the vendor's side.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::machine;
use crate::measure::Sample;
use crate::scenario::Scenario;
use crate::vendor;

/// Longer than any program takes to send its first byte.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the program that `command` makes for a port, and waits for the first byte of its one request: the wall time of the
/// sample. Its CPU time is what the program says it has used until it had the answer.
pub(crate) fn measure(scenario: Scenario, command: impl FnOnce(u16) -> Result<Command>) -> Result<Sample> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut command = command(listener.local_addr()?.port())?;
    let begun = Instant::now();
    let process = command.stdout(Stdio::piped()).spawn()?;
    listener.set_nonblocking(true)?;
    let mut stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                ensure!(begun.elapsed() < PATIENCE, "the program never called");
                // Far below what a program takes to start, and it leaves the program a core.
                std::thread::sleep(Duration::from_micros(20));
            }
            Err(error) => return Err(error.into()),
        }
    };
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = vec![0; 64 << 10];
    let mut filled = stream.read(&mut request)?;
    let first = begun.elapsed();
    while !vendor::is_whole(&request[..filled]) {
        match stream.read(&mut request[filled..])? {
            0 => bail!("the program went away"),
            read => filled += read,
        }
    }
    stream.write_all(&vendor::unary(scenario))?;
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "the program failed");
    let mut sample: Sample =
        serde_json::from_slice(&output.stdout).context("the program printed no sample")?;
    sample.wall_ns = Some(machine::nanos(first));
    Ok(sample)
}
