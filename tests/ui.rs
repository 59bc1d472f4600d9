//! `tamis ui` over HTTP, as a browser and as a stranger would ask it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

const PROSE: &str = "The mill at the mouth of the creek ground its last corn in the spring of 1957, \
    and the wheel was sold to a brewer in the north of the county.";

/// Documents with junk in them, and a mark-up that must stay text.
fn corpus(folder: &Path) {
    let mut file = fs::File::create(folder.join("in.jsonl")).expect("a file");
    let texts = [
        format!("{PROSE}\n\nAlpha beta. Read more here.\n\n{PROSE}"),
        format!("{PROSE} Die Mühle 😀 steht still.\n\nAlpha.\n\n{PROSE}"),
        format!("<script>alert(1)</script> {PROSE}"),
        format!("{PROSE}\n\n{PROSE} It stands idle at low tide, and nobody minds."),
        String::new(),
    ];
    for (n, text) in texts.iter().enumerate() {
        writeln!(file, "{}", json!({ "id": format!("d{n}"), "lang": "en", "text": text }))
            .expect("room");
    }
}

const RULES: &str = "format = 1\nabout = 'T'\ncategory = 'links'\n\
    [rules.short]\nabout = 'A short block'\nscope = 'block'\naction = 'remove'\n\
    when = { signal = 'char_count', below = 10 }\n\
    [rules.alpha]\nabout = 'Alpha'\nscope = 'block'\nweight = 0.6\n\
    when = { phrases = ['alpha'] }\n\
    [rules.more]\nabout = 'A call'\nscope = 'block'\nweight = 0.3\n\
    when = { phrases = ['read more'] }\n";

/// A running server, ended with the test.
struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer: status, head in lower case, body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }
}

impl Server {
    fn start(folder: &Path, more: &[&str]) -> Self {
        fs::write(folder.join("t.toml"), RULES).expect("a file");
        corpus(folder);
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .args(["ui", "in.jsonl", "-r", "t.toml", "--no-open"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let rest = line.trim().strip_prefix("http://").expect("an address");
        let (address, token) = rest.split_once('/').expect("a path");
        let token = token.trim_end_matches('/').to_owned();
        Self { child, address: address.to_owned(), token }
    }

    /// Sends what is given, byte for byte.
    fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        // It may answer and close before it has read all.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(all[..end].to_vec()).expect("text").to_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head, body: all[end + 4..].to_vec() }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !has("host") {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        if method == "POST" && !has("content-length") {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        self.raw(format!("{request}\r\n{body}").as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("/{}/{path}", self.token), &[], "")
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let origin = format!("http://{}", self.address);
        let headers = [("Origin", origin.as_str()), ("Content-Type", "application/json")];
        self.ask("POST", &format!("/{}/{path}", self.token), &headers, body)
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn who_does_not_know_the_token_sees_nothing() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let (token, almost) = (&server.token, format!("{}0", &server.token[..server.token.len() - 1]));
    let almost = if almost == *token { format!("{}1", &token[..token.len() - 1]) } else { almost };
    assert!(token.len() >= 32, "128 bits in hexadecimal digits");
    for path in [
        "/".to_owned(),
        "/api/session".to_owned(),
        "/favicon.ico".to_owned(),
        format!("/{almost}/"),
        format!("/{almost}/api/session"),
        format!("/{token}0/api/session"),
        format!("/x/{token}/api/session"),
        format!("/?{token}/"),
        "/%2e%2e/".to_owned(),
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = server.ask(method, &path, &[], "");
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(answer.json()["error"], "there is nothing under this address", "{path}");
        }
    }
    assert_eq!(server.get("").status, 200);
    assert_eq!(server.get("../../etc/passwd").status, 404);
    assert_eq!(server.get("api/nothing").status, 404);
    let led = server.ask("GET", &format!("/{token}"), &[], "");
    assert_eq!(led.status, 303);
    assert!(led.head.contains(&format!("location: /{token}/")), "{}", led.head);
}

#[test]
fn it_listens_on_this_machine_alone_and_knows_its_own_name() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    let port = server.address.rsplit_once(':').expect("a port").1;
    let page = format!("/{}/api/session", server.token);
    for name in ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "[::1]", ""]
    {
        let answer = server.ask("GET", &page, &[("Host", name)], "");
        assert_eq!(answer.status, 403, "Host: {name}");
        let with_port = format!("{name}:{port}");
        let answer = server.ask("GET", &page, &[("Host", &with_port)], "");
        assert_eq!(answer.status == 200, name == "127.0.0.1", "Host: {with_port}");
    }
    let local = format!("localhost:{port}");
    assert_eq!(server.ask("GET", &page, &[("Host", &local)], "").status, 200);
    let twice = [("Host", server.address.as_str()), ("Host", "evil.example")];
    assert!(server.ask("GET", &page, &twice, "").status >= 400);
    let without = format!("GET {page} HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(server.raw(without.as_bytes()).status >= 400);
}

