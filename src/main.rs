//! The program `tamis`: parses arguments, calls a command, turns its result into an exit code.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::main()
}
