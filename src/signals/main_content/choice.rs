//! Which blocks of a page to take, given how likely each is.

/// The choice never takes a block less likely than this,
const LEAST: f32 = 0.15;
/// and takes all that are likelier than this.
const ENOUGH: f32 = 0.35;
/// A page of which no choice has an expected F1 of this has no main content: a shell that a
/// script fills, a notice. Nothing of it is taken.
const LEAST_F1: f64 = 0.20;
/// A choice of fewer words than this is a crumb of such a page, unless the model is sure:
const FEW_WORDS: f64 = 10.0;
/// its expected F1 has to reach this.
const LEAST_F1_OF_FEW: f64 = 0.5;

/// Words from which on what structured data says of the thing that a page is about stands in for
/// a page that shows nothing of it.
const STATED_WORDS: f32 = 40.0;

/// Which blocks to take. `stated` are those that only structured data has and that are of what the
/// page is about: a page that a script fills shows nothing else, and where nothing else is taken
/// they are. Where they stand beside a text that is shown, the model decides.
pub fn chosen(likelihoods: &[f32], words: &[f32], stated: &[bool]) -> Vec<bool> {
    let least = least_likelihood(likelihoods, words);
    let is_stated = |place: usize| stated.get(place).copied().unwrap_or(false);
    let all: f32 = words.iter().enumerate().filter(|(n, _)| is_stated(*n)).map(|(_, w)| w).sum();
    let mut shown = likelihoods.iter().enumerate().filter(|(n, _)| !is_stated(*n));
    let stands_in = all >= STATED_WORDS && shown.all(|(_, p)| *p < least);
    let take = |(n, p): (usize, &f32)| *p >= least || (stands_in && is_stated(n));
    likelihoods.iter().enumerate().map(take).collect()
}

/// The likelihood from which on blocks are taken: with those the expected F1 of the page's words
/// is highest. On a page where little is certain it is low, on a clear one high; where all is
/// most unlikely it is infinite, which no block reaches.
///
/// For likelihoods `p` and words `w`, taking the set S has an expected F1 of about
/// `2 Σ_S p·w / (Σ_S w + Σ p·w)`; the best S is those above some likelihood (Lewis 1995).
fn least_likelihood(likelihoods: &[f32], words: &[f32]) -> f32 {
    let mut order: Vec<(f32, f32)> =
        likelihoods.iter().copied().zip(words.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let expected: f64 = order.iter().map(|(p, w)| f64::from(*p) * f64::from(*w)).sum();
    let (mut hits, mut taken) = (0.0_f64, 0.0_f64);
    let mut best = (0.0_f64, ENOUGH);
    let mut chosen = 0.0;
    for (likelihood, words) in order {
        hits += f64::from(likelihood) * f64::from(words);
        taken += f64::from(words);
        let f1 = 2.0 * hits / (taken + expected).max(f64::MIN_POSITIVE);
        if f1 > best.0 {
            best = (f1, likelihood);
            chosen = taken;
        }
    }
    let least = if chosen < FEW_WORDS { LEAST_F1_OF_FEW } else { LEAST_F1 };
    if expected > 0.0 && best.0 < least {
        return f32::INFINITY;
    }
    best.1.clamp(LEAST, ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_clear_page_the_likely_blocks_are_taken() {
        let least = least_likelihood(&[0.95, 0.9, 0.3, 0.05], &[100.0, 80.0, 30.0, 200.0]);
        assert!(least > 0.3, "{least}");
    }

    #[test]
    fn where_little_is_certain_less_likely_blocks_are_taken_too() {
        let least = least_likelihood(&[0.3, 0.25, 0.2, 0.02], &[50.0, 50.0, 50.0, 900.0]);
        assert!(least <= 0.25, "{least}");
    }

    #[test]
    fn the_choice_stays_within_its_bounds() {
        assert_eq!(least_likelihood(&[], &[]), ENOUGH);
        assert_eq!(least_likelihood(&[0.13, 0.14], &[10.0, 10.0]), LEAST);
        assert_eq!(least_likelihood(&[0.99], &[10.0]), ENOUGH);
        assert_eq!(least_likelihood(&[0.0, 0.0], &[0.0, 0.0]), ENOUGH);
    }

    #[test]
    fn of_a_page_without_content_nothing_is_taken() {
        let (words, none) = ([3.0, 65.0, 21.0], f32::INFINITY);
        assert_eq!(least_likelihood(&[0.15, 0.02, 0.02], &words), none);
        assert_eq!(least_likelihood(&[0.01, 0.02, 0.03], &words), none);
        assert!(least_likelihood(&[0.7, 0.02, 0.02], &words) < 0.7);
        // A few words must be likely ones.
        assert_eq!(least_likelihood(&[0.3, 0.01, 0.01], &words), none);
        assert!(least_likelihood(&[0.3, 0.01, 0.01], &[30.0, 65.0, 21.0]) <= 0.3);
        // As long as it is not unlikely for all, something is.
        assert!(least_likelihood(&[0.17, 0.17, 0.17], &words) <= 0.17);
    }

    #[test]
    fn what_structured_data_says_stands_in_for_a_page_that_shows_nothing() {
        let stated = [false, true, true];
        let chosen = |likelihoods: &[f32], words: &[f32]| chosen(likelihoods, words, &stated);
        let all = chosen(&[0.01, 0.01, 0.01], &[20.0, 30.0, 10.0]);
        assert_eq!(all, [false, true, true]);
        // In part is not enough.
        assert_eq!(chosen(&[0.01, 0.9, 0.01], &[20.0, 30.0, 10.0]), all);
        // Too short to be what the page is there for.
        assert_eq!(chosen(&[0.01, 0.01, 0.01], &[90.0, 30.0, 9.0]), [false; 3]);
        // Something is shown.
        assert_eq!(chosen(&[0.9, 0.01, 0.01], &[50.0, 30.0, 10.0]), [true, false, false]);
        assert!(super::chosen(&[], &[], &[]).is_empty());
    }

    #[test]
    fn the_order_of_blocks_does_not_matter() {
        let (a, b) = ([0.2, 0.5, 0.3, 0.22], [5.0, 40.0, 3.0, 60.0]);
        let (mut c, mut d) = (a, b);
        c.reverse();
        d.reverse();
        assert_eq!(least_likelihood(&a, &b), least_likelihood(&c, &d));
    }
}
