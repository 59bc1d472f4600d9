//! What holds for all commands: how much is said, in which colours, by which settings.

use std::io::IsTerminal as _;

use clap::{ArgAction, Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::config::Resolved;
use super::{Failure, terminal};

/// The environment variable that filters what is logged.
const LOG: &str = "TAMIS_LOG";

/// Options of all commands.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// Print nothing but errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say on standard error what is being done; -vv says more. TAMIS_LOG filters it finely
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to print in colour; NO_COLOR and CLICOLOR_FORCE are heeded
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Read settings from this file [default: tamis.toml, here or in a folder above]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<std::path::PathBuf>,

    /// Read no file of settings
    #[arg(long, global = true)]
    pub(crate) no_config: bool,
}

/// When to print in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// What a command knows beside its own arguments.
pub(crate) struct Session {
    /// Nothing but errors is printed.
    pub(crate) quiet: bool,
    /// Logs go to standard error, where a bar would be in their way.
    pub(crate) is_logging: bool,
    /// The settings of the command, each with its origin.
    pub(crate) settings: Resolved,
}

impl Session {
    /// Sets colours and logs up.
    ///
    /// # Errors
    /// If the filter of logs is wrong.
    pub(crate) fn begin(common: &Common, settings: Resolved) -> Result<Self, Failure> {
        match common.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        if common.quiet {
            terminal::be_quiet();
        }
        let asked = std::env::var(LOG).ok().filter(|filter| !filter.is_empty());
        let filter = match (&asked, common.verbose) {
            (Some(filter), _) => Some(filter.as_str()),
            (None, 0) => None,
            (None, 1) => Some("tamis=info"),
            (None, _) => Some("tamis=debug"),
        };
        if let Some(filter) = filter {
            let parsed = EnvFilter::try_new(filter);
            let filter = parsed.map_err(|error| Failure(format!("{LOG}: {error}")))?;
            let is_colourful = match common.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => {
                    let choice = anstream::AutoStream::choice(&std::io::stderr());
                    choice != anstream::ColorChoice::Never
                }
            };
            tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_ansi(is_colourful)
                .with_writer(std::io::stderr)
                .init();
        }
        Ok(Self { quiet: common.quiet, is_logging: filter.is_some(), settings })
    }

    /// True if standard error is a terminal on which a line may be drawn anew.
    pub(crate) fn has_terminal(&self) -> bool {
        std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }
}
