//! Inputs and outputs in object stores, against servers that the tests start on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

#[path = "../common/mod.rs"]
mod common;
mod servers;

use common::contents;
use servers::{Azure, Gate, S3, Web, s3, web};

/// One cheap rule: what is tried here is not how documents are judged.
const RULES: &str = r#"
format = 1
about = "One rule."
category = "boilerplate"

[rules.stamp]
about = "A stamp"
why = "It is on each page."
scope = "block"
when = { phrases = ["stamped at the weir"] }
action = "remove"
hits = ["This page was stamped at the weir."]
misses = ["The letter was stamped in town."]
"#;

/// A command that knows this server and nothing else of the world.
fn tamis(folder: &Path, server: std::net::SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let of_store = ["AWS_", "GOOGLE_", "AZURE_", "AZURITE_"];
        let is_of_store = of_store.iter().any(|start| name.starts_with(start));
        if is_of_store || name.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("AWS_ENDPOINT_URL", format!("http://{server}"))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "tester")
        .env("AWS_SECRET_ACCESS_KEY", "tested");
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs a command that must end with this code; what it said.
fn run(folder: &Path, server: std::net::SocketAddr, code: i32, arguments: &[&str]) -> String {
    let output = tamis(folder, server, arguments).output().expect("the program starts");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

fn lines(count: u64, seed: u64) -> Vec<u8> {
    let mut all = Vec::new();
    for n in 0..count {
        let word = (n + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let text = format!(
            "The weir was opened {n} times before noon.\\n\\nThis page was stamped at the weir.\\n\\n\
             Of {word:x} boats none went down, {:x} waited.",
            word.rotate_left(9)
        );
        writeln!(all, "{{\"id\": \"{n}\", \"text\": \"{text}\"}}").expect("memory");
    }
    all
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Files of all kinds, under names that a store or an address could trip over.
fn files() -> BTreeMap<&'static str, Vec<u8>> {
    let page = "<html><body><p>The lock keeper's house stands empty.</p></body></html>";
    BTreeMap::from([
        ("a/plain.jsonl", lines(300, 1)),
        ("a/packed.jsonl.gz", gz(&lines(300, 2))),
        ("a/b/packed.jsonl.zst", zstd::encode_all(&*lines(300, 3), 1).expect("memory")),
        ("a/b/page.html", page.as_bytes().to_vec()),
        ("empty.txt", Vec::new()),
        ("odd name+&=.txt", b"A note on the door: back at noon.\n".to_vec()),
        ("broken.jsonl.gz", gz(&lines(300, 4))[..900].to_vec()),
        ("not-read.bin", b"\0\x01".to_vec()),
        (".hidden.txt", b"nobody sees this\n".to_vec()),
    ])
}

fn write_all(folder: &Path, files: &BTreeMap<&str, Vec<u8>>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

fn put_all(server: &S3, bucket: &str, prefix: &str, files: &BTreeMap<&str, Vec<u8>>) {
    server.bucket(bucket);
    for (name, bytes) in files {
        let name = name.replace(' ', "%20").replace('+', "%2B").replace('&', "%26");
        server.put(bucket, &format!("{prefix}{name}"), bytes);
    }
}

/// A folder with the rules in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("rules.toml"), RULES).expect("a file");
    folder
}

/// What a run left in a folder, without what only a folder has.
fn run_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let mut files: BTreeMap<String, Vec<u8>> =
        contents(folder).into_iter().map(|(path, bytes)| (name(path), bytes)).collect();
    files.remove("_tamis/lock");
    files
}

/// What a run left below a prefix.
fn run_at(server: &S3, bucket: &str, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let escape = |key: &str| key.replace(' ', "%20").replace('+', "%2B").replace('&', "%26");
    server
        .keys(bucket)
        .into_iter()
        .map(|key| key.replace("&amp;", "&"))
        .filter_map(|key| Some((key.strip_prefix(prefix)?.to_owned(), key)))
        .filter(|(name, _)| name != "_tamis/run.json")
        .map(|(name, key)| {
            let bytes = common::timeless(Path::new(&name), server.get(bucket, &escape(&key)));
            (name, bytes)
        })
        .collect()
}

#[track_caller]
fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in found {
        assert!(Some(bytes) == expected.get(name), "{name} differs");
    }
}

