use std::collections::BTreeMap;

use super::*;

fn resolve_in(
    folder: &Path,
    variables: &[(&str, &str)],
    typed: &[&str],
) -> Result<Resolved, Failure> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let variable = |name: &str| variables.get(name).map(OsString::from);
    let home = Some(folder.to_owned());
    let surroundings = Surroundings { variable: &variable, folder: folder.join("in"), home };
    let typed = std::iter::once("tamis").chain(typed.iter().copied()).map(OsString::from).collect();
    resolve(typed, &surroundings)
}

fn with_file(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    std::fs::write(folder.path().join(FILE), text).unwrap();
    folder
}

fn value(resolved: &Resolved, key: &str) -> (Vec<String>, String) {
    let setting = resolved.settings.iter().find(|s| s.key == key).unwrap();
    let origin = setting.origin.to_string();
    (setting.values.clone(), origin.rsplit('/').next().unwrap().to_owned())
}

#[test]
fn an_argument_goes_before_the_environment_before_the_file_before_the_default() {
    let folder = with_file("[clean]\nthreads = 3\nmax-bytes = 1000\ntext-field = \"body\"\n");
    let variables = [("TAMIS_THREADS", "4"), ("TAMIS_MAX_BYTES", "2000")];
    let typed = ["clean", "a", "-o", "out", "--threads", "5"];
    let resolved = resolve_in(folder.path(), &variables, &typed).unwrap();
    let is = |key: &str, value_: &str, origin: &str| {
        assert_eq!(value(&resolved, key), (vec![value_.to_owned()], origin.to_owned()), "{key}");
    };
    is("threads", "5", "argument");
    is("max-bytes", "2000", "environment, TAMIS_MAX_BYTES");
    is("text-field", "body", "tamis.toml:4");
    is("html-output", "text", "default");
    let line: Vec<String> =
        resolved.arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    assert_eq!(
        line,
        [
            "tamis",
            "clean",
            "a",
            "-o",
            "out",
            "--threads",
            "5",
            "--text-field=body",
            "--max-bytes=2000"
        ]
    );
}

#[test]
fn what_is_needed_may_stand_in_the_file_and_paths_are_beside_it() {
    let text = "[clean]\noutput = \"out\"\nrules = [\"web\", \"./mine.toml\"]\nannotate = true\n";
    let folder = with_file(text);
    let resolved = resolve_in(folder.path(), &[], &["clean", "--", "a"]).unwrap();
    let own = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(value(&resolved, "output").0, [own("out")]);
    assert_eq!(value(&resolved, "rules").0, ["web".to_owned(), own("mine.toml")]);
    assert!(command().try_get_matches_from(&resolved.arguments).is_ok());
    assert_eq!(resolved.arguments.last().unwrap(), "a", "what is added stands before `--`");
    let record = resolved.record();
    assert_eq!(record["annotate"], json!(true));
    assert!(!record.contains_key("output"), "the same comes out, wherever it goes");
}

#[test]
fn a_flag_of_the_file_is_taken_back_by_the_environment() {
    let folder = with_file("[clean]\nannotate = true\n");
    let typed = ["clean", "a", "-o", "b"];
    let resolved = resolve_in(folder.path(), &[("TAMIS_ANNOTATE", "no")], &typed).unwrap();
    assert_eq!(value(&resolved, "annotate").0, ["false"]);
    assert!(!resolved.arguments.iter().any(|a| a == "--annotate"));
    let wrong = resolve_in(folder.path(), &[("TAMIS_ANNOTATE", "perhaps")], &typed);
    assert!(wrong.unwrap_err().0.contains("TAMIS_ANNOTATE"));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder =
        with_file("[clean]\nthreads = \"many\"\nhtml-outptu = \"text\"\nhtml-output = \"pdf\"\n");
    let Err(Failure(message)) = resolve_in(folder.path(), &[], &["clean", "a"]) else {
        panic!("it is wrong")
    };
    for piece in ["tamis.toml:2:11", "tamis.toml:3:1", "did you mean `html-output`?", "markdown"] {
        assert!(message.contains(piece), "{piece} is not in:\n{message}");
    }
    let Err(Failure(message)) =
        resolve_in(folder.path(), &[], &["clean", "a", "--config", "no.toml"])
    else {
        panic!("it is not there")
    };
    assert!(message.starts_with("no.toml: "), "{message}");
}

#[test]
fn overwriting_is_not_for_a_file() {
    let folder = with_file("[clean]\noverwrite = true\n");
    assert!(resolve_in(folder.path(), &[], &["clean", "a"]).is_err());
}

#[test]
fn no_file_is_read_where_none_is_wanted_or_above_a_repository() {
    let folder = with_file("[clean]\nthreads = 3\n");
    let typed = ["clean", "a", "--no-config"];
    let resolved = resolve_in(folder.path(), &[], &typed).unwrap();
    assert_eq!(resolved.file, None);
    std::fs::create_dir(folder.path().join("in/.git")).unwrap();
    assert_eq!(resolve_in(folder.path(), &[], &["clean", "a"]).unwrap().file, None);
    assert!(find(Path::new(""), None).is_none());
}

#[test]
fn commands_below_and_beside_are_left_alone() {
    let folder = with_file("[survey]\nthreads = 3\n");
    for typed in [&["survey", "merge", "a", "-o", "b"][..], &["signals"], &["clean", "--nonsense"]]
    {
        let resolved = resolve_in(folder.path(), &[], typed).unwrap();
        assert_eq!(resolved.arguments.len(), typed.len() + 1, "{typed:?}");
        assert!(resolved.settings.is_empty());
    }
    let resolved = resolve_in(folder.path(), &[], &["survey", "a", "-o", "b"]).unwrap();
    assert_eq!(value(&resolved, "threads").0, ["3"]);
}
