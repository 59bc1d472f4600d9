//! Counts as a person reads them.

/// A count with its noun: `1 source`, `2 sources`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", plural(count))
}

/// The same with its thousands apart: `1,204 sources`.
pub fn counted_in_groups(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), plural(count))
}

/// A count with its thousands apart: `1,204`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart_and_one_is_no_plural() {
        for (count, said) in [(0, "0"), (123, "123"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), said);
        }
        assert_eq!(counted(1, "source"), "1 source");
        assert_eq!(counted(0, "source"), "0 sources");
        assert_eq!(counted(1204, "source"), "1204 sources");
        assert_eq!(counted_in_groups(1204, "source"), "1,204 sources");
        assert_eq!(counted_in_groups(1, "source"), "1 source");
    }
}