#[test]
fn a_bucket_is_read_and_written_as_a_folder_is() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    let files = files();
    write_all(&root.join("in"), &files);
    put_all(server, "as-a-folder", "corpus/in/", &files);
    let all = ["--rules", "./rules.toml"];
    let here = run(root, server.address, 3, &[&["clean", "in", "-o", "here"], &all[..]].concat());
    let from = "s3://as-a-folder/corpus/in/";
    let there = run(root, server.address, 3, &[&["clean", from, "-o", "there"], &all[..]].concat());
    assert!(there.contains("broken.jsonl.gz: truncated gzip data"), "{there}");
    assert_eq!(here.matches("not a known extension").count(), 1, "{here}");
    assert_eq!(there.matches("not a known extension").count(), 1, "{there}");
    assert_same(&run_in(&root.join("there")), &run_in(&root.join("here")));

    // And out again, into the bucket that it is read from.
    let from = "s3://as-a-folder/corpus/";
    let to = "s3://as-a-folder/corpus/out/";
    run(root, server.address, 3, &[&["clean", from, "-o", "in-again"], &all[..]].concat());
    let told = run(root, server.address, 3, &[&["clean", from, "-o", to], &all[..]].concat());
    assert!(told.contains("s3://as-a-folder/corpus/out/_tamis/report.html says why"), "{told}");
    assert_same(&run_at(server, "as-a-folder", "corpus/out/"), &run_in(&root.join("in-again")));
    let run_json = server.get("as-a-folder", "corpus/out/_tamis/run.json");
    assert!(String::from_utf8_lossy(&run_json).contains("\"state\": \"done\""));

    // What is in the store is restored as what is in a folder.
    run(root, server.address, 0, &["restore", "in-again", "-o", "back/of-folder"]);
    let told = run(root, server.address, 0, &["restore", to, "-o", "back/of-store"]);
    assert!(told.contains("files restored"), "{told}");
    assert_eq!(contents(&root.join("back/of-store")), contents(&root.join("back/of-folder")));
    assert_eq!(fs::read_dir(root.join("back")).expect("a folder").count(), 2, "no copy is left");

    let left: Vec<_> = fs::read_dir(root).expect("a folder").flatten().collect();
    assert!(!left.iter().any(|entry| entry.file_name().to_string_lossy().starts_with('.')));
    assert_eq!(server.unfinished("as-a-folder"), 0);

    // What stands there: a run that is done, another that is to be replaced, something else.
    let clean = |more: &[&str], code| {
        run(root, server.address, code, &[&["clean", from, "-o", to], &all[..], more].concat())
    };
    assert!(clean(&[], 2).contains("holds an earlier run; --overwrite replaces it"));
    assert!(clean(&["--resume"], 3).contains("the run is done already"));
    server.put("as-a-folder", "corpus/out/mine.bin", b"mine");
    let narrower = ["clean", "s3://as-a-folder/corpus/in/a/", "-o", to, "--overwrite"];
    run(root, server.address, 0, &[&narrower[..], &all[..]].concat());
    let now = run_at(server, "as-a-folder", "corpus/out/");
    assert!(now.contains_key("mine.bin") && now.contains_key("plain.jsonl"), "{:?}", now.keys());
    assert!(!now.contains_key("in/empty.txt"), "it was of the run that is replaced");
    let told = run(root, server.address, 2, &["clean", "in", "-o", "s3://as-a-folder/corpus/in"]);
    assert!(told.contains("and no run of tamis"), "{told}");
}

#[test]
fn objects_are_taken_by_name_and_by_pattern() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    put_all(server, "by-name", "", &files());
    let names = |from: &[&str]| {
        let _ = fs::remove_dir_all(root.join("out"));
        let all = ["-o", "out", "--rules", "./rules.toml", "--quiet"];
        run(root, server.address, 0, &[&["clean"], from, &all[..]].concat());
        let files = run_in(&root.join("out"));
        files.into_keys().filter(|name| !name.starts_with("_tamis")).collect::<Vec<_>>()
    };
    assert_eq!(names(&["s3://by-name/a/b/page.html"]), ["page.html.txt"]);
    assert_eq!(names(&["s3://by-name/odd name+&=.txt"]), ["odd name+&=.txt"]);
    assert_eq!(names(&["s3://by-name/a/*.jsonl*"]), ["packed.jsonl.gz", "plain.jsonl"]);
    let all = ["b/packed.jsonl.zst", "packed.jsonl.gz", "plain.jsonl"];
    assert_eq!(names(&["s3://by-name/a/**/*.jsonl*"]), all);
    // Named twice, read once; and beside files, with names that tell them apart.
    fs::write(root.join("page.html"), "<p>A page of this machine, long enough.</p>")
        .expect("a file");
    let twice = ["s3://by-name/a/", "s3://by-name/a/b/page.html", "page.html"];
    assert_eq!(names(&twice).len(), 5);
    assert_eq!(names(&["s3://by-name/*/*/*", "s3://by-name/a/packed*"]).len(), 3);
}

