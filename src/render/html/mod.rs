//! The report as one HTML *page*: the answer in text, and below it a timeline to zoom into.
//!
//! The page is a file of its own: no network, no second file, and a content security policy that lets nothing run but
//! this crate's own script, named by its hash. The answer is HTML and needs no script. The timeline is drawn from the
//! rows of `data` in a canvas, only what is on the screen, so that many rows are shown as quickly as few.

mod answer;
#[cfg(test)]
mod browser;
mod columns;
mod data;
mod digest;
mod writer;

use std::io::{self, Write};

use super::json::write_value;
use super::{Style, words};
use crate::report::Report;
use data::Chosen;
use writer::Html;

const CSS: &str = include_str!("page.css");
/// The script's parts, each with the words that it defines; one scope, read in this order.
const SCRIPT: &str = concat!(
    include_str!("rows.js"),
    include_str!("words.js"),
    include_str!("lanes.js"),
    include_str!("draw.js"),
    include_str!("page.js")
);
/// What a forge still shows as an artefact, and a browser opens at once.
const BYTES: usize = 10_000_000;

/// Writes the page.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (data, left_out) = rows(report, style, style.max_bytes.unwrap_or(BYTES))?;
    let mut html = Html::new(report);
    html.raw("<body>\n<main>\n");
    answer::answer(&mut html, report, style);
    html.raw("</main>\n");
    html.raw(include_str!("timeline.html"));
    html.raw(
        "<noscript><main><p>The timeline needs a script; everything else is on this page.</p></main></noscript>\n",
    );
    html.raw("<footer>\n");
    answer::rest(&mut html, report);
    if left_out > 0 {
        let why = if style.tables { "to keep it small (--max-bytes)" } else { "(--no-tables)" };
        html.element(
            "p",
            &format!("{} rows of the timeline were left out of this page {why}.", words::grouped(left_out as u64)),
        );
    }
    html.element("p", &format!("Made by {} {}.", report.tool.name, report.tool.version));
    html.raw("</footer>\n");
    let title = report.bundle.suite.as_deref().unwrap_or("whylate");
    let mut head = Html::new(report);
    head.element("title", &format!("{title}: {}", words::verdict(report).chars().take(80).collect::<String>()));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action \
         'none'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" \
         content=\"no-referrer\">\n{}\n<style>{CSS}</style>\n</head>\n",
        digest::sha256_base64(CSS),
        digest::sha256_base64(SCRIPT),
        head.finish(),
    )?;
    out.write_all(html.finish().as_bytes())?;
    out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
    out.write_all(&data)?;
    write!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

/// The rows as JSON without a `<`, in about so many bytes, and how many rows were left out for that.
fn rows(report: &Report, style: &Style, bytes: usize) -> io::Result<(Vec<u8>, usize)> {
    let mut limit = usize::MAX;
    loop {
        let chosen = Chosen::of(report, style, limit);
        let mut json = Vec::new();
        write_value(&data::data(report, &chosen), &mut json)?;
        let json = inert(&json);
        if json.len() <= bytes || chosen.most() == 0 {
            return Ok((json, chosen.left_out));
        }
        // Rows are about equally long; a tenth is taken off for those that are not.
        limit = chosen.most() * (bytes / 10) / (json.len() / 9).max(1);
    }
}

/// In JSON a `<` stands in strings only, and there it can be written without ending a script.
fn inert(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    for byte in json {
        match byte {
            b'<' => out.extend_from_slice(b"\\u003c"),
            byte => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::render::{fixture, tests::rendered};

    fn page(report: &Report) -> String {
        rendered(report, &Style::default(), "html")
    }

    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        let start = text.find(from).expect("the begin") + from.len();
        &text[start..start + text[start..].find(to).expect("the end")]
    }

    #[test]
    fn the_answer_comes_first_and_needs_no_script() {
        let page = page(&fixture::one());
        let main = between(&page, "<main>\n", "</main>");
        assert!(main.starts_with("<h1>flush delay (proven): the event was buffered at once"), "{main}");
        for word in ["Failing spec", "audit_integration_test.go:266", "too long", "31 writes, slowest 20 ms"] {
            assert!(main.contains(word), "{word}");
        }
    }

    #[test]
    fn only_the_page_itself_may_run_and_nothing_is_fetched() {
        let page = page(&fixture::many());
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        let script = between(&page, "\n<script>", "</script>");
        assert!(policy.contains(&format!("script-src 'sha256-{}'", digest::sha256_base64(script))));
        assert!(
            policy.contains(&format!(
                "style-src 'sha256-{}'",
                digest::sha256_base64(between(&page, "<style>", "</style>"))
            ))
        );
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        for word in [" src=", " href=", " style=", "http:", "https:", "url(", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
        for word in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch(", "import"]
        {
            assert!(!SCRIPT.contains(word), "{word}");
        }
        assert!(!SCRIPT.contains('\t') && !CSS.contains('\t') && !SCRIPT.contains('\r'));
    }

    #[test]
    fn hostile_text_is_text() {
        let page = page(&fixture::hostile());
        for markup in ["<img", "<!-- ", "javascript:alert(1)\""] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script>").count(), 2);
        let data: Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).expect("JSON");
        assert!(data["specs"][0]["name"].as_str().is_some_and(|name| name.contains("</script>")));
    }

    #[test]
    fn a_bound_leaves_rows_out_and_says_so() {
        let mut report = fixture::one();
        let event = report.events[0].clone();
        report.events =
            (0..5_000).map(|n| crate::report::EventRow { id: format!("event-{n}"), ..event.clone() }).collect();
        let style = Style { max_bytes: Some(40_000), ..Style::default() };
        let page = rendered(&report, &style, "html");
        let data = between(&page, "id=\"data\">", "</script>");
        assert!(data.len() <= 40_000 && data.len() > 20_000, "{}", data.len());
        let rows: Value = serde_json::from_str(data).expect("JSON");
        // The awaited event stays.
        assert_ne!(rows["specs"][0]["awaited"][0]["event"], Value::Null);
        assert!(page.contains("rows of the timeline were left out of this page to keep it small"));
    }

    #[test]
    fn a_hundred_thousand_events_take_less_than_ten_megabytes() {
        let page = page(&fixture::large(100_000));
        assert!(page.len() <= 10_000_000, "{} bytes", page.len());
        assert!(!page.contains("were left out of this page"));
    }
}
