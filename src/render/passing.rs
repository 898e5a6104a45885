//! What is said of the passing specs that waited for the same type of event as a failing one.

use super::times::{enough, length};
use super::words::grouped;
use crate::instant::Nanos;
use crate::report::{Duration, Passing, Spread};

/// `the slowest of 4 specs found this type 510–570 ms after its emission; here the last look came 11.1–11.4 s after it`;
/// `None` where the lines bound none of it.
pub fn passing(of: &Passing) -> Option<String> {
    let since = of.since_emission.as_ref();
    if let Some((since, slowest)) = since.and_then(|since| Some((since, slowest(since)?))) {
        let who = match since.count {
            all if all == of.looked.count => who(of.specs),
            // The others' emission is not seen.
            some => format!("the slowest of {} waits of {}", grouped(some), so_many(of.specs)),
        };
        return Some(format!("{who} found this type {} after its emission{}", length(slowest), here(of)));
    }
    if of.at_first_look == of.looked.count {
        return Some(format!("{} found this type at the first look{}", so_many(of.specs), window(of)));
    }
    let looked = slowest(&of.looked)?;
    Some(format!("{} found this type after looking for {}{}", who(of.specs), length(looked), window(of)))
}

fn who(specs: u64) -> String {
    let many = if specs == 1 { "" } else { "the slowest of " };
    format!("{many}{}", so_many(specs))
}

fn so_many(specs: u64) -> String {
    if specs == 1 { "1 spec".to_owned() } else { format!("{} specs", grouped(specs)) }
}

/// What the failing spec has to be compared by.
fn here(of: &Passing) -> String {
    match of.last_look {
        Some(Duration { hi_ns: Some(Nanos::MIN..0), .. }) => "; here the last look came before it".to_owned(),
        Some(Duration { lo_ns: None | Some(Nanos::MIN..0), hi_ns: Some(hi) }) => {
            format!("; here the last look came at most {} after it", enough(hi))
        }
        Some(after @ Duration { lo_ns: Some(0..), .. }) => {
            format!("; here the last look came {} after it", length(after))
        }
        _ => window(of),
    }
}

fn window(of: &Passing) -> String {
    of.window.map_or_else(String::new, |window| format!("; this one looked for {}", length(window)))
}

/// The longest, when anything is known of it.
fn slowest(of: &Spread) -> Option<Duration> {
    of.max.filter(|max| max.hi_ns.is_some() || max.lo_ns.is_some_and(|lo| lo > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::MILLISECOND as MS;
    use crate::render::fixture::{self, took};

    fn known() -> Passing {
        fixture::one().failures.remove(0).passing.expect("the fixture has one")
    }

    fn said(of: &Passing) -> String {
        passing(of).expect("something is known")
    }

    #[test]
    fn the_same_length_is_said_of_both() {
        let text = "the slowest of 4 specs found this type 570 ms after its emission; here the last look came 11.1–11.4 s \
                    after it";
        assert_eq!(said(&known()), text);
        let early = Passing { specs: 1, last_look: Some(took(-60, -40)), ..known() };
        let text = "1 spec found this type 570 ms after its emission; here the last look came before it";
        assert_eq!(said(&early), text);
        let near = Passing { last_look: Some(took(-60, 40)), ..known() };
        assert!(said(&near).ends_with("; here the last look came at most 40 ms after it"));
    }

    #[test]
    fn without_an_emission_looking_is_set_beside_looking() {
        let unseen = Passing { since_emission: None, ..known() };
        let text = "the slowest of 4 specs found this type after looking for 510 ms; this one looked for 10 s";
        assert_eq!(said(&unseen), text);
        let at_once = Passing { at_first_look: 4, ..unseen.clone() };
        assert_eq!(said(&at_once), "4 specs found this type at the first look; this one looked for 10 s");
        let never = Passing { last_look: None, ..known() };
        assert!(said(&never).ends_with(" after its emission; this one looked for 10 s"));
        let some = Passing { looked: Spread { count: 6, ..known().looked }, window: None, last_look: None, ..known() };
        assert_eq!(said(&some), "the slowest of 4 waits of 4 specs found this type 570 ms after its emission");
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let open = Duration { lo_ns: Some(0), hi_ns: None };
        let looked = Spread { max: Some(open), ..known().looked };
        assert_eq!(passing(&Passing { looked, since_emission: None, ..known() }), None);
        let unbounded = Spread { max: Some(Duration { lo_ns: Some(2 * MS), hi_ns: None }), ..known().looked };
        let text = said(&Passing { since_emission: Some(unbounded), window: None, last_look: None, ..known() });
        assert_eq!(text, "the slowest of 4 specs found this type > 2 ms after its emission");
    }
}