#[test]
fn a_large_output_goes_up_in_parts_and_a_large_input_comes_in_ranges() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    let large = lines(120_000, 5);
    assert!(large.len() > 20_000_000);
    fs::write(root.join("large.jsonl"), &large).expect("a file");
    let rules = ["--rules", "./rules.toml", "--quiet"];
    run(root, server.address, 0, &[&["clean", "large.jsonl", "-o", "here"], &rules[..]].concat());
    server.bucket("large");
    server.put("large", "in/large.jsonl", &large);
    // Every 3 MB the connection is cut, and taken up.
    let gate = Gate::before(server.address, 3_000_000, true);
    let clean = ["clean", "s3://large/in/", "-o", "s3://large/out", "--work-folder", "work"];
    run(root, gate.address, 0, &[&clean[..], &rules[..]].concat());
    assert!(gate.cuts() >= 5, "{}", gate.cuts());
    let here = run_in(&root.join("here"));
    assert!(here["large.jsonl"].len() > 9 << 20, "more than one part");
    assert_same(&run_at(server, "large", "out/"), &here);
    assert_eq!(fs::read_dir(root.join("work")).expect("a folder").count(), 0);
    assert_eq!(server.unfinished("large"), 0);
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    let names = ["0.jsonl", "1.jsonl", "2.jsonl", "3.jsonl"];
    server.bucket("killed");
    for (number, name) in (0..).zip(names) {
        server.put("killed", &format!("in/{name}"), &lines(60_000, number * 100_000));
    }
    let out = |name: &'static str| {
        ["clean", "s3://killed/in/", "-o", name, "--rules", "./rules.toml", "--resume", "--quiet"]
    };
    run(root, server.address, 0, &out("here"));

    let to = out("s3://killed/out");
    let mut times = 0;
    let ended = loop {
        let mut going = tamis(root, server.address, &to)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Each time until one more output is there.
        let before = server.keys("killed").len();
        let until = Instant::now() + Duration::from_secs(120);
        let ended = loop {
            if let Some(ended) = going.try_wait().expect("a state") {
                break Some(ended);
            }
            if times < 4 && server.keys("killed").len() > before {
                going.kill().expect("it can be killed");
                going.wait().expect("it ends");
                break None;
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        // All that is seen under its name is whole.
        for (name, bytes) in run_at(server, "killed", "out/") {
            if let Some(whole) = run_in(&root.join("here")).get(&name) {
                assert!(bytes == *whole, "{name}");
            }
        }
        if let Some(ended) = ended {
            break ended;
        }
        times += 1;
        if times == 1 {
            // Only with the same inputs.
            server.put("killed", "in/3.jsonl", &lines(60_000, 7));
            let told = run(root, server.address, 2, &to);
            assert!(told.contains("`3.jsonl` has changed since"), "{told}");
            server.put("killed", "in/3.jsonl", &lines(60_000, 300_000));
            // Elsewhere nothing is known of it.
            let other = [&to[..], &["--work-folder", "elsewhere"]].concat();
            let told = run(root, server.address, 2, &other);
            assert!(told.contains("of another machine or another work folder"), "{told}");
        }
    };
    assert!(ended.success() && times > 0, "{ended}, killed {times} times");
    assert_same(&run_at(server, "killed", "out/"), &run_in(&root.join("here")));
}

#[test]
fn a_store_that_dies_ends_its_source_and_not_the_run() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    server.bucket("dies");
    server.put("dies", "in/a.jsonl", &lines(120_000, 1));
    server.put("dies", "in/b.jsonl", &lines(10, 2));
    fs::write(root.join("c.jsonl"), lines(10, 3)).expect("a file");
    // Two ranges of 8 MiB pass, the third does not.
    let gate = Gate::before(server.address, 18_000_000, false);
    let clean = ["clean", "s3://dies/in/", "c.jsonl", "-o", "out", "--rules", "./rules.toml"];
    let told = run(root, gate.address, 3, &[&clean[..], &["--retry-for", "1"]].concat());
    assert!(told.contains("error: a.jsonl: "), "{told}");
    let out = run_in(&root.join("out"));
    assert!(out["a.jsonl"].len() > 1_000_000, "what came before it died is kept");
    assert!(out.contains_key("c.jsonl"));

    // Where it is the output that cannot be written, the run stops, and can be gone on with.
    let gate = Gate::before(server.address, 2_000, false);
    let to =
        ["clean", "c.jsonl", "-o", "s3://dies/out", "--rules", "./rules.toml", "--retry-for", "1"];
    let told = run(root, gate.address, 2, &to);
    assert!(told.contains("s3://dies/out"), "{told}");
    run(root, server.address, 0, &[&to[..], &["--resume"]].concat());
    assert!(run_at(server, "dies", "out/").contains_key("c.jsonl"));
}

