//! Object stores: `s3://`, `gs://` and `az://` to read from and to write to, `https://` to read
//! from. Everything blocks; what is asynchronous about it stays in here.
//!
//! Without the feature `cloud` addresses are recognised and refused. Nothing is asked of a network
//! unless an address was named.
//!
//! Errors say what is wrong and not where: whoever named the address says that.

use std::io;
use std::time::Duration;

#[cfg(not(feature = "cloud"))]
mod absent;
mod address;
#[cfg(feature = "cloud")]
mod fault;
#[cfg(feature = "cloud")]
mod open;
#[cfg(feature = "cloud")]
mod reader;
#[cfg(feature = "cloud")]
mod remote;
#[cfg(feature = "cloud")]
mod upload;

#[cfg(not(feature = "cloud"))]
pub use absent::{Object, ObjectReader, Pending, Store, Stores, heads};
pub use address::{Address, BadAddress, Scheme, is_address, shown};
#[cfg(feature = "cloud")]
pub use reader::ObjectReader;
#[cfg(feature = "cloud")]
pub use remote::{Object, Store, Stores, heads};
#[cfg(feature = "cloud")]
pub use upload::Pending;

/// How stores are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a request that fails for a reason that may pass is tried again.
    pub retry_for: Duration,
    /// Take `http://` from hosts other than this machine.
    pub allow_http: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retry_for: Duration::from_secs(180), allow_http: false }
    }
}

/// The error of what cannot be done at all.
fn unsupported(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what.into())
}
