//! The program `tamis`: parses arguments, calls a command, turns its result into an exit code.

use std::process::ExitCode;

mod cli;

/// Documents are many small allocations; this allocator makes the program a tenth faster than the
/// system's. Users of the library choose their own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