#[test]
fn only_its_own_page_may_change_something() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let path = format!("/{}/api/overlay", server.token);
    let own = format!("http://{}", server.address);
    let kind = ("Content-Type", "application/json");
    let body = r#"{"rules": {}}"#;
    assert_eq!(server.ask("POST", &path, &[("Origin", &own), kind], body).status, 200);
    for origin in ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", ""] {
        let answer = server.ask("POST", &path, &[("Origin", origin), kind], body);
        assert_eq!(answer.status, 403, "Origin: {origin}");
    }
    assert_eq!(server.ask("POST", &path, &[kind], body).status, 403, "no origin");
    let plain = [("Origin", own.as_str()), ("Content-Type", "text/plain")];
    assert_eq!(server.ask("POST", &path, &plain, body).status, 415);
    assert_eq!(server.ask("PUT", &path, &[("Origin", &own), kind], body).status, 405);
    assert_eq!(server.get("api/overlay").status, 405);
}

#[test]
fn every_answer_says_how_it_may_be_used() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let answers = [
        server.get(""),
        server.get("app.js"),
        server.get("app.css"),
        server.get("api/session"),
        server.get("api/none"),
        server.ask("GET", "/", &[], ""),
        server.ask("GET", "/", &[("Host", "evil.example")], ""),
    ];
    for answer in &answers {
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
             connect-src 'self'; img-src data: 'self'; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'none'",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(answer.head.contains(line), "{line} in\n{}", answer.head);
        }
        assert!(!answer.head.contains("access-control-allow"), "{}", answer.head);
    }
    let page = answers[0].text();
    assert!(page.contains("./app.js") && !page.contains("http://www.example"), "{page}");
    assert!(!page.contains("<style") && !page.contains("onload"), "{page}");
}

