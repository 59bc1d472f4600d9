//! The server: HTTP on loopback, for the page that it serves and for nobody else.
//!
//! Every request is checked before it is looked at: it must be sent to this machine under its own
//! name (another name that leads here is a page that tries to reach it: DNS rebinding), and know
//! the token. One that changes something must come from the page itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::api;
use super::page::{Asset, PAGE};
use super::work::{Refusal, Work};
use tamis::rules::overlay::Overlay;

/// Largest body of a request: an overlay that changes every rule is a tenth of it.
const MOST_BYTES: usize = 1 << 20;

/// What the page may do: run its own script and style, ask its own server, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data: 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'none'";

/// Paragraphs to be labelled that are given where the page does not say how many.
const QUEUED: usize = 40;

/// The random part of the page's address.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A new one of 192 bits, from the system's randomness.
    ///
    /// # Errors
    /// If the system gives none.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 24];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The digits.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// True for the same digits. How long it takes does not tell how many are right.
    fn is(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        let differs = own.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
        own.len() == other.len() && std::hint::black_box(differs) == 0
    }
}

/// What all requests share.
pub(super) struct Shared {
    work: Mutex<Work>,
    token: Token,
    /// Leads to the page once: what is handed to a program that opens it can be read by others on
    /// this machine while that runs.
    once: Mutex<Option<Token>>,
    port: u16,
    /// Counts changes asked for, so that those with a newer one behind them need not be made.
    asked: AtomicU64,
}

impl Shared {
    pub(super) fn new(work: Work, token: Token, once: Option<Token>, at: SocketAddr) -> Self {
        let (work, once) = (Mutex::new(work), Mutex::new(once));
        Self { work, token, once, port: at.port(), asked: AtomicU64::new(0) }
    }

    /// What is worked on. A request that panicked has left it whole: what it changes it puts in
    /// place at the end.
    pub(super) fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True for the names under which this server is meant.
    fn is_own_name(&self, name: &str) -> bool {
        let (host, port) = name.rsplit_once(':').unwrap_or((name, "80"));
        ["127.0.0.1", "localhost"].contains(&host) && port == self.port.to_string()
    }
}

type Own = State<Arc<Shared>>;

/// The whole server.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let page = PAGE.iter().fold(Router::new(), |router, asset| {
        let path = format!("/{}", asset.name);
        router.route(&path, get(move || async move { file(asset) }))
    });
    let below = page
        .route("/api/session", get(session))
        .route("/api/overlay", post(overlay))
        .route("/api/documents/{number}", get(document))
        .route("/api/search", get(search))
        .route("/api/distributions", get(distributions))
        .route("/api/labels", post(label))
        .route("/api/queue", get(queue))
        .route("/api/fit", post(fit))
        .route("/api/save", post(save))
        .route("/api/export/labels.jsonl", get(export_labels))
        .route("/api/export/overlay.toml", get(export_overlay));
    let nothing =
        || async { refused(StatusCode::NOT_FOUND, "there is nothing under this address") };
    Router::new()
        // A slash at the end is part of the page's address: what it asks for lies below it.
        .nest(&format!("/{}/", shared.token.text()), below)
        .fallback(nothing)
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "this is asked for in another way")
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// Lets through what may ask, and says to every answer how it may be used.
async fn guard(State(shared): Own, request: Request, next: Next) -> Response {
    let mut response = match refusal(&shared, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Why a request is not served, if it is not.
fn refusal(shared: &Shared, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // More than one is one too many.
    let is_one = headers.get_all(header::HOST).iter().count() == 1;
    if !is_one || !text(header::HOST).is_some_and(|host| shared.is_own_name(host)) {
        let said = "this server answers under 127.0.0.1 and localhost alone";
        return Some(refused(StatusCode::FORBIDDEN, said));
    }
    let mut parts = request.uri().path().trim_start_matches('/').splitn(2, '/');
    let (first, rest) = (parts.next().unwrap_or(""), parts.next());
    let nothing = || refused(StatusCode::NOT_FOUND, "there is nothing under this address");
    if !shared.token.is(first) {
        let mut once = shared.once.lock().unwrap_or_else(PoisonError::into_inner);
        let leads_on = request.method() == Method::GET
            && rest.is_none()
            && once.as_ref().is_some_and(|once| once.is(first));
        if !leads_on {
            return Some(nothing());
        }
        *once = None;
        return Some(redirect(shared));
    }
    if rest.is_none() {
        return Some(redirect(shared));
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return None;
    }
    let own =
        |origin: &str| origin.strip_prefix("http://").is_some_and(|name| shared.is_own_name(name));
    if !text(header::ORIGIN).is_some_and(own) {
        let said = "only the page of this server may ask for that";
        return Some(refused(StatusCode::FORBIDDEN, said));
    }
    let is_json = |kind: &str| kind.split(';').next().unwrap_or("").trim() == "application/json";
    if !text(header::CONTENT_TYPE).is_some_and(is_json) {
        return Some(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "what is sent must be JSON"));
    }
    None
}

/// Leads to the page.
fn redirect(shared: &Shared) -> Response {
    let mut response = answer(StatusCode::SEE_OTHER, "text/plain", Body::empty());
    if let Ok(address) = HeaderValue::from_str(&format!("/{}/", shared.token.text())) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

fn answer(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn file(asset: &'static Asset) -> Response {
    answer(StatusCode::OK, asset.kind, Body::from(asset.bytes))
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => answer(status, "application/json", Body::from(bytes)),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refused(status: StatusCode, error: &str) -> Response {
    let said = serde_json::to_vec(&api::Refused { error }).unwrap_or_default();
    answer(status, "application/json", Body::from(said))
}

impl Refusal {
    fn response(&self) -> Response {
        match self {
            Refusal::Missing(said) => refused(StatusCode::NOT_FOUND, said),
            Refusal::Wrong(said) => refused(StatusCode::UNPROCESSABLE_ENTITY, said),
            Refusal::Failed(said) => refused(StatusCode::INTERNAL_SERVER_ERROR, said),
        }
    }
}

/// Works on a thread that may take its time, and answers with what comes of it.
async fn working(
    shared: Arc<Shared>,
    work: impl FnOnce(&Shared) -> Result<Response, Refusal> + Send + 'static,
) -> Response {
    let done = tokio::task::spawn_blocking(move || work(&shared)).await;
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(refusal)) => refusal.response(),
        Err(_) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a fault of the program: it goes on, but please report what you did",
        ),
    }
}

/// What was sent.
fn sent<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Box<Response>> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, "more than 1 MiB was sent")
        }
        status => refused(status, "what was sent did not arrive"),
    })?;
    let unlike = |error| refused(StatusCode::BAD_REQUEST, &format!("not as expected: {error}"));
    serde_json::from_slice(&bytes).map_err(|error: serde_json::Error| Box::new(unlike(error)))
}

