//! How a *count* is said in a sentence: `once`, `twice`, `3 times`; `1 error`, `2 errors`.

/// How often.
pub fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// So many of something whose plural is made by an `s`.
pub fn of(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_have_words_of_their_own() {
        assert_eq!([0, 1, 2, 3].map(times), ["0 times", "once", "twice", "3 times"]);
        assert_eq!([0, 1, 2].map(|count| of(count, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
