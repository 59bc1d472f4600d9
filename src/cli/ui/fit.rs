//! Weights learned from the labels given in the page, as `tamis tune fit` learns them.

use super::api;
use super::server::Shared;
use super::work::Refusal;
use tamis::eval::LabelAction;
use tamis::rules::overlay::BaseRules;
use tamis::tune::{FitOptions, LabelDesk, Part, Worth, fit as learn};

/// Share of the labelled documents that is held back.
const HELD_BACK: f64 = 0.3;

/// A rule must have fired in so many documents: fewer than for `tamis tune fit`, whose labels are
/// whole documents.
const DOCUMENTS: usize = 3;

/// With fewer labelled paragraphs held back the figures are a guess.
const FEW: u64 = 60;

/// Learns weights. The page can be used meanwhile.
pub(super) fn fit(shared: &Shared) -> Result<api::Fit, Refusal> {
    let task = shared.work().fit_task()?;
    let wrong = |error: &dyn std::fmt::Display| Refusal::Wrong(error.to_string());
    let base = BaseRules::load(&task.names).map_err(|error| wrong(&error))?;
    let mut desk = LabelDesk::new(base, task.labelled, task.survey, task.threads, HELD_BACK)?;
    desk.apply(task.overlay)?;
    let learned = paragraphs(&desk, Part::Learned);
    let held_back = paragraphs(&desk, Part::HeldBack);
    if held_back == 0 {
        return Err(Refusal::Wrong(
            "too few documents are labelled to hold some back: label paragraphs of a few more"
                .to_owned(),
        ));
    }
    let options = FitOptions { documents: DOCUMENTS, ..FitOptions::default() };
    let found = learn(&desk, &options, &|_| true).map_err(|error| wrong(&error))?;
    let (before, after) = found.held_back;
    let (better, worse) = found.better_and_worse;
    let mut notes = Vec::new();
    if held_back < FEW {
        notes.push(format!(
            "{held_back} paragraphs held back are few: the figures can be far off. Label more \
             before you believe them."
        ));
    }
    if better + worse > 0 {
        notes.push(format!(
            "Of the documents held back {better} come out better and {worse} worse."
        ));
    }
    let weight = |one: &tamis::tune::Learned| api::FittedWeight {
        rule: one.rule.clone(),
        weight: one.from,
        fitted: one.to,
        documents: one.documents,
    };
    Ok(api::Fit {
        learned,
        held_back,
        now: figures(&before),
        fitted: figures(&after),
        weights: found.weights.iter().map(weight).collect(),
        overlay: found.overlay,
        notes,
    })
}

/// Labelled paragraphs on one side.
fn paragraphs(desk: &LabelDesk, part: Part) -> u64 {
    let labels = desk.labels().iter().enumerate().filter(|(place, _)| desk.is_in(*place, part));
    let told = labels.flat_map(|(_, label)| &label.spans);
    told.filter(|span| span.action != LabelAction::Flag).count() as u64
}

fn figures(worth: &Worth) -> api::Figures {
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let gone = worth.junk_found + worth.good_lost;
    let precision = share(worth.junk_found, gone);
    let recall = share(worth.junk_found, worth.junk);
    let f1 = share(2 * worth.junk_found, gone + worth.junk);
    api::Figures { precision, recall, f1, content_lost: share(worth.good_lost, worth.good) }
}
