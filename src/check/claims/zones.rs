//! Zones: stamps of two zones are not put side by side without saying so.

use std::sync::LazyLock;

use regex::Regex;

use super::super::stamp::Local;
use super::{Case, Kind, Said, Source};

/// Zones.
pub static ZONES: Kind = Kind { name: "zones", about: "stamps of two zones are told apart", examine };

static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[Ll]ocal time\b|\b[Tt]ime ?zone\b|\bUTC ?[-+−]\d|\b(?:EST|EDT|CET|CEST|PST|PDT)\b|-0\d:00\b")
        .expect("a constant")
});

fn examine(case: &Case<'_>) -> Vec<Said> {
    let Local::Inferred(seconds, bare, zoned) = case.story.local else { return Vec::new() };
    let stamp = |line: u32, zone: bool| {
        let mut own = case.story.stamps.iter().filter(|stamp| stamp.line == line && stamp.zone.is_some() == zone);
        own.next().map_or_else(String::new, |stamp| stamp.text.clone())
    };
    let said = format!("{} without a zone", stamp(bare, false));
    if let Some(line) = case.document.lines.iter().find(|line| line.says() && SAID.is_match(line.text)) {
        return vec![Said::holds(bare, said, vec![Source::Line(line.number)])];
    }
    let hours = f64::from(seconds.abs()) / 3600.0;
    let found = format!("{} in UTC at line {zoned}, {hours} h apart", stamp(zoned, true));
    vec![Said::contradicted(bare, said, "one zone, or the zone beside each stamp", found, vec![Source::Line(zoned)])]
}
