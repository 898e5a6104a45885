//! Text that some reader acts upon, through the whole program and into every output: it is text in each.

mod bundle;

use std::path::Path;

use bundle::Words;
use pulldown_cmark::{Event, Options as Markdown, Parser, Tag, TagEnd};
use whylate::compare::compare;
use whylate::render::{self, Form, Style, escape, tables};
use whylate::report::Report;
use whylate::{Options, analyze};

/// One text for each reader. Each holds the word MARK, so that a test can see that it came through at all.
const CORPUS: &[&str] = &[
    "::error file=a,line=1::MARK",
    "x ::warning::MARK ::add-mask::x ::stop-commands::y ##[error]MARK ##vso[task.complete]MARK ##teamcity[x]",
    "%0A::error::MARK%0D%25",
    "MARK | a | `b|c` | **d** _e_ ~~f~~ \\| $x$ $$y$$",
    "MARK ![i](http://evil.example/x.png) [l](http://evil.example) <http://evil.example> http://evil.example www.evil.example",
    "MARK @team @octocat #123 GH-1 org/repo#1 !7 &9 %3 ~label org/repo@0123456789abcdef0123456789abcdef01234567",
    "MARK <img src=x onerror=alert(1)> <svg/onload=alert(1)> <!-- --> <![CDATA[ ]]> <?xml ?> &lt;b&gt; &#60;",
    "</script><script>alert('MARK')</script></style></title></textarea><!--<script>",
    "MARK javascript:alert(1) data:text/html,<b> vbscript:x \" onmouseover=\"alert(1)\" ' onfocus='alert(1)'",
    "=cmd|' /C calc'!A0 MARK",
    "+1+MARK",
    "-1-MARK",
    "@SUM(A1) MARK",
    " \t=MARK",
    "MARK \x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ \u{9b}31m \x08\x7f",
    "MARK \u{202a}\u{202e}rtl\u{2066}\u{2069}\u{200f}\u{61c} \u{200b}\u{feff}\u{ad} \u{e0041}",
    "MARK \u{2028}::error::line\u{2029}# heading\u{85}- [x] task",
    "MARK\r\n::error::x\n# heading\n- [ ] task\n1. item\n```\ncode\n> quote\n---\n<details>",
    "- MARK",
    "# MARK",
    "> MARK",
    "1. MARK",
    "``` MARK",
    "    MARK",
    "| MARK |",
    "--- MARK",
    "[x]: http://evil.example MARK",
    "${{ github.token }} $(id) `id` MARK $HOME %PATH% {{7*7}} <%= 7*7 %>",
];

fn report(below: &Path, text: &str, file: &str) -> Report {
    let words = Words { spec: text, event_type: text, id: text, service: text, message: text, remote: text, file };
    let path = bundle::write(below, &words);
    analyze(&[path], &Options::default()).expect("a bundle that is recognised").report
}

/// Every output of a report and of a comparison, by name.
fn outputs(report: Report) -> Vec<(String, String)> {
    let style = Style::default();
    let mut all = Vec::new();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    for renderer in render::ALL {
        match renderer.form {
            Form::Document(render) => {
                let mut out = Vec::new();
                render(&report, &style, &mut out).expect("a Vec takes everything");
                all.push((renderer.name.to_owned(), text(out)));
            }
            Form::Tables(render, ending) => {
                for table in tables::ALL {
                    let mut out = Vec::new();
                    render(table, &report, &mut out).expect("a Vec takes everything");
                    all.push((format!("{}.{ending}", table.name), text(out)));
                }
            }
        }
    }
    let comparison = compare(&[("a/x".to_owned(), report.clone()), ("b/x".to_owned(), report)]);
    for (name, render) in render::compare::ALL {
        let mut out = Vec::new();
        render(&comparison, &style, &mut out).expect("a Vec takes everything");
        all.push((format!("compare {name}"), text(out)));
    }
    all
}

/// What holds for every output.
fn inert(name: &str, output: &str, text: &str) {
    // Markdown breaks mentions with a zero-width space of its own.
    let own = if name.contains("markdown") || name == "handoff" { '\u{200b}' } else { '\n' };
    let hidden = output.chars().find(|c| escape::is_hidden(*c) && *c != '\n' && *c != own);
    assert_eq!(hidden, None, "{name} lets a hidden character of {text:?} through");
    // Any output may be the log of a runner.
    for line in output.lines() {
        let at = line.trim_start();
        assert!(!at.starts_with("::") || name == "github", "{name} of {text:?}: {line}");
        let command = at.split_once("##").is_some_and(|(_, after)| escape::begins_command(after.chars().next()));
        assert!(!command || name == "github", "{name} of {text:?}: {line}");
    }
}

fn github(output: &str, text: &str) {
    for line in output.lines() {
        let ours = ["::error ", "::warning ", "::notice "].iter().any(|kind| line.starts_with(kind));
        assert!(ours, "a line of its own for {text:?}: {line}");
        let (properties, message) = line[2..].split_once("::").expect("a message");
        assert!(!properties.contains('\r') && !message.is_empty());
        assert!(properties.split(',').all(|property| property.contains('=')), "{text:?} adds a property: {properties}");
    }
}

