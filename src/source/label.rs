//! Label: how a file is named in the report. A name from a bundle is only ever a label, never a path.

use super::Found;

/// Longest label, in characters; a hostile archive can hold names of megabytes.
const LONGEST: usize = 1024;

/// Between the names of an archive and of what is in it.
pub(super) const INSIDE: &str = "!";

/// A name from a bundle made safe: `/` between parts, no empty part, no `.`, no way up, nothing that moves a terminal's
/// cursor. Empty for a name that is only the top itself.
pub(super) fn clean(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let mut label = String::with_capacity(name.len().min(LONGEST));
    for part in name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
        if !label.is_empty() {
            label.push('/');
        }
        if part == ".." {
            label.push_str("%2E%2E");
            continue;
        }
        for character in part.chars() {
            if unsafe_to_print(character) {
                label.extend(character.escape_unicode());
            } else {
                label.push(character);
            }
        }
        if label.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| label.is_char_boundary(*at)).unwrap_or(0);
            label.truncate(end);
            label.push('…');
            break;
        }
    }
    label
}

/// Control characters, and those that turn the direction of writing.
fn unsafe_to_print(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The name of something inside something else.
pub(super) fn inside(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}{INSIDE}{name}") }
}

/// Why a file is left aside by its name, if it is.
pub(super) fn left_aside(label: &str) -> Option<&'static str> {
    let name = label.rsplit('/').next().unwrap_or(label);
    if name.ends_with(PRE_SANITIZE) {
        return Some("original from before the sanitiser: holds secrets, and each line a second time");
    }
    if name.starts_with("._") || label.split('/').any(|part| part == "__MACOSX") {
        return Some("macOS metadata");
    }
    None
}

/// Ending of the collector's copies from before it took the secrets out.
pub(super) const PRE_SANITIZE: &str = ".pre-sanitize";

/// Finds out whether everything in an archive lies in one folder, whose name then says nothing.
#[derive(Debug, Default)]
pub(super) struct Top {
    only: Option<String>,
    /// True when several things lie at the top, or the top itself is named, as in `tar -C folder -c .`.
    open: bool,
}

impl Top {
    /// Notes a member by its clean label.
    pub fn note(&mut self, label: &str, is_folder: bool) {
        if label.split('/').next() == Some("__MACOSX") {
            return;
        }
        let Some((first, _)) = label.split_once('/').or_else(|| is_folder.then_some((label, ""))) else {
            self.open = true;
            return;
        };
        match &self.only {
            _ if first.is_empty() => self.open = true,
            None => self.only = Some(first.to_owned()),
            Some(only) => self.open |= only != first,
        }
    }

    /// Takes the single top folder off the labels.
    pub fn strip<T>(&self, found: &mut [Found<T>]) {
        let (Some(only), false) = (&self.only, self.open) else { return };
        let strip = |label: &mut String| {
            if label == only {
                // A link to the folder itself.
                label.clear();
            } else if let Some(rest) = label.strip_prefix(only.as_str()).and_then(|rest| rest.strip_prefix('/')) {
                *label = rest.to_owned();
            }
        };
        for one in found {
            one.segments.first_mut().map(strip);
            one.link.as_mut().map(strip);
        }
    }
}

/// Where a link leads, relative to the archive's top; `None` when it leads out.
pub(super) fn link_target(link: &str, target: &[u8]) -> Option<String> {
    let target = String::from_utf8_lossy(target).replace('\\', "/");
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(clean(parts.join("/").as_bytes()))
}
