//! `tamis ui`: a page on this machine to tune rules by hand, with a sample of the corpus in view.
//!
//! The page is in `src/web`; here are the sample, the server and what it answers. This is the only
//! place outside `store` that is asynchronous (docs/decisions/0017-the-page-and-its-server.md).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::input::Input;
use super::session::Session;
use super::survey::{Choice, Work as Counting};
use super::terminal::{self, STRONG, written};
use super::{DONE, Failure, on_this_machine};
use labels::Labels;
use server::{Shared, Token};
use tamis::rules::overlay::BaseRules;
use tamis::text::counts::counted;
use tamis::tune::Desk;
use work::Work;

mod api;
mod fit;
mod labels;
mod open;
mod page;
mod sample;
mod server;
mod view;
mod work;

#[derive(Args)]
#[command(after_help = "\
The page is served on this machine alone, under an address that nobody can guess. It changes no \
file but those named with --labels and --overlay, and those when you save there.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    survey: Choice,

    /// Documents in the sample
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=20_000))]
    documents: u32,

    /// Where labels are saved; if the file is there, its labels are taken up and go on
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,

    /// Where changes to the rules are saved, as a rules file
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,

    /// Replace the overlay file if there is one
    #[arg(long, requires = "overlay")]
    overwrite: bool,

    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,

    /// Do not open the page in the browser
    #[arg(long)]
    no_open: bool,

    /// Threads that judge; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    check_files(arguments)?;
    let work = load(arguments, session)?;
    serve(arguments, work)
}

/// What is wrong with the files to be written is said before anything is read.
fn check_files(arguments: &Arguments) -> Result<(), Failure> {
    for file in [&arguments.labels, &arguments.overlay].into_iter().flatten() {
        on_this_machine(file)?;
        if file.is_dir() {
            return Err(Failure(format!("{}: this is a folder: name a file", file.display())));
        }
    }
    if let Some(file) = arguments.labels.as_ref().filter(|file| is_compressed(file)) {
        let shown = file.display();
        return Err(Failure(format!("{shown}: labels are saved as plain JSON Lines: unpack it")));
    }
    if let Some(file) = &arguments.overlay
        && !arguments.overwrite
        && file.exists()
    {
        let shown = file.display();
        return Err(Failure(format!(
            "{shown}: the file is there already; --overwrite replaces it when you save, and \
             `-r {shown}` goes on from what it says"
        )));
    }
    Ok(())
}

fn is_compressed(file: &Path) -> bool {
    let name = file.extension().and_then(|end| end.to_str()).unwrap_or("");
    ["gz", "zst", "zstd"].contains(&name.to_ascii_lowercase().as_str())
}

/// Draws the sample and judges it.
fn load(arguments: &Arguments, session: &Session) -> Result<Work, Failure> {
    let input = &arguments.input;
    if input.model()?.is_some() {
        return Err(Failure("--model: the page judges by the program's own model".to_owned()));
    }
    let found = input.sources(None)?;
    let names = input.rule_names(&found.sources);
    let base = BaseRules::load(&names)?;
    for warning in base.rules().warnings() {
        terminal::note(&warning.to_string());
    }
    let options = input.options()?;
    found.announce(session.quiet);
    let counting = Counting {
        rules: base.rules(),
        options: &options,
        threads: arguments.threads,
        progress: None,
    };
    let folder = std::env::temp_dir();
    let choice = &arguments.survey;
    let (survey, _) = if choice.is_auto(base.rules(), &found.sources)? {
        choice.made(&found.sources, &counting, &folder, None)?
    } else {
        choice.opened(&found.sources, &counting, &folder)?
    };
    let most = usize::try_from(arguments.documents).unwrap_or(usize::MAX);
    let (records, mut sample) = sample::draw(found.sources, &options, most);
    if records.is_empty() {
        return Err(Failure("no document in the input could be read".to_owned()));
    }
    let desk = Desk::new(base, records, survey, arguments.threads)?;
    for unjudged in desk.unjudged() {
        terminal::error(&format!("{}: {}", unjudged.id, unjudged.reason));
        sample.unreadable += 1;
    }
    if !session.quiet {
        let drawn = counted(desk.documents().len() as u64, "document");
        let mut said = format!("{drawn} of {} loaded", sample.documents);
        if sample.unreadable > 0 {
            said.push_str(&format!(", {} unreadable", sample.unreadable));
        }
        if sample.too_large > 0 {
            said.push_str(&format!(", {} passed over as larger than 1 MiB", sample.too_large));
        }
        terminal::note(&said);
    }
    let labels = Labels::open(arguments.labels.as_deref(), desk.documents())?;
    Ok(Work::new(desk, names, sample, labels, arguments.overlay.clone()))
}

/// Serves until a signal ends it.
fn serve(arguments: &Arguments, work: Work) -> Result<u8, Failure> {
    let about = |error: std::io::Error| Failure(format!("cannot serve the page: {error}"));
    let no_token = |error| Failure(format!("the system gives no randomness: {error}"));
    let token = Token::new().map_err(no_token)?;
    let once = if arguments.no_open { None } else { Some(Token::new().map_err(no_token)?) };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(about)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(|error| {
        Failure(format!("port {} of this machine: {error}; --port takes another", arguments.port))
    })?;
    let address = listener.local_addr().map_err(about)?;
    let shared = Arc::new(Shared::new(work, token.clone(), once.clone(), address));
    let mut out = terminal::out();
    let page = format!("http://{address}/{}/", token.text());
    written(writeln_flushed(&mut out, &format!("{STRONG}{page}{STRONG:#}")))?;
    drop(out);
    terminal::note("open it in a browser on this machine; Ctrl-C ends it");
    if let Some(once) = once {
        open::open(&format!("http://{address}/{}", once.text()));
    }
    let failed = Arc::new(AtomicBool::new(false));
    let ended = runtime.block_on(async {
        let router = server::router(shared.clone());
        let failed = failed.clone();
        let serving = tokio::spawn(async move {
            if axum::serve(listener, router).await.is_err() {
                failed.store(true, Ordering::SeqCst);
            }
        });
        let ended = end().await;
        serving.abort();
        ended
    });
    ended.map_err(about)?;
    // What is still worked on is not waited for.
    runtime.shutdown_background();
    let unsaved = shared.work().unsaved();
    if unsaved > 0 {
        terminal::note(&format!("{} were not saved", counted(unsaved, "label")));
    }
    Ok(DONE)
}

fn writeln_flushed(out: &mut impl std::io::Write, line: &str) -> std::io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

/// Waits for Ctrl-C, or for being told to end.
#[cfg(unix)]
async fn end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed,
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