#[test]
fn what_is_wrong_is_said() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    server.bucket("errors");
    server.put("errors", "a/x.txt", b"A letter from the lock keeper.");
    fs::write(root.join("x.txt"), "A letter from the lock keeper.").expect("a file");
    for (input, what) in [
        ("s3://no-such-bucket/a/", "there is no bucket `no-such-bucket`"),
        ("s3://no-such-bucket/a/x.txt", "there is no bucket `no-such-bucket`"),
        ("s3://errors/a/y.txt", "no such object"),
        ("s3://errors/a", "end the address with `/`"),
        ("s3://errors/b/", "no objects below this address"),
        ("s3://errors/b/*.txt", "no file or folder matches this pattern"),
        ("s3:///a", "names no bucket"),
        ("ftp://host/a", "`ftp://` is not known"),
        ("http://host.invalid/a.txt", "--allow-http"),
    ] {
        let told = run(root, server.address, 2, &["clean", input, "-o", "out"]);
        assert!(told.contains(what) && told.contains(input), "{input}: {told}");
        assert!(!root.join("out").exists());
    }
    for (output, what) in [
        ("s3://no-such-bucket/out", "there is no bucket `no-such-bucket`"),
        ("https://host.invalid/out", "https:// is read only"),
        ("ftp://host/out", "`ftp://` is not known"),
    ] {
        let told = run(root, server.address, 2, &["clean", "x.txt", "-o", output]);
        assert!(told.contains(what), "{output}: {told}");
    }
    server.put("errors", "going/_tamis/run.json", b"{\"state\": \"running\"}");
    for (from, to, what) in [
        ("s3://errors/a", "back", "s3://errors/a/_tamis/run.json: no such object"),
        ("s3://errors/going/", "back", "s3://errors/going/_tamis/run.json: line 1"),
        ("s3://no-such-bucket/a", "back", "there is no bucket `no-such-bucket`"),
        ("out", "s3://errors/back", "copy what is in the object store first, or afterwards"),
    ] {
        let told = run(root, server.address, 2, &["restore", from, "-o", to]);
        assert!(told.contains(what), "{from}: {told}");
    }
    let nobody = "127.0.0.1:9".parse().expect("an address");
    let unreachable =
        run(root, nobody, 2, &["clean", "s3://errors/a/", "-o", "out", "--retry-for", "0"]);
    assert!(unreachable.contains("error sending request"), "{unreachable}");

    let plain = tamis(root, server.address, &["clean", "s3://errors/a/", "-o", "out"])
        .env_remove("AWS_ALLOW_HTTP")
        .output()
        .expect("the program starts");
    assert_eq!(plain.status.code(), Some(2));
    let told = told(&plain);
    assert!(told.contains("AWS_ALLOW_HTTP=true"), "{told}");
}

