//! Panics that are expected: other crates' readers of damaged files panic where they should refuse.
//! They are caught and become errors; a program's panic hook need not tell of them too.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// What this thread does may panic, and is told otherwise then.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// True while this thread does work whose panics are caught and come back as an error.
///
/// The library leaves the panic hook to the program that it is part of, which may ask this in its
/// own, so that such a panic is not printed besides.
pub fn is_expected() -> bool {
    // A hook may be called when a thread has ended but for its last panic.
    EXPECTED.try_with(Cell::get).unwrap_or(false)
}

/// Does what may panic through no fault of this program; `None` if it did.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = EXPECTED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(before);
    done.ok()
}

/// What a panic that was caught says; `unknown` if it says nothing.
pub fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_expected_in_guarded_work_alone() {
        assert!(!is_expected());
        assert_eq!(caught(is_expected), Some(true));
        assert!(!is_expected());
        let nested = caught(|| {
            let inner = caught(|| std::panic::resume_unwind(Box::new("a reader's fault")));
            assert_eq!(inner, None::<()>);
            is_expected()
        });
        assert_eq!(nested, Some(true));
        assert!(!is_expected());
        let elsewhere = caught(|| std::thread::spawn(is_expected).join().unwrap());
        assert_eq!(elsewhere, Some(false));
    }
}
