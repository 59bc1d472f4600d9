//! `tamis completions` and `tamis man`: made from the same definitions as `--help`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::terminal::{self, written};
use super::{DONE, Failure};

#[derive(Args)]
#[command(
    after_help = "For bash: `tamis completions bash > ~/.local/share/bash-completion/completions/tamis`"
)]
pub(crate) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder, in place of tamis(1) alone to standard output
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Prints a shell's completions.
pub(crate) fn completions(
    arguments: &CompletionArguments,
    mut command: Command,
) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "tamis", &mut script);
    print(&script)
}

/// Prints the man page, or writes those of all commands.
pub(crate) fn man(arguments: &ManArguments, command: Command) -> Result<u8, Failure> {
    let pages = pages(command)?;
    match &arguments.output {
        None => print(pages.first().map_or(&[], |(_, page)| page.as_slice())),
        Some(folder) => {
            let fault =
                |path: &Path, error| Failure(format!("cannot write {}: {error}", path.display()));
            std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
            for (name, page) in pages {
                let path = folder.join(format!("{name}.1"));
                std::fs::write(&path, page).map_err(|error| fault(&path, error))?;
            }
            Ok(DONE)
        }
    }
}

/// The pages of a command and all below it by their names: `tamis`, `tamis-clean`,
/// `tamis-rules-list`.
fn pages(command: Command) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut built = command;
    built.build();
    let mut left = vec![("tamis".to_owned(), built)];
    let mut pages = Vec::new();
    while let Some((name, command)) = left.pop() {
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            left.push((format!("{name}-{}", below.get_name()), below.clone()));
        }
        let mut page = Vec::new();
        // The name in the page's head is the file's.
        clap_mangen::Man::new(command.display_name(name.clone())).render(&mut page)?;
        pages.push((name, page));
    }
    pages.sort();
    Ok(pages)
}

fn print(bytes: &[u8]) -> Result<u8, Failure> {
    let mut out = terminal::out();
    written(out.write_all(bytes))?;
    written(out.flush())?;
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let pages = pages(command()).unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["tamis", "tamis-clean", "tamis-survey-merge", "tamis-rules-check", "tamis-man"]
        {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        for (name, page) in &pages {
            let page = String::from_utf8(page.clone()).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{name}");
        }
        let clean = &pages.iter().find(|(name, _)| name == "tamis-clean").unwrap().1;
        assert!(String::from_utf8_lossy(clean).contains("html\\-output"));
    }

    #[test]
    fn every_shell_has_completions_that_know_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "tamis", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("restore") && script.contains("html-output"), "{shell}");
        }
    }
}
