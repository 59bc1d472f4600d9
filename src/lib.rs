//! tamis: a document-quality and boilerplate filter for scraped text.

pub mod decode;
pub mod document;
mod embedded;
pub mod rules;
pub mod segment;
pub mod signals;
pub mod sink;
pub mod source;
pub mod survey;
pub mod text;

pub use document::Record;
pub use rules::RuleSet;
pub use survey::Survey;
