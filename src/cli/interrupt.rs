//! Signals that end a run: the first one ends it with its state saved, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use super::Failure;

/// What a process that a signal ended exits with, above the signal's number.
pub(crate) const BY_SIGNAL: u8 = 128;

/// Whether a signal asked the run to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    signal: Arc<AtomicI32>,
    /// True while there is a state that is worth waiting for.
    has_state: Arc<AtomicBool>,
}

impl Interrupt {
    /// The number of the signal that asked for an end.
    pub(crate) fn signal(&self) -> Option<u8> {
        u8::try_from(self.signal.load(Ordering::SeqCst)).ok().filter(|signal| *signal > 0)
    }

    /// From here on something is lost if the process ends at once.
    pub(crate) fn hold(&self) {
        self.has_state.store(true, Ordering::SeqCst);
    }

    /// All that was to be kept is.
    pub(crate) fn release(&self) {
        self.has_state.store(false, Ordering::SeqCst);
    }

    /// Listens for INT, TERM and HUP. Whatever the program is doing, it ends within two seconds, and
    /// at once where it holds nothing.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use std::time::{Duration, Instant};

        /// How long a run has for saving its state.
        const GRACE: Duration = Duration::from_millis(1700);
        const STEP: Duration = Duration::from_millis(10);

        let about = |error: String| Failure(format!("cannot listen for signals: {error}"));
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|error| about(error.to_string()))?;
        let own = Self::default();
        let seen = own.clone();
        let wait = move || {
            let Some(first) = signals.forever().next() else { return };
            seen.signal.store(first, Ordering::SeqCst);
            let until = Instant::now() + GRACE;
            while seen.has_state.load(Ordering::SeqCst)
                && Instant::now() < until
                && signals.pending().next().is_none()
            {
                std::thread::sleep(STEP);
            }
            std::process::exit(i32::from(BY_SIGNAL) + first);
        };
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(wait);
        thread.map_err(|error| about(error.to_string()))?;
        Ok(own)
    }

    /// Here the system ends the program.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self::default())
    }
}

/// A file that grows beyond what is allowed is an error when it is written, not the end of the
/// program.
#[cfg(unix)]
pub(crate) fn survive_file_limits() {
    let flag = Arc::new(AtomicBool::new(false));
    // Without it the program ends by the signal, as all others do.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag);
}

/// There are none here.
#[cfg(not(unix))]
pub(crate) fn survive_file_limits() {}
