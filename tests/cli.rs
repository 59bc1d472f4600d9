//! Commands as data: each file of `tests/cli/` sets up files, runs a command and says what must
//! come of it. The keys are those of `Case`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

/// One command and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// What the case shows.
    about: String,
    /// Arguments of the program.
    args: Vec<String>,
    /// Commands that run before and must succeed.
    #[serde(default)]
    before: Vec<Vec<String>>,
    /// Files made before, by name.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Files made before from hexadecimal digits.
    #[serde(default)]
    bytes: BTreeMap<String, String>,
    /// Variables of the environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Standard input.
    #[serde(default)]
    stdin: Option<String>,
    /// Exit code.
    code: i32,
    /// Pieces that standard output must hold, in order.
    #[serde(default)]
    stdout: Vec<String>,
    /// Pieces that standard error must hold, in order.
    #[serde(default)]
    stderr: Vec<String>,
    /// Pieces that neither may hold.
    #[serde(default)]
    nowhere: Vec<String>,
    /// Files that must be there afterwards, with their contents.
    #[serde(default)]
    then: BTreeMap<String, String>,
    /// Files that must not be there.
    #[serde(default)]
    gone: Vec<String>,
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("two digits")
        })
        .collect()
}

fn write(folder: &Path, name: &str, contents: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, contents).expect("a file");
}

fn program(folder: &Path, args: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(args).current_dir(folder).env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
    command
}

fn in_order(text: &str, pieces: &[String]) -> Result<(), String> {
    let mut at = 0;
    for piece in pieces {
        match text[at..].find(piece.as_str()) {
            Some(found) => at += found + piece.len(),
            None => return Err(format!("missing {piece:?} after byte {at} in:\n{text}")),
        }
    }
    Ok(())
}

fn run(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    for (name, contents) in &case.files {
        write(folder, name, contents.as_bytes());
    }
    for (name, digits) in &case.bytes {
        write(folder, name, &unhex(digits));
    }
    for args in &case.before {
        let done = program(folder, args).output().expect("the program starts");
        if !done.status.success() {
            return Err(format!("before: {args:?}: {}", String::from_utf8_lossy(&done.stderr)));
        }
    }
    let mut child = program(folder, &case.args)
        .envs(&case.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // The program may end without reading.
    let _ = stdin.write_all(case.stdin.clone().unwrap_or_default().as_bytes());
    drop(stdin);
    let done = child.wait_with_output().expect("the program ends");
    let stdout = String::from_utf8_lossy(&done.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.code() != Some(case.code) {
        return Err(format!(
            "exit {:?}, not {}\n{stdout}\n{stderr}",
            done.status.code(),
            case.code
        ));
    }
    in_order(&stdout, &case.stdout).map_err(|e| format!("stdout: {e}"))?;
    in_order(&stderr, &case.stderr).map_err(|e| format!("stderr: {e}\nstdout:\n{stdout}"))?;
    for piece in &case.nowhere {
        if stdout.contains(piece.as_str()) || stderr.contains(piece.as_str()) {
            return Err(format!("{piece:?} is there:\n{stdout}\n{stderr}"));
        }
    }
    for (name, expected) in &case.then {
        let found = fs::read_to_string(folder.join(name)).map_err(|e| format!("{name}: {e}"))?;
        if found != *expected {
            return Err(format!("{name} holds {found:?}\nnot {expected:?}"));
        }
    }
    for name in &case.gone {
        if folder.join(name).exists() {
            return Err(format!("{name} is there"));
        }
    }
    Ok(())
}

#[test]
fn every_command_does_what_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("tests/cli")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() > 10, "the cases are there");
    let mut failures = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a case");
        let case: Case =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if let Err(message) = run(&case) {
            failures.push(format!("{}: {}\n{message}", path.display(), case.about));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
