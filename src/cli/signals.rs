//! `tamis signals`: the signals that rules can ask for.

use std::io::Write as _;

use clap::Args;

use super::terminal::{self, STRONG, written};
use super::{DONE, Failure};

#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<u8, Failure> {
    let mut out = terminal::out();
    for signal in tamis::signals::all() {
        let scopes: Vec<&str> = signal.scopes.iter().map(|scope| scope.name()).collect();
        written(writeln!(
            out,
            "{STRONG}{}{STRONG:#}  {}, {}\n    {}",
            signal.name,
            signal.unit.name(),
            scopes.join(" "),
            signal.about
        ))?;
    }
    written(out.flush())?;
    Ok(DONE)
}
