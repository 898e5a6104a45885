//! The *layout* of text on a screen: columns counted as a terminal counts them, not bytes.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text, cut at the end with `…` when it is wider than `columns`.
pub fn clip(text: &str, columns: usize) -> String {
    if text.len() <= columns || width(text) <= columns {
        return text.to_owned();
    }
    format!("{}…", prefix(text, columns.saturating_sub(1)).trim_end())
}

/// The text, cut at the beginning with `…`: of file names the end tells more.
pub fn clip_front(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.char_indices().rev().take_while(|(_, c)| {
        used += c.width().unwrap_or(0);
        used <= columns
    });
    let from = kept.last().map_or(text.len(), |(at, _)| at);
    format!("…{}", &text[from..])
}

fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// Breaks a text between words into lines of at most `columns`; a longer word is broken where it must.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = vec![String::new()];
    for mut word in text.split_whitespace() {
        let mut line = lines.pop().unwrap_or_default();
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while width(&line) + width(word) > columns {
            let head = prefix(word, columns - width(&line));
            lines.push(format!("{line}{head}"));
            line.clear();
            word = &word[head.len()..];
        }
        line.push_str(word);
        lines.push(line);
    }
    lines
}

/// At most `limit` wrapped lines; the last of them ends with `…` when there would be more.
pub fn wrap_at_most(text: &str, columns: usize, limit: usize) -> Vec<String> {
    // What cannot be shown is not wrapped either: a message may have a megabyte.
    let enough = text.char_indices().nth(columns.max(8) * (limit + 1)).map_or(text.len(), |(at, _)| at);
    let mut lines = wrap(&text[..enough], columns);
    if lines.len() > limit {
        lines.truncate(limit);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}…", prefix(last, columns.max(8) - 1).trim_end_matches([',', ' ']));
        }
    }
    lines
}

/// A table without borders, columns two apart, indented by two. The cells are already escaped.
pub fn table(head: &[&str], rows: &[Vec<String>], right: &[usize], columns: usize) -> Vec<String> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    // The last column gives way; the others keep their width.
    for (index, _) in head.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((2, 0));
            if right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if index + 1 < head.len() {
                let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell));
                let widest = cells.chain([width(head[index])]).max().unwrap_or(0).min(columns / 2);
                column
                    .set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(widest + 2).unwrap_or(40))));
            }
        }
    }
    table.trim_fmt().lines().map(str::to_owned).collect()
}

/// Colours and weights, or none of them. What is said never depends on them.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Whether the medium shows them.
    pub on: bool,
}

impl Paint {
    /// What to read first.
    pub fn strong(self, text: &str) -> String {
        self.wrap(text, "\x1b[1m")
    }

    /// What only helps to find the way.
    pub fn faint(self, text: &str) -> String {
        self.wrap(text, "\x1b[2m")
    }

    fn wrap(self, text: &str, begin: &str) -> String {
        if self.on && !text.is_empty() { format!("{begin}{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_counted_in_columns() {
        assert_eq!(clip("日本語テスト", 7), "日本語…");
        assert_eq!(clip_front("a/long/path/file.log:12", 13), "…/file.log:12");
        assert_eq!(clip("short", 5), "short");
    }

    #[test]
    fn wrapping_breaks_between_words_and_long_words_where_it_must() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl mn", 8), ["abcdefgh", "ijkl mn"]);
        assert_eq!(wrap_at_most("one two three four", 8, 2), ["one two", "three…"]);
    }
}
