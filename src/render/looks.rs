//! How a failing spec *looked*, in words: how often, for how long, and what came back.

use super::times::{length, time};
use crate::counts;
use crate::report::{Duration, LookRow};

/// How the spec looked: `6 times in 10.0 s, each found 0`.
pub fn looked(looks: &[LookRow]) -> Option<String> {
    let (first, last) = (looks.first()?, looks.last()?);
    let times = counts::times(looks.len() as u64);
    let span = match (&first.at, &last.at) {
        (Some(from), Some(to)) if looks.len() > 1 && from.clock == to.clock => {
            let span = Duration::from((to.interval() - from.interval()).not_negative());
            format!(" in {}", length(span))
        }
        (Some(at), _) if looks.len() == 1 => format!(" at {}", time(at)),
        _ => String::new(),
    };
    Some(format!("{times}{span}{}", answers(looks)))
}

fn answers(looks: &[LookRow]) -> String {
    // Neighbours with the same answer are said once.
    let mut runs: Vec<(String, usize)> = Vec::new();
    for look in looks {
        let answer = answer(look);
        match runs.last_mut() {
            Some((last, count)) if *last == answer => *count += 1,
            _ => runs.push((answer, 1)),
        }
    }
    match runs.as_slice() {
        [] => String::new(),
        [(answer, 1)] => format!(", {answer}"),
        [(answer, _)] if answer == NOT_SHOWN => ", their answers not shown".to_owned(),
        [(answer, _)] => format!(", each {answer}"),
        [head @ .., (last, count)] if runs.len() <= 4 => {
            let head: Vec<String> = head.iter().map(|(answer, count)| counted(answer, *count)).collect();
            format!(": {}, then {}", head.join(", "), counted(last, *count))
        }
        [(first, count), .., (last, last_count)] => {
            let changes = runs.len() - 2;
            format!(": {}, {changes} changes, then {}", counted(first, *count), counted(last, *last_count))
        }
    }
}

fn counted(answer: &str, count: usize) -> String {
    if count == 1 { answer.to_owned() } else { format!("{answer} ({})", counts::times(count as u64)) }
}

/// Of a look whose answer no line shows.
const NOT_SHOWN: &str = "answer not shown";

/// What one look came back with.
pub fn answer(look: &LookRow) -> String {
    let rows = match (look.found, look.returned, look.total) {
        // A page that was cut is what came back; what the spec counted of it is not known.
        (Some(found), Some(returned), Some(total)) if found == returned && returned < total => {
            format!("returned {returned}")
        }
        (Some(found), ..) => format!("found {found}"),
        (None, Some(returned), _) => format!("returned {returned}"),
        (None, None, Some(total)) => format!("total {total}"),
        (None, None, None) => String::new(),
    };
    let total = match (look.found.or(look.returned), look.total) {
        (Some(rows), Some(total)) if total != rows => format!(" of {total}"),
        _ => String::new(),
    };
    match look.status {
        Some(status) if status >= 400 => format!("status {status}"),
        _ if rows.is_empty() => NOT_SHOWN.to_owned(),
        _ => format!("{rows}{total}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn looks_are_summed_up() {
        let report = fixture::one();
        assert_eq!(looked(&report.failures[0].looks).as_deref(), Some("6 times in 10.0 s, each found 0"));
        let mut looks = report.failures[0].looks.clone();
        looks[5].found = Some(1);
        looks[5].total = Some(3);
        assert_eq!(looked(&looks).as_deref(), Some("6 times in 10.0 s: found 0 (5 times), then found 1 of 3"));
        assert_eq!(looked(&[]), None);
    }

    #[test]
    fn an_answer_that_no_line_shows_is_none() {
        let unseen =
            LookRow { found: None, returned: None, total: None, ..fixture::one().failures[0].looks[0].clone() };
        assert!(looked(std::slice::from_ref(&unseen)).is_some_and(|text| text.ends_with(", answer not shown")));
        assert!(looked(&[unseen.clone(), unseen]).is_some_and(|text| text.ends_with(", their answers not shown")));
    }
}
