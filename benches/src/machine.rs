//! What the operating system knows of this process: CPU time, memory, the core it runs on.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Which side of the wire a process is. Each gets a core of its own where there are two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Vendor,
    Client,
}

/// Pins the process to its core and allows it a thousand connections. Where that is not possible the numbers only get noisier,
/// or the crowd fails and says so.
pub(crate) fn prepare(role: Role) {
    let limit = getrlimit(Resource::Nofile);
    _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let Ok(allowed) = sched_getaffinity(None) else { return };
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let core = match role {
            Role::Vendor => cores.next(),
            Role::Client => cores.nth(1),
        };
        if let Some(core) = core {
            let mut only = CpuSet::new();
            only.set(core);
            _ = sched_setaffinity(None, &only);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = role;
}

/// The CPU time that the process has used, user and system.
pub(crate) fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The most memory that the process has had so far, in KiB; `None` where there is no `/proc`.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// A time in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "what is measured here is far below 2^52 nanoseconds")]
pub(crate) fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}
