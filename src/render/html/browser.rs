//! The page in a real browser: `cargo test --lib browser`. It needs a Chromium, named by `CHROMIUM` or found as
//! `chromium`, `chromium-browser` or `google-chrome`; without one the tests say so and pass. With `SHOTS=FOLDER` they
//! leave a screenshot of each page there.
//!
//! The browser is spoken to over two named pipes (`--remote-debugging-pipe`), a JSON message and a zero byte each, so
//! that no port is opened and no further crate is needed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::render::{Style, fixture, tests::rendered};
use crate::report::{Quote, Report};

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let all = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    sent: u64,
    /// What the browser told unasked.
    told: Vec<Value>,
    folder: tempfile::TempDir,
}

impl Browser {
    /// A browser with one empty page; `None` when there is none on this machine.
    fn start() -> Option<Self> {
        let Some(program) = chromium() else {
            let _ = writeln!(std::io::stderr(), "skipped: no Chromium found; set CHROMIUM to try the page in one");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let (to, from) = (folder.path().join("to"), folder.path().join("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().expect("mkfifo").success());
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$TO\" 4>\"$FROM\""])
            .arg(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .env("TO", &to)
            .env("FROM", &from)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let to = File::options().write(true).open(to).expect("a pipe");
        let from = BufReader::new(File::open(from).expect("a pipe"));
        let mut browser = Self { child, to, from, session: None, sent: 0, told: Vec::new(), folder };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.ask("Target.attachToTarget", &attached)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        let screen = json!({"width": 1280, "height": 1400, "deviceScaleFactor": 1, "mobile": false});
        browser.ask("Emulation.setDeviceMetricsOverride", &screen);
        Some(browser)
    }

    fn message(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("a message");
        bytes.pop();
        serde_json::from_slice(&bytes).expect("the browser speaks JSON until it ends")
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let answer = self.message();
            if answer["id"] == self.sent {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
            self.told.push(answer);
        }
    }

    /// The value of an expression in the page.
    fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", &params);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    fn write(&self, name: &str, report: &Report) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, rendered(report, &Style::default(), "html")).expect("writable");
        path
    }

    /// Opens a file and waits until it is drawn.
    fn open(&mut self, path: &Path, hash: &str) {
        // A change of the hash alone would not load anything.
        self.ask("Page.navigate", &json!({"url": "about:blank"}));
        self.ask("Page.navigate", &json!({"url": format!("file://{}{hash}", path.display())}));
        for _ in 0..200 {
            if self.value("document.readyState === 'complete' && document.documentElement.dataset.ready") != Value::Null
                && self.value("location.protocol") == "file:"
                && self.value("Boolean(document.documentElement.dataset.ready)") == true
            {
                return;
            }
            self.settle();
        }
        panic!("the page was never drawn: {:?}", self.complaints());
    }

    /// Lets timers and frames of the page run.
    fn settle(&mut self) {
        self.value("new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(1)), 250))");
    }

    fn key(&mut self, key: &str) {
        self.ask("Input.dispatchKeyEvent", &json!({"type": "keyDown", "key": key}));
        self.ask("Input.dispatchKeyEvent", &json!({"type": "keyUp", "key": key}));
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64) {
        let params = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
        self.ask("Input.dispatchMouseEvent", &params);
    }

    /// Scrolls by most of a screen, as a wheel does.
    fn scroll(&mut self) {
        let params = json!({"type": "mouseWheel", "x": 640, "y": 700, "deltaX": 0, "deltaY": 1200});
        self.ask("Input.dispatchMouseEvent", &params);
        self.settle();
    }

    /// Clicks on what a screen reader announces with this role and name, and gives how many actions that took: one
    /// more when it had to be scrolled to.
    fn choose(&mut self, role: &str, name: &str) -> usize {
        let tree = self.ask("Accessibility.getFullAXTree", &json!({}));
        let said = |node: &&Value| {
            node["role"]["value"] == role && node["name"]["value"].as_str().is_some_and(|said| said.contains(name))
        };
        let node = tree["nodes"].as_array().and_then(|nodes| nodes.iter().find(said));
        let node = json!({"backendNodeId": node.unwrap_or_else(|| panic!("no {role} {name}"))["backendDOMNodeId"]});
        let height = self.value("innerHeight").as_f64().expect("pixels");
        let mut actions = 1;
        loop {
            let frame = self.ask("DOM.getBoxModel", &node)["model"]["content"].clone();
            let at = |n: usize| frame[n].as_f64().expect("pixels");
            let (x, y) = (at(0) + 12.0, at(1).midpoint(at(5)));
            if y < height {
                self.mouse("mousePressed", x, y);
                self.mouse("mouseReleased", x, y);
                self.settle();
                return actions;
            }
            self.scroll();
            actions += 1;
        }
    }

    /// Whether a line of the bundle with this word is on the screen, in whole.
    fn sees(&mut self, word: &str) -> bool {
        let seen = "const r = line.getBoundingClientRect(); return line.checkVisibility() && r.top >= 0 && r.bottom <= innerHeight";
        let lines =
            format!("[...document.querySelectorAll('.raw')].filter((line) => line.textContent.includes('{word}'))");
        self.value(&format!("{lines}.some((line) => {{ {seen}; }})")) == true
    }

    fn shot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SHOTS") else { return };
        let data = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        let mut decoder =
            Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("base64");
        let text = data["data"].as_str().unwrap_or_default().to_owned();
        let mut input = decoder.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let image = decoder.wait_with_output().expect("an image").stdout;
        writer.join().expect("no panic").expect("written");
        fs::write(Path::new(&folder).join(format!("{name}.png")), image).expect("writable");
    }