#[test]
fn what_is_too_large_or_not_as_expected_is_refused_with_a_word() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let large = format!(r#"{{"rules": {{"{}": {{}}}}}}"#, "x".repeat(2 << 20));
    let answer = server.post("api/overlay", &large);
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (413, Some("more than 1 MiB was sent"))
    );
    for (path, body, status) in [
        ("api/overlay", "", 400),
        ("api/overlay", "{", 400),
        ("api/overlay", "[]", 400),
        ("api/overlay", r#"{"rules": {"t/short": {"x": 1}}}"#, 400),
        ("api/overlay", r#"{"rules": {"t/none": {"weight": 1}}}"#, 422),
        ("api/overlay", r#"{"rules": {"t/short": {"thresholds": {"above": 1}}}}"#, 422),
        ("api/overlay", r#"{"rules": {"t/short": {"thresholds": {"below": -5}}}}"#, 422),
        ("api/overlay", r#"{"rules": {"t/alpha": {"weight": 1e999}}}"#, 400),
        ("api/labels", r#"{"document": 99, "block": 0, "label": "keep"}"#, 404),
        ("api/labels", r#"{"document": 0, "block": 99, "label": "keep"}"#, 404),
        ("api/labels", r#"{"document": -1, "block": 0, "label": "keep"}"#, 400),
        ("api/labels", r#"{"document": 0, "block": 0, "label": "maybe"}"#, 400),
        ("api/save", r#"{"what": "labels"}"#, 422),
        ("api/save", r#"{"what": "overlay"}"#, 422),
        ("api/save", r#"{"what": "/etc/passwd"}"#, 400),
    ] {
        let answer = server.post(path, body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert!(answer.json()["error"].as_str().is_some_and(|said| said.len() > 10), "{body}");
    }
    for (path, status) in [
        ("api/documents/5", 404),
        ("api/documents/-1", 404),
        ("api/documents/x", 404),
        ("api/documents/99999999999999999999999", 404),
        ("api/search", 400),
        ("api/search?q=%ff", 400),
        ("api/distributions", 400),
        ("api/distributions?rule=t/none", 404),
        ("api/queue?limit=-1", 200),
        ("api/queue?limit=99999999", 200),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer.json();
    }
    assert_eq!(server.get("api/session").status, 200, "it goes on");
}

#[test]
fn a_change_shows_at_once_and_can_be_taken_back() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let session = server.get("api/session").json();
    assert_eq!(session["documents"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        session["base"],
        json!({"kept": 4, "cut": 1, "dropped": 0, "characters": session["base"]["characters"], "removed": 6})
    );
    let rule = &session["rule_list"][0];
    assert_eq!(rule["name"], "t/short");
    assert_eq!(
        rule["thresholds"],
        json!([{"address": "below", "value": 10.0, "asked": "char_count"}])
    );
    assert_eq!(rule["base"], json!({"hits": 1, "decided": 1, "characters": 6}));

    let moved = r#"{"rules": {"t/short": {"thresholds": {"below": 60}}}}"#;
    let applied = server.post("api/overlay", moved).json();
    assert_eq!(applied["revision"], 1);
    assert_eq!(applied["totals"]["cut"], 2);
    assert_eq!(applied["rules"][0]["decided"], 2);
    let changed = applied["changed"].as_array().expect("a list");
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(changed[0]["document"], 0);
    assert_eq!((&changed[0]["newly_removed"], &changed[0]["newly_kept"]), (&json!(23), &json!(0)));

    let view = server.get("api/documents/0").json();
    assert_eq!(
        (&view["before"]["decision"], &view["now"]["decision"]),
        (&json!("kept"), &json!("cut"))
    );
    assert_eq!(view["removed_before"], json!([]));
    let block = &view["blocks"][1];
    assert_eq!(
        (&block["before"]["by"], &block["now"]["by"]),
        (&json!("default"), &json!("action"))
    );
    assert_eq!(block["now"]["rule"], "t/short");
    let seen = &block["now"]["hits"][0]["evidence"][0];
    assert_eq!(
        (&seen["asked"], &seen["value"], &seen["bound"]),
        (&json!("char_count"), &json!(27.0), &json!("below 60"))
    );

    // A page that is loaded again goes on where it was.
    let session = server.get("api/session").json();
    assert_eq!(session["overlay"]["rules"]["t/short"]["thresholds"]["below"], 60.0);
    let off = r#"{"rules": {"t/short": {"enabled": false}}}"#;
    let applied = server.post("api/overlay", off).json();
    assert_eq!((&applied["totals"]["kept"], &applied["rules"][0]["hits"]), (&json!(5), &json!(0)));
    assert_eq!(applied["changed"][0]["newly_kept"], 6);
    let applied = server.post("api/overlay", r#"{"rules": {}}"#).json();
    assert_eq!(applied["totals"], session["base"]);
    assert_eq!(applied["changed"], json!([]));
}

#[test]
fn places_are_counted_as_javascript_counts() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let view = server.get("api/documents/1").json();
    let units: Vec<u16> = view["text"].as_str().expect("a text").encode_utf16().collect();
    let slice = |of: &Value| {
        let place =
            |key: &str| of[key].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a place");
        String::from_utf16(&units[place("start")..place("end")]).expect("whole characters")
    };
    assert_eq!(slice(&view["blocks"][1]), "Alpha.");
    assert!(slice(&view["blocks"][0]).ends_with("😀 steht still."));
    assert_eq!(slice(&view["blocks"][2]), PROSE);
}

#[test]
fn texts_are_searched_and_values_counted() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.get("api/search?q=M%C3%9CHLE").json()["documents"], json!([1]));
    assert_eq!(server.get("api/search?q=%3Cscript%3E").json()["documents"], json!([2]));
    assert_eq!(server.get("api/search?q=nothing+of+it").json()["documents"], json!([]));
    let of = server.get("api/distributions?rule=t/short").json()["of"][0].clone();
    assert_eq!(
        (&of["address"], &of["targets"], &of["whole"]),
        (&json!("below"), &json!("blocks"), &json!(true))
    );
    let counted: u64 =
        of["counts"].as_array().expect("counts").iter().filter_map(Value::as_u64).sum();
    assert!(counted >= 5, "{of}");
    assert_eq!(server.get("api/distributions?rule=t/alpha").json()["of"], json!([]));
}

#[test]
fn the_least_certain_paragraph_is_asked_first_and_each_text_once() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let queue = server.get("api/queue?limit=50").json();
    let items = queue["items"].as_array().expect("a list");
    assert_eq!(items[0]["text"], "Alpha beta. Read more here.", "0.9 points of 1");
    assert_eq!(queue["remaining"].as_u64(), Some(items.len() as u64));
    let mut texts: Vec<&str> = items.iter().filter_map(|item| item["text"].as_str()).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), all);
    assert!(items[0]["before"].as_str().is_some_and(|text| text.starts_with("The mill")));

    let say = |label: &str| {
        let (document, block) = (&items[0]["document"], &items[0]["block"]);
        let body = json!({"document": document, "block": block, "label": serde_json::from_str::<Value>(label).expect("JSON")});
        server.post("api/labels", &body.to_string()).json()
    };
    assert_eq!(
        say("\"skip\""),
        json!({"keep": 0, "remove": 0, "documents": 0, "skipped": 1, "unsaved": false})
    );
    assert_eq!(
        say("\"remove\""),
        json!({"keep": 0, "remove": 1, "documents": 1, "skipped": 0, "unsaved": true})
    );
    let asks = || {
        let next = server.get("api/queue?limit=50").json();
        let items = next["items"].as_array().expect("a list").clone();
        items.iter().any(|item| item["text"] == "Alpha beta. Read more here.")
    };
    assert!(!asks());
    assert_eq!(say("null")["remove"], 0);
    assert!(asks());
}

fn tamis(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .expect("the program starts");
    let said =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.code(), said)
}

#[test]
fn what_is_saved_and_exported_is_what_other_commands_read() {
    let folder = folder();
    let before = json!({"id": "elsewhere", "doc_label": "keep", "kind": "poem", "spans": [], "text": "Not in the sample."});
    let known = json!({"id": "d0", "doc_label": "clean", "kind": "mill", "spans": [
        {"start": 0, "end": 5, "category": "bit", "action": "keep"}], "text": format!("{PROSE}\n\nAlpha beta. Read more here.\n\n{PROSE}")});
    fs::write(folder.path().join("l.jsonl"), format!("{before}\n{known}\n")).expect("a file");
    let server = Server::start(folder.path(), &["--labels", "l.jsonl", "--overlay", "o.toml"]);
    assert_eq!(server.get("api/session").json()["labels"]["keep"], 1, "of the file");
    for (document, block, label) in
        [(0, 1, "remove"), (1, 1, "remove"), (1, 0, "keep"), (2, 0, "skip")]
    {
        let body = json!({"document": document, "block": block, "label": label});
        assert_eq!(server.post("api/labels", &body.to_string()).status, 200);
    }
    let overlay =
        r#"{"rules": {"t/short": {"thresholds": {"below": 60}}, "t/more": {"enabled": false}}}"#;
    assert_eq!(server.post("api/overlay", overlay).status, 200);

    let saved = server.post("api/save", r#"{"what": "labels"}"#).json();
    assert_eq!((&saved["file"], &saved["labels"]["unsaved"]), (&json!("l.jsonl"), &json!(false)));
    assert_eq!(server.post("api/save", r#"{"what": "overlay"}"#).status, 200);
    let labels = fs::read_to_string(folder.path().join("l.jsonl")).expect("a file");
    let lines: Vec<&str> = labels.lines().collect();
    assert_eq!(lines.len(), 3, "{labels}");
    assert_eq!(lines[0], before.to_string(), "what is not in the sample stays as it is");
    let merged: Value = serde_json::from_str(lines[1]).expect("JSON");
    assert_eq!(merged["kind"], "mill");
    assert_eq!(merged["spans"].as_array().map(Vec::len), Some(2), "{merged}");
    let fresh: Value = serde_json::from_str(lines[2]).expect("JSON");
    assert_eq!((&fresh["id"], &fresh["doc_label"]), (&json!("d1"), &json!("clean")));
    let text: Vec<char> = fresh["text"].as_str().expect("a text").chars().collect();
    let place = |n: usize, key: &str| {
        usize::try_from(fresh["spans"][n][key].as_u64().expect("a place")).expect("small")
    };
    let span: String = text[place(1, "start")..place(1, "end")].iter().collect();
    assert_eq!(span, "Alpha.", "in characters, not in bytes or UTF-16 units");

    assert_eq!(server.get("api/export/labels.jsonl").text(), labels);
    let export = server.get("api/export/overlay.toml");
    assert!(export.head.contains("attachment"), "{}", export.head);
    fs::write(folder.path().join("export.toml"), &export.body).expect("a file");
    for file in ["o.toml", "export.toml"] {
        let (code, said) = tamis(folder.path(), &["rules", "check", file]);
        assert_eq!(code, Some(0), "{file}: {said}");
        let (_, said) = tamis(folder.path(), &["explain", "in.jsonl", "--id", "d0", "-r", file]);
        assert!(said.contains("below 60") && !said.contains("t/more"), "{said}");
    }
    let (code, said) = tamis(folder.path(), &["eval", "l.jsonl", "-r", "o.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("3 labelled documents"), "{said}");

    // The next session goes on from the file.
    drop(server);
    let server = Server::start(folder.path(), &["--labels", "l.jsonl"]);
    let labels = server.get("api/session").json()["labels"].clone();
    assert_eq!(
        (&labels["keep"], &labels["remove"], &labels["unsaved"]),
        (&json!(2), &json!(2), &json!(false))
    );
}

#[test]
fn wrong_files_and_ports_are_told_before_anything_is_read() {
    let folder = folder();
    corpus(folder.path());
    fs::write(folder.path().join("there.toml"), "format = 1\n").expect("a file");
    fs::write(folder.path().join("bad.jsonl"), "{}\n").expect("a file");
    for (arguments, said) in [
        (vec!["--overlay", "there.toml"], "--overwrite"),
        (vec!["--labels", "x.jsonl.gz"], "plain JSON Lines"),
        (vec!["--labels", "."], "folder"),
        (vec!["--labels", "bad.jsonl"], "doc_label"),
        (vec!["--documents", "0"], "1..=20000"),
        (vec!["--port", "70000"], "65535"),
        (vec!["-r", "none.toml"], "none.toml"),
    ] {
        let all = [vec!["ui", "in.jsonl", "--no-open"], arguments.clone()].concat();
        let (code, output) = tamis(folder.path(), &all);
        assert_eq!(code, Some(2), "{arguments:?}: {output}");
        assert!(output.contains(said), "{arguments:?}: {output}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, output) = tamis(folder.path(), &["ui", "in.jsonl", "--no-open", "--port", &port]);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("--port"), "{output}");
}

#[test]
fn the_sample_is_the_same_whatever_the_order_of_the_inputs() {
    let folder = folder();
    for part in ["a", "b"] {
        let lines: String = (0..60)
            .map(|n| format!("{}\n", json!({"id": format!("{part}{n}"), "text": PROSE})))
            .collect();
        fs::write(folder.path().join(format!("{part}.jsonl")), lines).expect("a file");
    }
    let ids = |inputs: &[&str]| {
        let server = Server::start(folder.path(), &[inputs, &["--documents", "20"]].concat());
        let session = server.get("api/session").json();
        assert_eq!(session["sample"]["documents"], 125);
        let rows = session["documents"].as_array().expect("rows").clone();
        let mut ids: Vec<String> = rows.iter().map(|row| row["id"].to_string()).collect();
        ids.sort_unstable();
        ids
    };
    let one = ids(&["a.jsonl", "b.jsonl"]);
    assert_eq!(one.len(), 20);
    assert_eq!(one, ids(&["b.jsonl", "a.jsonl"]));
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to() {
    let folder = folder();
    let mut server = Server::start(folder.path(), &[]);
    // A connection that stays open does not hold it up.
    let _open = TcpStream::connect(&server.address).expect("it listens");
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
}
