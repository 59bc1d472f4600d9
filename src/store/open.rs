//! Stores of each kind, set up from the environment.

use std::io;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use std::sync::Arc;

use super::fault::fault;
use super::{Address, Scheme, Settings};

/// How long a request may take altogether, where the environment does not say. The crate's 30
/// seconds are too few for a part of an upload over a slow line.
const REQUEST: &str = "120 seconds";

/// How long a web server may be silent in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// Opens the store of an address. For the web that is the one object, at the store's root.
pub(super) fn open(
    address: &Address,
    settings: &Settings,
    web: &mut Option<HttpClient>,
) -> io::Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig {
        // The time alone is the limit.
        max_retries: if settings.retry_for.is_zero() { 0 } else { 1000 },
        retry_timeout: settings.retry_for,
        ..RetryConfig::default()
    };
    let is_set = |variable: &str| std::env::var_os(variable).is_some();
    let timeout = ClientConfigKey::Timeout;
    let opened: Result<Arc<dyn ObjectStore>, object_store::Error> = match address.scheme {
        Scheme::S3 => {
            let mut builder =
                AmazonS3Builder::from_env().with_bucket_name(&address.bucket).with_retry(retry);
            if !is_set("AWS_TIMEOUT") {
                builder = builder.with_config(AmazonS3ConfigKey::Client(timeout), REQUEST);
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
        Scheme::Gs => {
            let mut builder = GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(&address.bucket)
                .with_retry(retry);
            if !is_set("GOOGLE_TIMEOUT") {
                builder = builder.with_config(GoogleConfigKey::Client(timeout), REQUEST);
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
        Scheme::Az => {
            let mut builder = MicrosoftAzureBuilder::from_env()
                .with_url(format!("{}://{}/", address.word, address.bucket))
                .with_retry(retry);
            if !is_set("AZURE_TIMEOUT") {
                builder = builder.with_config(AzureConfigKey::Client(timeout), REQUEST);
            }
            builder.build().map(|store| Arc::new(store) as _)
        }
        Scheme::Http => open_web(address, settings, retry, web),
    };
    opened.map_err(|error| fault(&error, address))
}

fn open_web(
    address: &Address,
    settings: &Settings,
    retry: RetryConfig,
    web: &mut Option<HttpClient>,
) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let is_plain = address.word == "http";
    if is_plain && !settings.allow_http && !address.is_loopback() {
        let what = "http:// is read from this machine only; --allow-http takes it from others";
        return Err(object_store::Error::NotSupported { source: what.into() });
    }
    let options = ClientOptions::new()
        .with_allow_http(true)
        .with_timeout_disabled()
        .with_read_timeout(SILENCE);
    // Setting up a client reads all certificates of the system: one does for all addresses.
    let client = match web {
        Some(client) => client.clone(),
        None => web.insert(ReqwestConnector::default().connect(&options)?).clone(),
    };
    let query = address.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
    let url = format!("{}://{}/{}{query}", address.word, address.bucket, address.key);
    let store = HttpBuilder::new()
        .with_url(url)
        .with_client_options(options)
        .with_retry(retry)
        .with_http_connector(Shared(client))
        .build()?;
    Ok(Arc::new(store))
}

/// A client that is there already.
#[derive(Debug)]
struct Shared(HttpClient);

impl HttpConnector for Shared {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}
