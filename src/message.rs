//! A failure's *message* in one line: what was expected and what was found, without gomega's frame around it.

/// The first line that says something; of a time-out what it waited for as well.
pub fn in_one_line(message: &str) -> Option<String> {
    let mut lines = said(message);
    let first = lines.next()?.to_owned();
    if !is_time_out(&first) {
        return Some(first);
    }
    Some(lines.take(5).fold(first, |text, line| text + " " + &value(line)))
}

/// What does not hold: the assertion's own words, else what was compared.
pub fn reason(message: &str) -> Option<String> {
    let mut lines = said(message).skip_while(|line| is_time_out(line));
    let first = lines.next()?.to_owned();
    if first != "Expected" {
        return Some(first);
    }
    Some(lines.take(3).fold(first, |text, line| text + " " + &value(line)))
}

fn said(message: &str) -> impl Iterator<Item = &str> {
    let frame = |line: &&str| !line.is_empty() && !line.starts_with("The function passed to Eventually ");
    message.lines().map(str::trim).filter(frame)
}

fn is_time_out(line: &str) -> bool {
    line.starts_with("Timed out after ")
}

/// Gomega prints `<int>: 4`: the value says enough.
fn value(line: &str) -> String {
    match line.strip_prefix('<').and_then(|typed| typed.split_once(">: ")) {
        Some((_, value)) => format!("'{value}'"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_goes_on_to_what_it_waited_for() {
        let message = "Timed out after 5.001s.\nThe request must reach Processing\nExpected\n    <api.Phase>: Failed\n\
                       to equal\n    <api.Phase>: Processing";
        let line = "Timed out after 5.001s. The request must reach Processing Expected 'Failed' to equal 'Processing'";
        assert_eq!(in_one_line(message).as_deref(), Some(line));
        assert_eq!(reason(message).as_deref(), Some("The request must reach Processing"));
    }

    #[test]
    fn the_frame_of_a_matcher_is_no_reason() {
        let message = "Timed out after 5.001s.\nThe function passed to Eventually returned the following unexpected \
                       value:\nfunction returned unexpected non-nil value at index 1\n    <int>: 1";
        assert_eq!(reason(message).as_deref(), Some("function returned unexpected non-nil value at index 1"));
        assert_eq!(
            reason("Expected\n    <nil>: nil\nto equal\n    <int>: 1").as_deref(),
            Some("Expected 'nil' to equal '1'")
        );
        assert_eq!((reason("Timed out after 1s."), in_one_line("")), (None, None));
    }
}