fn markdown(name: &str, output: &str, text: &str) {
    let options =
        Markdown::ENABLE_TABLES | Markdown::ENABLE_TASKLISTS | Markdown::ENABLE_STRIKETHROUGH | Markdown::ENABLE_MATH;
    let (mut columns, mut cells, mut code) = (0, 0, false);
    for event in Parser::new_ext(output, options) {
        match &event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{name} of {text:?} has HTML: {html}"),
            Event::Start(
                Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::Strikethrough
                | Tag::BlockQuote(_)
                | Tag::FootnoteDefinition(_),
            ) => {
                panic!("{name} of {text:?} has markup: {event:?}")
            }
            Event::InlineMath(_) | Event::DisplayMath(_) => panic!("{name} of {text:?} has mathematics"),
            Event::Start(Tag::Table(of)) => columns = of.len(),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableRow) => {
                assert_eq!(cells, columns, "{name} of {text:?}: a cell more");
            }
            // Nothing is looked for in code.
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(prose) if !code => {
                let reference =
                    ["@team", "#123", "://evil", "www.evil", "GH-1"].iter().find(|word| prose.contains(**word));
                assert_eq!(reference, None, "{name} of {text:?}: looked for in the finished text");
            }
            _ => {}
        }
    }
}

fn html(output: &str, text: &str) {
    assert_eq!(output.matches("<script").count(), 2, "{text:?}");
    assert_eq!(output.matches("</script").count(), 2, "{text:?}");
    let body = output.split("<script").next().expect("a body").split("</style>").nth(1).expect("a body");
    for markup in ["<img", "<svg", "<!--", "<textarea", "onmouseover=\"", "onfocus='", "</title></"] {
        assert!(!body.contains(markup), "{markup} of {text:?}");
    }
    assert!(!output.contains("<!-- "), "{text:?}: a comment would hide the end of the script");
    // Every attribute is one of ours.
    let ours = [
        "class",
        "id",
        "lang",
        "charset",
        "content",
        "name",
        "http-equiv",
        "scope",
        "title",
        "hidden",
        "type",
        "data-file",
        "data-line",
        "data-do",
        "aria-label",
        "aria-hidden",
        "aria-live",
        "aria-describedby",
        "role",
        "tabindex",
        "spellcheck",
        "autocomplete",
        "open",
    ];
    for tag in body.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let quoted = tag.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        for word in quoted.split_whitespace().skip(1).map(|word| word.trim_end_matches('=')) {
            assert!(ours.contains(&word), "attribute {word} of {text:?} in <{tag}>");
        }
    }
}

fn csv(name: &str, output: &str, text: &str) {
    let columns = output.lines().next().expect("a head").split(',').count();
    for line in output.lines() {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().expect("one").push(c),
            }
        }
        assert_eq!(fields.len(), columns, "{name} of {text:?}: {line}");
        for field in fields {
            let number = field.parse::<f64>().is_ok();
            let formula = field.trim_start().starts_with(['=', '+', '-', '@']) && !number;
            assert!(!formula, "{name} of {text:?}: a spreadsheet would calculate {field}");
        }
    }
}

fn all_inert(report: Report, text: &str) -> bool {
    let mut came_through = false;
    for (name, output) in outputs(report) {
        came_through |= name == "json" && output.contains("MARK");
        inert(&name, &output, text);
        match name.as_str() {
            "github" => github(&output, text),
            "markdown" | "handoff" | "compare markdown" => markdown(&name, &output, text),
            "html" => html(&output, text),
            "json" | "perfetto" | "compare json" => {
                serde_json::from_str::<serde_json::Value>(&output)
                    .unwrap_or_else(|error| panic!("{name} of {text:?}: {error}"));
            }
            name if name.strip_suffix(".csv").is_some() => csv(name, &output, text),
            _ => {}
        }
    }
    came_through
}

#[test]
fn hostile_words_of_a_log_are_text_in_every_output() {
    let below = tempfile::tempdir().expect("a folder");
    for (number, text) in CORPUS.iter().enumerate() {
        let report = report(below.path(), text, &format!("bundle-{number}"));
        assert!(!report.failures.is_empty(), "{text:?}: the spec is a failure");
        assert!(all_inert(report, text), "{text:?} came into no output: the test proves nothing");
    }
}

#[cfg(unix)]
#[test]
fn hostile_names_of_files_are_text_in_every_output() {
    let below = tempfile::tempdir().expect("a folder");
    for text in CORPUS {
        // A name holds neither slash nor zero, and at most 255 bytes.
        let name: String = text.replace('/', "∕").replace('\0', "").chars().take(60).collect();
        let words = Words { file: &name, ..Words::default() };
        let path = bundle::write(below.path(), &words);
        let report = analyze(&[path], &Options::default()).expect("a bundle that is recognised").report;
        assert!(all_inert(report, text), "{text:?}: its name came into no output");
    }
}

#[test]
fn a_megabyte_of_message_does_not_make_a_megabyte_of_output() {
    let below = tempfile::tempdir().expect("a folder");
    let message = format!("MARK {}", "<b>::error::x|@team #123\x1b[31m ".repeat(40_000));
    assert!(message.len() > 1_000_000);
    let words = Words { message: &message, ..Words::default() };
    let path = bundle::write(below.path(), &words);
    let report = analyze(&[path], &Options::default()).expect("a bundle that is recognised").report;
    for (name, output) in outputs(report.clone()) {
        // These two hold everything.
        let whole = name == "json" || name == "failures.csv";
        assert!(whole || output.len() < 200_000, "{name}: {} bytes", output.len());
    }
    all_inert(report, "a megabyte");
}
