//! Which blocks of a page to take, given how likely each is.

/// The choice never takes a block less likely than this,
const LEAST: f32 = 0.15;
/// and takes all that are likelier than this.
const ENOUGH: f32 = 0.35;

/// The likelihood from which on blocks are taken: with those the expected F1 of the page's words
/// is highest. On a page where little is certain it is low, on a clear one high.
///
/// For likelihoods `p` and words `w`, taking the set S has an expected F1 of about
/// `2 Σ_S p·w / (Σ_S w + Σ p·w)`; the best S is those above some likelihood (Lewis 1995).
pub fn least_likelihood(likelihoods: &[f32], words: &[f32]) -> f32 {
    let mut order: Vec<(f32, f32)> =
        likelihoods.iter().copied().zip(words.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let expected: f64 = order.iter().map(|(p, w)| f64::from(*p) * f64::from(*w)).sum();
    let (mut hits, mut taken) = (0.0_f64, 0.0_f64);
    let mut best = (0.0_f64, ENOUGH);
    for (likelihood, words) in order {
        hits += f64::from(likelihood) * f64::from(words);
        taken += f64::from(words);
        let f1 = 2.0 * hits / (taken + expected).max(f64::MIN_POSITIVE);
        if f1 > best.0 {
            best = (f1, likelihood);
        }
    }
    best.1.clamp(LEAST, ENOUGH)
}
