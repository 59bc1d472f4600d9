//! Tuning: what rules do to documents, and what other thresholds and weights would do.
//!
//! A [`Desk`] holds documents in memory and judges them again where a change to the rules can
//! matter. `docs/tuning.md` shows the loop that it serves.

mod cross;
mod descent;
mod desk;
mod families;
mod fit;
mod hits;
mod labelled;
mod observe;
mod sweep;
#[cfg(test)]
mod tests;
mod trace;

pub use cross::{Cross, cross_fit};
pub use desk::{Desk, DeskError, Judged, OnDesk, Unjudged};
pub use fit::{Fit, FitOptions, Learned, fit};
pub use hits::{RuleHits, rule_hits, wilson};
pub use labelled::{LabelDesk, Part, Worth};
pub use sweep::{
    Address, Aim, Point, Step, Suggestion, Sweep, TuneError, candidates, find, suggest, sweep,
};
