//! The pages for people show what the program prints, and name what it has. A block that begins with `$ whylate …` is a
//! session; with `UPDATE_README` set, the sessions are written anew instead of compared.

mod session;

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use session::{entries, whylate};

const FENCE: &str = "```console\n$ whylate ";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md")
}

/// The page with every session's output as the program prints it now, and how many there are.
fn played(page: &str) -> (String, usize) {
    let mut out = String::new();
    let mut parts = page.split(FENCE);
    out.push_str(parts.next().unwrap_or_default());
    let mut sessions = 0;
    for part in parts {
        let (line, rest) = part.split_once('\n').expect("a command");
        let after = rest.find("```").expect("the end of the block");
        let ended = whylate(root(), line.split(' '));
        assert_eq!(ended.err, "", "whylate {line}");
        out.extend([FENCE, line, "\n", &ended.out, &rest[after..]]);
        sessions += 1;
    }
    (out, sessions)
}

#[test]
fn the_screens_are_what_the_program_prints() {
    let mut shown = 0;
    for (path, page) in pages() {
        let (now, sessions) = played(&page);
        shown += sessions;
        if std::env::var_os("UPDATE_README").is_some() {
            fs::write(&path, now).expect("writable");
            continue;
        }
        if let Some((was, is)) = page.lines().zip(now.lines()).find(|(was, is)| was != is) {
            let path = path.display();
            panic!(
                "{path} shows\n  {was}\nand the program prints\n  {is}\nif that is right: UPDATE_README=1 cargo test --test readme"
            );
        }
        assert_eq!(page, now);
    }
    assert!(shown >= 3, "expected three answers, found {shown}");
}

/// First cells of the rows of the table with this heading.
fn column<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let table = page.split_once(&format!("| {heading} |")).unwrap_or_else(|| panic!("no table of {heading}")).1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).collect()
}

#[test]
fn every_output_is_listed() {
    let page = readme();
    let outputs: Vec<&str> = whylate::render::ALL.iter().map(|renderer| renderer.name).collect();
    assert_eq!(column(&page, "`--format`"), outputs);
}

#[test]
fn every_command_and_option_exists() {
    let page = readme();
    let help = whylate(root(), ["--help"]).out;
    let commands = help.split_once("Commands:\n").expect("commands").1.split_once("\n\n").expect("an end").0;
    // Two blanks, then the name; a long description goes on further to the right.
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands = names.filter(|name| !matches!(*name, "" | "help"));
    let listed = column(&page, "command");
    let listed: Vec<&str> =
        listed.iter().filter_map(|row| row.split(' ').nth(1)).filter(|word| *word != "PATH…").collect();
    assert_eq!(listed, commands.collect::<Vec<_>>());

    let all: String = ["analyze", "timeline", "check", "compare", "explain"]
        .map(|name| whylate(root(), [name, "--help"]).out)
        .concat();
    let words = page.split(|c: char| c.is_whitespace() || matches!(c, '`' | '=' | ',' | ';' | ')'));
    let cargos = ["--release", "--path", "--test", "--"];
    let is_option = |word: &&str| word.strip_prefix("--").is_some_and(|name| !name.starts_with('-'));
    for option in words.filter(is_option).filter(|option| !cargos.contains(option)) {
        assert!(all.contains(option), "{option} is in no help");
    }
}

/// Every page for people, with its path from the root.
fn pages() -> Vec<(PathBuf, String)> {
    let is_page = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    // The documents of `testdata` are what `check` is tried on, not pages.
    let folders = ["", "docs", "fuzz", "testdata/scenarios"].map(|folder| root().join(folder));
    let paths = folders.iter().flat_map(|folder| entries(folder)).filter(is_page);
    paths.map(|path| (path.clone(), fs::read_to_string(&path).expect("readable"))).collect()
}

/// The targets of a page's links, and the anchors of its headings as the forges name them.
fn links_and_anchors(page: &str) -> (Vec<String>, Vec<String>) {
    let (mut links, mut anchors, mut heading) = (Vec::new(), Vec::new(), None);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => links.push(dest_url.to_string()),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                    heading.extend(kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }));
                }
            }
            _ => {}
        }
    }
    (links, anchors)
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let (mut followed, mut broken) = (0, Vec::new());
    for (path, text) in pages() {
        let folder = path.parent().expect("a folder");
        for link in links_and_anchors(&text).0 {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, of)| (file, Some(of)));
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            let found = target.exists()
                && anchor.is_none_or(|anchor| {
                    let page = fs::read_to_string(&target).unwrap_or_default();
                    links_and_anchors(&page).1.iter().any(|known| known == anchor)
                });
            followed += 1;
            if !found {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(followed > 10, "expected the links of all pages, found {followed}");
    assert!(broken.is_empty(), "lead nowhere:\n  {}", broken.join("\n  "));
}

#[test]
fn an_anchor_is_named_as_the_forges_do() {
    let page = "# The answer: `--format json`, twice\n\n[a](b.md#c) [d](#e)\n";
    let (links, anchors) = links_and_anchors(page);
    assert_eq!(
        (links, anchors),
        (vec!["b.md#c".into(), "#e".into()], vec!["the-answer---format-json-twice".to_owned()])
    );
}

#[test]
fn every_file_that_a_page_names_exists() {
    let mut missing = Vec::new();
    for (path, page) in pages() {
        // A path of the bundle or of the code under test is no path of this repository.
        let ours = |text: &&str| {
            let ending = ["src/", "tests/", "docs/", "testdata/", "fuzz/", ".ci/", "benches/", "examples/"];
            ending.iter().any(|folder| text.starts_with(folder)) && !text.contains([' ', '<', '*', '…', ':', 'N'])
        };
        let quoted = page.split('`').skip(1).step_by(2).filter(ours).filter(|named| !root().join(named).exists());
        missing.extend(quoted.map(|named| format!("{}: {named}", path.display())));
    }
    assert!(missing.is_empty(), "do not exist:\n  {}", missing.join("\n  "));
    let page = readme();
    let commands = page.lines().filter_map(|line| line.strip_prefix("    cargo run --release -- "));
    assert_eq!(commands.filter(|path| root().join(path).exists()).count(), 1);
}
