//! tamis: a document-quality and boilerplate filter for scraped text.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod address;
pub mod batch;
pub mod compare;
pub mod decode;
pub mod document;
pub mod edit;
mod embedded;
pub mod eval;
pub mod measure;
pub mod metadata;
pub mod outcome;
pub mod outline;
pub mod panics;
pub mod pipeline;
pub mod places;
pub mod render;
pub mod report;
pub mod rules;
pub mod segment;
pub mod signals;
pub mod sink;
pub mod source;
pub mod store;
pub mod structure;
pub mod survey;
mod table_file;
pub mod text;
pub mod train;
pub mod trees;
pub mod tune;
pub mod verdict;
pub mod web_page;

pub use document::Record;
pub use outcome::Outcome;
pub use pipeline::Cleaner;
pub use rules::RuleSet;
pub use survey::Survey;