#[test]
fn credentials_that_are_not_accepted_are_an_error() {
    let folder = folder();
    // One request is free, then all must be signed by a user that the server knows.
    let server = S3::start(&[("INITIAL_NO_AUTH_ACTION_COUNT", "1")]);
    server.bucket("guarded");
    let told = run(folder.path(), server.address, 2, &["clean", "s3://guarded/a/", "-o", "out"]);
    assert!(told.contains("access denied: InvalidAccessKeyId"), "{told}");
    assert!(!told.contains("tested"), "{told}");
}

#[test]
fn the_web_is_read_object_by_object() {
    let folder = folder();
    let root = folder.path();
    let bytes = lines(60_000, 9);
    assert!(bytes.len() > 9 << 20, "more than one range");
    fs::write(root.join("page.jsonl"), &bytes).expect("a file");
    let nobody = "127.0.0.1:9".parse().expect("an address");
    let rules = ["--rules", "./rules.toml", "--quiet"];
    run(root, nobody, 0, &[&["clean", "page.jsonl", "-o", "here"], &rules[..]].concat());
    for kind in [Web::Able, Web::Plain] {
        let server = web("page.jsonl", bytes.clone(), kind);
        let from = format!("http://{server}/a/page.jsonl?signature=hidden");
        let out = format!("{kind:?}");
        let told = run(root, nobody, 0, &[&["clean", &*from, "-o", &*out], &rules[..]].concat());
        assert_same(&run_in(&root.join(&out)), &run_in(&root.join("here")));
        let run_json = fs::read_to_string(root.join(&out).join("_tamis/run.json")).expect("a file");
        assert!(run_json.contains("/a/page.jsonl\"") && !run_json.contains("hidden"), "{told}");
        let gone = format!("http://{server}/gone.jsonl?signature=hidden");
        let told = run(root, nobody, 2, &["clean", &*gone, "-o", "out"]);
        assert!(told.contains("no such object") && !told.contains("hidden"), "{told}");
    }
    // What no name tells, the first bytes do.
    let server = web(
        "download",
        gz(b"<html><p>The keeper of the lock is away today.</p></html>"),
        Web::Able,
    );
    let from = format!("http://{server}/download");
    run(root, nobody, 0, &["clean", &*from, "-o", "told", "--quiet"]);
    assert!(root.join("told/download.txt").exists() || root.join("told/download.txt.gz").exists());
}

/// Files of this machine into a store, from there into it again and back; all the same as in folders.
fn goes_round(root: &Path, command: impl Fn(&[&str]) -> Command, store: &str) {
    let files = BTreeMap::from([
        ("large.jsonl", lines(120_000, 6)),
        ("a/small one.jsonl", lines(100, 7)),
        ("a/note+&=.txt", b"A note on the door: back at noon.\n".to_vec()),
    ]);
    write_all(&root.join("in"), &files);
    let run = |arguments: &[&str]| {
        let output = command(arguments).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", told(&output));
    };
    let clean = |from: &str, to: &str| {
        run(&["clean", from, "-o", to, "--rules", "./rules.toml", "--quiet"]);
    };
    clean("in", "one");
    clean("one", "two");
    let (there, again) = (format!("{store}/one"), format!("{store}/two"));
    clean("in", &there);
    clean(&format!("{there}/"), &again);
    clean(&format!("{there}/a/*.txt"), "note");
    clean(&format!("{again}/"), "three");
    let two = run_in(&root.join("two"));
    assert!(two["large.jsonl"].len() > 9 << 20, "more than one part");
    let documents = |folder: &str| {
        let mut all = run_in(&root.join(folder));
        all.retain(|name, _| !name.starts_with("_tamis"));
        all
    };
    assert_eq!(documents("note").keys().collect::<Vec<_>>(), ["note+&=.txt"]);
    // Cleaned once more nothing changes.
    assert_same(&documents("three"), &documents("two"));
    run(&["restore", &there, "-o", "back"]);
    assert_same(&documents("back"), &documents("in"));
    // What stands there is seen, and replaced.
    let args = ["clean", "in/a", "-o", &there, "--rules", "./rules.toml", "--quiet"];
    assert_eq!(command(&args).output().expect("the program starts").status.code(), Some(2));
    run(&[&args[..], &["--overwrite"]].concat());
    clean(&format!("{there}/"), "four");
    assert_eq!(documents("four").len(), 2);
}

