//! Sinks: the run directory with cleaned documents and ledger, and putting a run back together.

mod convert;
pub mod files;
pub mod ledger;
pub mod lock;
pub mod output;
pub mod parquet;
pub mod part;
pub mod render;
pub mod restore;
pub mod run;
pub mod segments;
pub mod state;
pub mod stream;
pub mod upload;
