//! Sinks: the run directory with cleaned documents and ledger, and putting a run back together.

pub mod files;
pub mod ledger;
pub mod parquet;
pub mod render;
pub mod restore;
pub mod run;
