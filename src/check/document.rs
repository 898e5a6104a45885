//! A *document*: the Markdown text that is held against a bundle, as numbered lines that know where they stand.
//!
//! This is no Markdown parser. What matters for a claim is whether a line is prose, a row of a table (and under which
//! header), or inside a fence (and of which language): text that is not well-formed is prose.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Empty, a fence's marker, or a table's delimiter row.
    Blank,
    /// `# …`.
    Heading,
    /// Running text or an item of a list.
    Prose,
    /// A row of a table; its header is one too.
    Row,
    /// Inside a fence of a language of code or commands.
    Code,
    /// Inside any other fence: logs, timelines, diagrams.
    Quote,
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// From 1.
    pub number: u32,
    /// As it stands, without its line end.
    pub text: &'a str,
    /// What it is.
    pub part: Part,
    /// The table's header, for its rows.
    pub header: Option<&'a str>,
    /// The heading above.
    pub section: &'a str,
    /// The same for neighbours in one paragraph, list, table or fence.
    pub block: u32,
}

/// The whole document.
#[derive(Debug, Default)]
pub struct Document<'a> {
    /// All lines, in order.
    pub lines: Vec<Line<'a>>,
    /// The first heading: what the document is about.
    pub title: &'a str,
}

/// Fences of these languages hold no log lines.
const CODE: &[&str] = &[
    "go", "golang", "sh", "bash", "shell", "console", "zsh", "yaml", "yml", "diff", "python", "py", "sql", "make",
    "rego",
];

impl<'a> Document<'a> {
    /// Reads Markdown.
    pub fn parse(text: &'a str) -> Self {
        let mut document = Self::default();
        let mut fence: Option<(&str, Part)> = None;
        let (mut header, mut section, mut block) = (None, "", 0);
        for (number, text) in (1..).zip(text.lines()) {
            let text = text.trim_end();
            let bare = text.trim_start();
            let part = match fence {
                Some((marker, _)) if bare.starts_with(marker) && bare.trim_start_matches(&marker[..1]).is_empty() => {
                    fence = None;
                    Part::Blank
                }
                Some((_, part)) => part,
                None => match marker(bare) {
                    Some(marker) => {
                        let language = bare[marker.len()..].trim().to_ascii_lowercase();
                        let code = CODE.contains(&language.as_str());
                        fence = Some((marker, if code { Part::Code } else { Part::Quote }));
                        Part::Blank
                    }
                    None if bare.trim_matches(['-', '*', '_', ' ']).is_empty() => Part::Blank,
                    None if bare.starts_with('#') => Part::Heading,
                    None if bare.starts_with('|') && bare.trim_matches(['|', '-', ':', ' ']).is_empty() => Part::Blank,
                    None if bare.starts_with('|') => Part::Row,
                    None => Part::Prose,
                },
            };
            match part {
                Part::Heading => {
                    section = bare.trim_start_matches('#').trim();
                    if document.title.is_empty() {
                        document.title = section;
                    }
                }
                Part::Row if header.is_none() => header = Some(text),
                _ => {}
            }
            if part != Part::Row && !(part == Part::Blank && bare.starts_with('|')) {
                header = None;
            }
            if part == Part::Blank && !bare.starts_with('|') {
                block += 1;
            }
            document.lines.push(Line { number, text, part, header, section, block });
        }
        document
    }

    /// The cells of a row, without marks.
    pub fn cells(row: &str) -> Vec<String> {
        let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| plain(cell).trim().to_owned()).collect()
    }
}

impl Line<'_> {
    /// Prose, a row, or a quote: not code and not empty.
    pub fn says(&self) -> bool {
        matches!(self.part, Part::Prose | Part::Row | Part::Quote)
    }

    /// The text without emphasis and code marks.
    pub fn plain(&self) -> String {
        if matches!(self.part, Part::Quote | Part::Code) { self.text.trim().to_owned() } else { plain(self.text) }
    }

    /// Whether the row speaks of a service that the document is not about: `| Gateway | 50–150 ms |`.
    pub fn of_another(&self, title: &str) -> bool {
        let Some(header) = self.header else { return false };
        let about_services =
            Document::cells(header).first().is_some_and(|head| head.to_lowercase().contains("service"));
        let name = Document::cells(self.text).into_iter().next().unwrap_or_default().to_lowercase();
        about_services && !name.is_empty() && !title.to_lowercase().contains(&name)
    }
}

fn marker(line: &str) -> Option<&str> {
    let first = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(first).len();
    (length >= 3 && !line[length..].contains('`')).then(|| &line[..length])
}

/// Text without `**`, backticks, and the escapes of Markdown that whylate writes.
pub fn plain(text: &str) -> String {
    let text = text.replace("**", "").replace(['`', '\u{200b}'], "");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_where_they_stand() {
        let text = "# T\n\nprose\n\n```go\nx()\n```\n\n```\n14:35:15 log\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let document = Document::parse(text);
        let parts: Vec<Part> =
            document.lines.iter().map(|line| line.part).filter(|part| *part != Part::Blank).collect();
        assert_eq!(parts, [Part::Heading, Part::Prose, Part::Code, Part::Quote, Part::Row, Part::Row]);
        assert_eq!(document.lines[14].header, Some("| a | b |"));
        assert_eq!(document.title, "T");
    }
}