#[test]
fn googles_addresses_are_read_and_written() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    server.bucket("googles");
    let key = format!(
        "{{\"gcs_base_url\": \"http://{}\", \"disable_oauth\": true, \"client_email\": \"\", \
          \"private_key\": \"\", \"private_key_id\": \"\"}}",
        server.address
    );
    let command = |arguments: &[&str]| {
        let mut command = tamis(root, "127.0.0.1:9".parse().expect("an address"), arguments);
        command.env("GOOGLE_SERVICE_ACCOUNT_KEY", &key);
        command
    };
    goes_round(root, command, "gs://googles/a folder");
    assert_eq!(server.unfinished("googles"), 0);
}

#[test]
fn azures_addresses_are_read_and_written() {
    let (server, folder) = (Azure::start(), folder());
    let root = folder.path();
    server.container("azures");
    let command = |arguments: &[&str]| {
        let mut command = tamis(root, "127.0.0.1:9".parse().expect("an address"), arguments);
        command
            .env("AZURE_STORAGE_USE_EMULATOR", "true")
            .env("AZURITE_BLOB_STORAGE_URL", format!("http://{}", server.address));
        command
    };
    goes_round(root, command, "az://azures/a folder");
}

#[test]
fn an_upload_that_is_cut_off_leaves_nothing_under_its_name() {
    let (server, folder) = (s3(), folder());
    let root = folder.path();
    server.bucket("cut-off");
    fs::write(root.join("large.jsonl"), lines(120_000, 8)).expect("a file");
    let to = |out: &'static str| {
        ["clean", "large.jsonl", "-o", out, "--rules", "./rules.toml", "--quiet"]
    };
    run(root, server.address, 0, &to("here"));
    let here = run_in(&root.join("here"));
    // A part is 8 MiB.
    let gate = Gate::that_stops(server.address, 5_000_000);
    let is_there =
        |out: &str| server.keys("cut-off").iter().any(|key| *key == format!("{out}/large.jsonl"));
    let until = |what: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(120);
        while !what() {
            assert!(Instant::now() < until, "it does not come to that");
            std::thread::sleep(Duration::from_millis(20));
        }
    };

    // The store falls silent: the run ends, and what was sent is taken back.
    let gives_up = [&to("s3://cut-off/out")[..], &["--retry-for", "1"]].concat();
    let output = tamis(root, gate.address, &gives_up)
        .env("AWS_TIMEOUT", "2 seconds")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("s3://cut-off/out/large.jsonl"), "{}", told(&output));
    until(&|| server.unfinished("cut-off") == 0);
    assert!(!is_there("out"));

    // A signal in the middle: the same.
    let resume = [&to("s3://cut-off/out")[..], &["--resume"]].concat();
    let mut going = tamis(root, gate.address, &resume).spawn().expect("the program starts");
    until(&|| server.unfinished("cut-off") == 1);
    let kill = Command::new("kill").args(["-TERM", &going.id().to_string()]).status();
    assert!(kill.expect("kill is there").success());
    assert!(!going.wait().expect("it ends").success());
    until(&|| server.unfinished("cut-off") == 0);
    assert!(!is_there("out"));

    // Nobody takes back what was killed, but nobody sees it either.
    let killed = |arguments: &[&str]| {
        let before = server.unfinished("cut-off");
        let mut going = tamis(root, gate.address, arguments).spawn().expect("the program starts");
        until(&|| server.unfinished("cut-off") > before);
        going.kill().expect("it can be killed");
        going.wait().expect("it ends");
    };
    killed(&resume);
    assert!(!is_there("out"));
    run(root, server.address, 0, &resume);
    assert_same(&run_at(server, "cut-off", "out/"), &here);
    assert_eq!(server.unfinished("cut-off"), 1, "it stays until a rule of the bucket clears it");

    // Killed, and the work folder is gone.
    let to = [&to("s3://cut-off/lost")[..], &["--work-folder", "work"]].concat();
    killed(&to);
    assert!(!is_there("lost"));
    fs::remove_dir_all(root.join("work")).expect("it is there");
    for more in [&["--resume"][..], &[]] {
        let told = run(root, server.address, 2, &[&to[..], more].concat());
        assert!(told.contains("without that folder --overwrite begins it anew"), "{told}");
    }
    run(root, server.address, 0, &[&to[..], &["--overwrite"]].concat());
    assert_same(&run_at(server, "cut-off", "lost/"), &here);
}
