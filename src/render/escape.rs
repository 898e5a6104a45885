//! To *escape* is to make untrusted text inert in one output. Everything that came out of a bundle (names, messages,
//! labels of files) is untrusted, and goes through exactly one function of this module on its way out, in the renderer
//! that prints it.
//!
//! All of them first make hidden characters visible ([`visible`]): control characters, and the characters that reorder
//! or hide text on a screen. Then each adds what its own medium reads as markup.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Control characters, bidirectional controls, invisible characters and Unicode's own line ends: a terminal, a browser
/// or an editor acts on them instead of showing them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether the second `#` of `##[error]`, `##vso[…]` or `##teamcity[…]` is followed by what makes it a command: the
/// runners of several forges look for these anywhere in a line of a log.
pub fn begins_command(after: Option<char>) -> bool {
    after.is_some_and(|c| c == '[' || c.is_ascii_alphabetic())
}

/// Text on one line, with hidden characters written as `\n`, `\x1b` or `\u{202e}`, and a runner's command as `#\#[…`.
/// A tab becomes a space.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '#' if out.ends_with('#') && begins_command(rest.peek().copied()) => out.push_str("\\#"),
            '\t' => out.push(' '),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if is_hidden(c) && u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// For a terminal: one line, nothing that moves the cursor, colours or reorders. What a terminal shows may be the log of
/// a runner, which takes a line that begins with `::error` for its own: such colons are written `:\:error`, wherever
/// they stand, since a line may be broken before them.
pub fn terminal(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.contains("::") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ':' && out.ends_with(':') && rest.peek().is_some_and(char::is_ascii_alphabetic) {
            out.push('\\');
        }
        out.push(c);
    }
    Cow::Owned(out)
}

/// For running text and table cells in Markdown (GitHub, GitLab and `CommonMark`): no markup, HTML, link, mention or
/// reference of another issue.
///
/// A backslash hides markup from the Markdown parser. Mentions and references are looked for afterwards in the finished
/// text, so they are broken with a zero-width space.
pub fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' | '$' | '%' => {
                out.push_str(match c {
                    '&' => "&amp;",
                    '$' => "&#36;",
                    _ => "%",
                });
                // GitLab's references to epics, snippets and milestones.
                if next.is_some_and(|next| next.is_alphanumeric() || next == '"') {
                    out.push('\u{200b}');
                }
            }
            // Within a word it marks nothing up, and names are full of it.
            '_' if before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric) => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("@\u{200b}"),
            '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
                out.push('\u{200b}');
            }
            ':' if next == Some('/') => out.push_str(":\u{200b}"),
            // An address without a scheme; any other point stays as it is, so that a copied name can be searched for.
            '.' if out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www") => {
                out.push_str(".\u{200b}");
            }
            '-' if matches!(before, Some('H' | 'h')) && next.is_some_and(|c| c.is_ascii_digit()) => {
                out.push_str("-\u{200b}");
            }
            // At the start of a line these begin a list, a heading or a rule, or a command of GitHub's runner.
            '-' | '+' | '=' | ':' if before.is_none() => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if !out.is_empty() && next.is_none_or(char::is_whitespace) && is_number(&out) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

fn is_number(text: &str) -> bool {
    text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit())
}

/// For a code span in Markdown: the fence is longer than any run of backticks within. A pipe would end a table's cell
/// even there, so text with a pipe becomes running text.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text);
    if text.contains('|') {
        return markdown(&text);
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For HTML, as text or as the value of a quoted attribute.
pub fn html(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Two colons at the begin of a line are a command in the log of GitHub's runner.
            ':' if out.ends_with(':') => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out
}

/// One text field of a CSV row: quoted, and no formula for a spreadsheet (an apostrophe in front keeps it text).
pub fn csv(text: &str) -> String {
    let text = visible(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let guard = if formula { "'" } else { "" };
    // Quoted, a line cannot begin with the colons of a command for GitHub's runner.
    if formula
        || text.starts_with("::")
        || text.contains(['"', ',', ';', '\''])
        || text.starts_with(' ')
        || text.ends_with(' ')
    {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

/// The message of a GitHub workflow command (`::error …::MESSAGE`).
pub fn workflow_message(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property of a GitHub workflow command (`::error title=PROPERTY::…`).
pub fn workflow_property(text: &str) -> String {
    workflow_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// One word of a POSIX shell's command line; hidden characters are written as in `$'…'`, which bash, zsh and ksh
/// read back as the same bytes.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '=' | ':' | ',' | '@');
    if word.chars().any(is_hidden) || word.contains("##") {
        let mut out = String::from("$'");
        for c in word.chars() {
            // A runner of a forge reads a command after two of these.
            if is_hidden(c) || (c == '#' && out.ends_with('#')) {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            } else {
                out.extend(matches!(c, '\\' | '\'').then_some('\\').into_iter().chain([c]));
            }
        }
        out + "'"
    } else if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        assert_eq!(
            terminal("a\x1b[31mb\u{202e}c\u{2028}d\r\ne\tf\u{9b}"),
            "a\\x1b[31mb\\u{202e}c\\u{2028}d\\r\\ne f\\x9b"
        );
        assert!(matches!(terminal("plain › ütf"), Cow::Borrowed(_)));
    }

    #[test]
    fn markdown_has_no_markup_left() {
        assert_eq!(markdown("a|b `c` <d> **e**"), "a\\|b \\`c\\` &lt;d&gt; \\*\\*e\\*\\*");
        assert_eq!(markdown("@team #12 !3"), "@\u{200b}team \\#\u{200b}12 \\!\u{200b}3");
        assert_eq!(markdown("http://x www.y GH-7"), "http:\u{200b}//x www.\u{200b}y GH-\u{200b}7");
        assert_eq!(markdown("workflow.started WWW.y"), "workflow.started WWW.\u{200b}y");
        assert_eq!(markdown("1. x\n# y"), "1\\. x\\\\n\\#\u{200b} y");
        assert_eq!(markdown("- x"), "\\- x");
        assert_eq!(markdown("&1 $2 95 % & $"), "&amp;\u{200b}1 &#36;\u{200b}2 95 % &amp; &#36;");
        assert_eq!(markdown("0.2 s LOG_LEVEL _x_"), "0.2 s LOG_LEVEL \\_x\\_");
    }

    #[test]
    fn code_spans_cannot_be_closed_from_within() {
        assert_eq!(markdown_code("a``b@c"), "```a``b@c```");
        assert_eq!(markdown_code("a|b`"), "a\\|b\\`");
        assert_eq!(markdown_code("`"), "`` ` ``");
    }

    #[test]
    fn spreadsheets_see_text() {
        assert_eq!(csv("=1+1"), "\"'=1+1\"");
        assert_eq!(csv("a\"b"), "\"a\"\"b\"");
        assert_eq!(csv("plain"), "plain");
        assert_eq!(csv("\t@x"), "\"' @x\"");
    }

    #[test]
    fn workflow_commands_cannot_be_begun() {
        assert_eq!(workflow_message("a\n::error::b%"), "a\\n::error::b%25");
        assert_eq!(workflow_property("a,b:c"), "a%2Cb%3Ac");
    }

    #[test]
    fn a_path_is_one_word_of_a_command() {
        assert_eq!(shell("run/bundle.tar.gz"), "run/bundle.tar.gz");
        assert_eq!(shell("it's $(rm)"), "'it'\\''s $(rm)'");
        assert_eq!(shell("a\nb'"), "$'a\\x0ab\\''");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(html("</script>'\"&"), "&lt;/script&gt;&#39;&quot;&amp;");
    }
}