    /// Exceptions, refused scripts and styles, dialogs, and requests for anything but the page.
    fn complaints(&self) -> Vec<&Value> {
        let fetched = |params: &Value| {
            let url = params["request"]["url"].as_str().unwrap_or_default();
            !(url.starts_with("file://") || url == "about:blank")
        };
        let wrong = |told: &&Value| match told["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
            "Log.entryAdded" => told["params"]["entry"]["level"] == "error",
            "Network.requestWillBeSent" => fetched(&told["params"]),
            _ => false,
        };
        self.told.iter().filter(wrong).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_view_is_in_the_address_and_keys_reach_every_mark() {
    let Some(mut browser) = Browser::start() else { return };
    let path = browser.write("one.html", &fixture::many());
    browser.open(&path, "");
    browser.shot("one");
    assert!(browser.text("document.querySelector('h1').textContent").starts_with("flush delay (proven)"));
    // The lines that prove the verdict are on the first screen: no action at all.
    let evidence = "document.querySelector('h3 + ul .place').getBoundingClientRect().bottom < innerHeight";
    assert_eq!(browser.value(evidence), true);
    browser.value("document.querySelector('canvas').focus()");
    browser.key("ArrowRight");
    assert!(browser.text("document.getElementById('detail').textContent").contains("failed: BR-SP-090"));
    browser.key("ArrowRight");
    browser.key("ArrowRight");
    let chosen = browser.text("document.getElementById('detail').textContent");
    assert!(chosen.starts_with("look 1: found 0") && chosen.contains("suite.log:1210"), "{chosen}");
    browser.settle();
    let hash = browser.text("location.hash");
    assert!(hash.contains("at=look.0.0") && hash.contains("t="), "{hash}");
    browser.open(&path, &hash);
    assert_eq!(browser.text("document.getElementById('detail').textContent"), chosen);
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}

/// From the open file to the line of the log that proves a verdict, with a mouse and what a screen reader announces.
#[test]
fn the_line_that_proves_a_verdict_is_at_most_three_actions_away() {
    let Some(mut browser) = Browser::start() else { return };
    let mut report = fixture::many();
    let second = report.failures.iter().find(|failure| failure.cause == Some("reject-4xx")).expect("a second cause");
    let place = second.ranked[0].supporting[0].places[0].clone();
    report.quotes.push(Quote { place, text: "the answer was 400 Bad Request".to_owned() });
    let path = browser.write("actions.html", &report);
    browser.open(&path, "");
    assert!(browser.sees("flush_interval"), "the main verdict's line is not on the first screen");
    assert!(!browser.sees("400 Bad Request"));
    let mut actions = browser.choose("DisclosureTriangle", "reject-4xx");
    while !browser.sees("400 Bad Request") {
        browser.scroll();
        actions += 1;
        assert!(actions <= 3, "expected at most three actions");
    }
    browser.shot("actions");
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}

#[test]
fn a_place_of_the_answer_leads_to_its_mark() {
    let Some(mut browser) = Browser::start() else { return };
    let path = browser.write("lead.html", &fixture::one());
    browser.open(&path, "");
    browser.value("[...document.querySelectorAll('.place')].find((p) => p.dataset.line === '1204').click()");
    let chosen = browser.text("document.getElementById('detail').textContent");
    assert!(chosen.contains("suite.log:1204"), "{chosen}");
    // A cited line is on the page itself, and shown for the keyboard at each of its places.
    assert!(browser.text("document.querySelector('h3 + ul .raw').textContent").contains("flush_interval"));
    browser.value("[...document.querySelectorAll('.place')].find((p) => p.dataset.line === '311').focus()");
    let tip = browser.text("document.getElementById('tip').textContent");
    assert!(tip.contains("suite.log:311") && tip.contains("writer started"), "{tip}");
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}

#[test]
fn many_events_are_drawn_and_filtered() {
    let Some(mut browser) = Browser::start() else { return };
    let path = browser.write("large.html", &fixture::large(100_000));
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        browser.open(&path, "");
        let painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
        browser.settle();
        let ready = "Number(document.documentElement.dataset.ready)";
        let ready = browser.value(&format!("Math.max({ready}, {painted})")).as_f64().expect("milliseconds");
        best = best.min(ready);
    }
    let _ = writeln!(
        std::io::stderr(),
        "100,000 events: {} bytes, drawn after {best} ms",
        fs::metadata(&path).expect("a file").len()
    );
    browser.value("document.querySelector('[data-do=whole]').click()");
    browser.settle();
    browser.shot("large");
    browser.value(
        "const id = document.getElementById('pick-id'); id.value = 'rr-00000000'; id.dispatchEvent(new Event('input'))",
    );
    assert_eq!(browser.text("document.getElementById('count').textContent"), "4 of 100000 events");
    browser.value("const store = document.getElementById('pick-store'); store.value = '3'; store.dispatchEvent(new Event('input'))");
    browser.settle();
    assert!(browser.text("location.hash").contains("store=3&id=rr-00000000"));
    // Dragging moves the view, and the pointer shows the place.
    let before = browser.text("location.hash");
    let frame =
        browser.value("(({x, y, width}) => [x, y, width])(document.querySelector('canvas').getBoundingClientRect())");
    let at = |n: usize| frame[n].as_f64().expect("a number");
    let (x, y) = (at(0) + at(2) / 2.0, at(1) + 60.0);
    browser.mouse("mousePressed", x, y);
    browser.mouse("mouseMoved", x - 200.0, y);
    browser.mouse("mouseReleased", x - 200.0, y);
    browser.settle();
    assert_ne!(browser.text("location.hash"), before);
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}

#[test]
fn hostile_text_does_nothing_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let path = browser.write("hostile.html", &fixture::hostile());
    browser.open(&path, "#t=1,x&spec=9&store=-1&id=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&at=%00.<.%22");
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    browser.shot("hostile");
    assert_eq!(browser.value("document.scripts.length"), 2);
    assert_eq!(browser.value("document.querySelectorAll('img, a, iframe, object, link, form, svg').length"), 0);
    browser.value("document.querySelector('canvas').focus()");
    for key in ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "Enter", "Home", "Escape"] {
        browser.key(key);
    }
    browser.settle();
    assert_eq!(browser.value("document.querySelectorAll('img').length"), 0);
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
}
