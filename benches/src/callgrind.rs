//! Instructions, counted by valgrind's callgrind: slow, and the same however busy the machine is.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Whether valgrind can be started.
pub(crate) fn is_present() -> bool {
    let mut version = Command::new("valgrind");
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The instructions of a whole run of the program with these arguments.
pub(crate) fn instructions(command: &Command) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output = valgrind.arg(command.get_program()).args(command.get_args()).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {told}");
    collected(&told).with_context(|| format!("valgrind told no number of instructions: {told}"))
}

/// The number in a line like `==12== Collected : 8096475`.
fn collected(told: &str) -> Option<u64> {
    told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_in_what_valgrind_tells() {
        let told =
            "==7== Events    : Ir\n==7== Collected : 8096475\n==7== \n==7== I   refs:      8,096,475\n";
        assert_eq!(collected(told), Some(8_096_475));
        assert_eq!(collected("==7== Bad option"), None);
    }
}
