//! The README shows what the program prints, and names what it has. A block that begins with `$ whylate …` is a session;
//! with `UPDATE_README` set, the sessions are written anew instead of compared.

mod session;

use std::fs;
use std::path::Path;

use session::whylate;

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
    let page = readme();
    let (now, sessions) = played(&page);
    assert!(sessions >= 4, "expected an example and three screens, found {sessions}");
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(root().join("README.md"), now).expect("writable");
        return;
    }
    if let Some((was, is)) = page.lines().zip(now.lines()).find(|(was, is)| was != is) {
        panic!(
            "the README shows\n  {was}\nand the program prints\n  {is}\nif that is right: UPDATE_README=1 cargo test --test readme"
        );
    }
    assert_eq!(page, now);
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

#[test]
fn every_file_that_it_names_exists() {
    let page = readme();
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let quoted = page.split('`').skip(1).step_by(2).filter(|text| !text.contains(' ') && text.contains('/'));
    let named = links.chain(quoted).filter(|target| !target.starts_with("http"));
    for path in named {
        assert!(root().join(path).exists(), "{path} does not exist");
    }
    let commands = page.lines().filter_map(|line| line.strip_prefix("    cargo run --release -- "));
    assert_eq!(commands.filter(|path| root().join(path).exists()).count(), 1);
}