/// The value of a key in the query, with `%20` and `+` resolved.
fn asked(query: Option<&str>, key: &str) -> Option<String> {
    let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == key)?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

async fn session(State(shared): Own) -> Response {
    working(shared, |shared| Ok(json(StatusCode::OK, &shared.work().session()))).await
}

async fn overlay(State(shared): Own, body: Result<Bytes, BytesRejection>) -> Response {
    let overlay: Overlay = match sent(body) {
        Ok(overlay) => overlay,
        Err(response) => return *response,
    };
    let ticket = shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
    working(shared, move |shared| {
        let mut work = shared.work();
        if shared.asked.load(Ordering::SeqCst) != ticket {
            return Ok(refused(StatusCode::CONFLICT, "there is a newer change"));
        }
        Ok(json(StatusCode::OK, &work.apply(overlay)?))
    })
    .await
}

async fn document(State(shared): Own, Path(number): Path<String>) -> Response {
    let Ok(number) = number.parse() else {
        return refused(StatusCode::NOT_FOUND, "a document is asked for by its number");
    };
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().document(number)?))).await
}

async fn search(State(shared): Own, RawQuery(query): RawQuery) -> Response {
    let Some(wanted) = asked(query.as_deref(), "q") else {
        return refused(StatusCode::BAD_REQUEST, "say what to search: ?q=TEXT");
    };
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().search(&wanted)))).await
}

async fn distributions(State(shared): Own, RawQuery(query): RawQuery) -> Response {
    let Some(rule) = asked(query.as_deref(), "rule") else {
        return refused(StatusCode::BAD_REQUEST, "say which rule: ?rule=NAME");
    };
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().distributions(&rule)?)))
        .await
}

async fn label(State(shared): Own, body: Result<Bytes, BytesRejection>) -> Response {
    let request: api::LabelRequest = match sent(body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().label(&request)?))).await
}

async fn queue(State(shared): Own, RawQuery(query): RawQuery) -> Response {
    let limit = asked(query.as_deref(), "limit").and_then(|limit| limit.parse().ok());
    let limit = limit.unwrap_or(QUEUED);
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().queue(limit)))).await
}

async fn fit(State(shared): Own) -> Response {
    working(shared, |shared| Ok(json(StatusCode::OK, &super::fit::fit(shared)?))).await
}

async fn save(State(shared): Own, body: Result<Bytes, BytesRejection>) -> Response {
    let request: api::SaveRequest = match sent(body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    working(shared, move |shared| Ok(json(StatusCode::OK, &shared.work().save(request.what)?)))
        .await
}

/// A file to be kept.
fn download(kind: &'static str, name: &'static str, text: String) -> Response {
    let mut response = answer(StatusCode::OK, kind, Body::from(text));
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    response
}

async fn export_labels(State(shared): Own) -> Response {
    working(shared, |shared| {
        let name = "attachment; filename=\"labels.jsonl\"";
        Ok(download("application/x-ndjson", name, shared.work().labels_file()))
    })
    .await
}

async fn export_overlay(State(shared): Own) -> Response {
    working(shared, |shared| {
        let name = "attachment; filename=\"overlay.toml\"";
        Ok(download("application/toml", name, shared.work().overlay_toml(None)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_never_the_same() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert_eq!(one.text().len(), 48);
        assert_ne!(one.text(), other.text());
        assert!(one.is(&one.0.clone()) && !one.is(other.text()));
        assert!(!one.is("") && !one.is(&one.0[..47]) && !one.is(&format!("{}0", one.0)));
    }

    #[test]
    fn a_query_is_read_as_browsers_write_it() {
        assert_eq!(asked(Some("a=1&q=d%C3%A9j%C3%A0+vu%21"), "q").as_deref(), Some("déjà vu!"));
        assert_eq!(asked(Some("q="), "q").as_deref(), Some(""));
        for wrong in ["q", "x=1", "q=%", "q=%f", "q=%zz", "q=%ff"] {
            assert_eq!(asked(Some(wrong), "q"), None, "{wrong}");
        }
        assert_eq!(asked(None, "q"), None);
    }
}
