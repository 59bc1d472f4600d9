//! Printing: colour on a terminal, nothing but text in a pipe, and no control characters of
//! scraped text on either.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anstyle::{AnsiColor, Style};

/// A heading of a listing.
pub(crate) const STRONG: Style = Style::new().bold();
/// What goes.
pub(crate) const GONE: Style = AnsiColor::Red.on_default();
/// What stays.
pub(crate) const STAYS: Style = AnsiColor::Green.on_default();
/// What is worth a look.
pub(crate) const LOOK: Style = AnsiColor::Yellow.on_default();
/// What is said beside the matter.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// A text that may be shown on a terminal: control characters (all but line breaks and tabs),
/// and the marks that reorder text, become U+FFFD. Scraped text can hold escape sequences.
pub(crate) fn sanitise(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                '\u{FFFD}'
            }
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => '\u{FFFD}',
            c => c,
        })
        .collect()
}

/// A text on one line, of so many characters at most, safe for a terminal.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let flat: Vec<&str> = text.split_whitespace().collect();
    let flat = flat.join(" ");
    let mut short: String = flat.chars().take(most).collect();
    if short.len() < flat.len() {
        short.push('…');
    }
    sanitise(&short)
}

/// Standard output with colours that vanish in a pipe.
pub(crate) fn out() -> impl Write {
    io::BufWriter::new(anstream::stdout().lock())
}

/// Ends a command that wrote to standard output: a reader that went away is no error.
pub(crate) fn written(result: io::Result<()>) -> Result<(), super::Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| super::Failure(format!("standard output: {error}"))),
    }
}

/// Prints an error to standard error.
pub(crate) fn error(message: &str) {
    let mut err = anstream::stderr().lock();
    // Nothing is left to say it to if standard error is gone.
    let _ = writeln!(err, "{GONE}error{GONE:#}: {}", sanitise(message));
}

/// True if nothing but errors is to be printed.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From here on notes and warnings are not printed.
pub(crate) fn be_quiet() {
    QUIET.store(true, Relaxed);
}

/// Prints a warning to standard error, unless it is to be quiet.
pub(crate) fn warning(message: &str) {
    if QUIET.load(Relaxed) {
        return;
    }
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{LOOK}warning{LOOK:#}: {}", sanitise(message));
}

/// Prints a note to standard error, unless it is to be quiet.
pub(crate) fn note(message: &str) {
    if QUIET.load(Relaxed) {
        return;
    }
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{LOOK}note{LOOK:#}: {}", sanitise(message));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_bidi_marks_do_not_reach_the_terminal() {
        let shown = sanitise("a\u{1b}[31mred\u{202e}\u{9b}2J\u{7}\r\nb\tc");
        assert_eq!(shown, "a\u{fffd}[31mred\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}\nb\tc");
    }
}
