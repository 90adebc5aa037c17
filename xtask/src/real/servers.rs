//! Servers that run for a while and end with us, whatever happens.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Python imports protobuf classes and node compiles fixtures before they listen.
const START_LIMIT: Duration = Duration::from_secs(60);
// The tests have a process that needs to be killed.
const STOP_LIMIT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 3000 });

/// What was started. Each process leads a group of its own, and all groups end when this is dropped or when we are
/// interrupted.
#[derive(Debug)]
pub(crate) struct Servers {
    logs: PathBuf,
    leaders: Arc<Mutex<Vec<Child>>>,
    starting: Vec<Starting>,
}

/// A server that may not listen yet.
#[derive(Debug)]
struct Starting {
    name: String,
    leader: usize,
    port: u16,
    log: PathBuf,
}

/// A validator, and where it writes what it found.
#[derive(Debug)]
pub(crate) struct Validator {
    pub(crate) port: u16,
    pub(crate) log: PathBuf,
}

impl Servers {
    /// Nothing yet. What servers print goes to files in the folder `logs`.
    pub(crate) fn new(logs: &Path) -> Result<Self> {
        let leaders = Arc::<Mutex<Vec<Child>>>::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("could not wait for signals")?;
        let started = Arc::clone(&leaders);
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                stop(&started);
                // The shells' way to say which signal ended a program.
                std::process::exit(128 + signal);
            }
        });
        Ok(Self { logs: logs.to_owned(), leaders, starting: Vec::new() })
    }

    /// aimock on a free port: with the settings in a JSON file, or as a module that starts it.
    pub(crate) fn aimock(&mut self, scripts: &Path, scratch: &Path, from: &str) -> Result<u16> {
        let port = free_port()?;
        let mut command = Command::new("node");
        command.current_dir(scripts.join("aimock")).env("REAL", scratch);
        if from.ends_with(".json") {
            command.arg(scratch.join("npm/aimock/node_modules/.bin/aimock"));
            command.args(["--config", from, "--port", &port.to_string()]);
        } else {
            command.args([from, &port.to_string()]);
        }
        self.serve(format!("aimock-{from}"), command, port)?;
        Ok(port)
    }

    /// The validating proxy in front of a port.
    pub(crate) fn validator(
        &mut self,
        scripts: &Path,
        scratch: &Path,
        name: &str,
        upstream: u16,
    ) -> Result<Validator> {
        let port = free_port()?;
        let log = self.logs.join(format!("conform-{name}.jsonl"));
        fs::write(&log, "")?;
        let mut command = Command::new(scratch.join("venvs/genlang/bin/python"));
        command.arg(scripts.join("conform/conform.py")).arg("proxy").arg("--log").arg(&log);
        command.args(["--listen", &port.to_string(), "--upstream", &format!("http://127.0.0.1:{upstream}")]);
        self.serve(format!("conform-{name}"), command, port)?;
        Ok(Validator { port, log })
    }

    /// Runs a program with our standard output and error, and says whether it succeeded.
    pub(crate) fn run_to_end(&mut self, name: &str, mut command: Command) -> Result<bool> {
        command.stdin(Stdio::null());
        let started = self.start(name, command)?;
        loop {
            if let Some(status) = self.ended(started)? {
                return Ok(status.success());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for everything that was started.
    pub(crate) fn listen(&mut self) -> Result<()> {
        for Starting { name, leader, port, log } in std::mem::take(&mut self.starting) {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let start = Instant::now();
            while TcpStream::connect(address).is_err() {
                if let Some(status) = self.ended(leader)? {
                    bail!("{name} ended before it listened ({status}): {}", last_lines(&log));
                }
                if start.elapsed() > START_LIMIT {
                    bail!("{name} does not listen after {} s: {}", START_LIMIT.as_secs(), last_lines(&log));
                }
                thread::sleep(Duration::from_millis(50));
            }
            println!("{name} listens on {address}");
        }
        Ok(())
    }

    fn serve(&mut self, name: String, mut command: Command, port: u16) -> Result<()> {
        let log = self.logs.join(format!("{name}.log"));
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output);
        let leader = self.start(&name, command)?;
        self.starting.push(Starting { name, leader, port, log });
        Ok(())
    }

    /// Starts a process at the head of a group of its own; gives its number here.
    fn start(&mut self, name: &str, mut command: Command) -> Result<usize> {
        // Held while the process starts, so that an interrupt can't fall between its start and its entry here.
        let mut leaders = self.leaders.lock().unwrap_or_else(PoisonError::into_inner);
        let leader = command.process_group(0).spawn().with_context(|| {
            format!("could not start {name} (`{}`)", command.get_program().to_string_lossy())
        })?;
        leaders.push(leader);
        Ok(leaders.len() - 1)
    }

    fn ended(&self, started: usize) -> Result<Option<ExitStatus>> {
        let mut leaders = self.leaders.lock().unwrap_or_else(PoisonError::into_inner);
        let leader = leaders.get_mut(started).context("everything was stopped")?;
        Ok(leader.try_wait()?)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        stop(&self.leaders);
    }
}

/// Ends every group: politely first, then for good.
fn stop(leaders: &Mutex<Vec<Child>>) {
    // Kept until the end: whoever is starting something now finds us done, or waits and is killed with us.
    let mut leaders = leaders.lock().unwrap_or_else(PoisonError::into_inner);
    // A group that is gone already is what we want, so nothing here is an error.
    let send = |leaders: &[Child], signal| {
        leaders.iter().for_each(|leader| _ = kill_process_group(Pid::from_child(leader), signal));
    };
    send(&leaders, Signal::TERM);
    let start = Instant::now();
    while start.elapsed() < STOP_LIMIT && leaders.iter_mut().any(is_alive) {
        thread::sleep(Duration::from_millis(20));
    }
    send(&leaders, Signal::KILL);
    leaders.iter_mut().for_each(|leader| _ = leader.wait());
    leaders.clear();
}

/// Whether anything of a leader's group is left. Asking takes the leader's exit status, without which it would stay
/// in the group as a zombie.
fn is_alive(leader: &mut Child) -> bool {
    let _ = leader.try_wait();
    test_kill_process_group(Pid::from_child(leader)).is_ok()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    #[test]
    fn dropping_ends_the_group_with_its_children() {
        let mut servers = Servers::new(Path::new("")).unwrap();
        let mut command = Command::new("sh");
        // Shell and child ignore the polite signal, and the child has the pipe too: it closes when both are dead.
        command
            .args(["-c", "trap '' TERM; echo ready; (sleep 5; echo survived) & wait"])
            .stdout(Stdio::piped());
        servers.start("stubborn", command).unwrap();
        let pipe = servers.leaders.lock().unwrap()[0].stdout.take().unwrap();
        let mut lines = BufReader::new(pipe).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        drop(servers);
        assert!(lines.next().is_none());
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_its_last_words() {
        let logs = std::env::temp_dir().join(format!("xtask-real-ends-{}", std::process::id()));
        fs::create_dir_all(&logs).unwrap();
        let mut servers = Servers::new(&logs).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such fixture; exit 3"]);
        servers.serve("mock".into(), command, free_port().unwrap()).unwrap();
        let error = servers.listen().unwrap_err().to_string();
        assert!(error.contains("ended before it listened") && error.contains("no such fixture"), "{error}");
        drop(servers);
        fs::remove_dir_all(logs).unwrap();
    }
}
