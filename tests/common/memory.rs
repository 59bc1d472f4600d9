//! How much memory the program takes while it runs.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// No run may take longer, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(240);

/// Peak resident memory of a child so far, in bytes; `None` where the system does not tell.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Waits for a child: its exit code, and its peak resident memory in bytes (0 where the system does
/// not tell).
pub(crate) fn watched(mut child: Child) -> (Option<i32>, u64) {
    let began = Instant::now();
    let mut most = 0;
    loop {
        most = most.max(peak(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("a child") {
            return (status.code(), most);
        }
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the program does not end");
        }
        thread::sleep(Duration::from_millis(2));
    }
}
