//! The console as an operator has it: the built program in a pseudo terminal.

mod support;

use std::{
    io::{Read, Write},
    net::SocketAddr,
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use support::{Answer, Client, PATIENCE, Place, program, until};

/// The program with its console, and the screen that an operator sees.
struct Seat {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    terminal: Box<dyn MasterPty + Send>,
    address: SocketAddr,
}

const fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a screen has cells")
}

impl Seat {
    /// Opens the console on the projects in a folder, and closes its welcome.
    fn open(projects: &Path, data: &Path) -> Self {
        let pty = native_pty_system()
            .openpty(size(40, 120))
            .expect("a pseudo terminal");
        let inner = program();
        let mut command = CommandBuilder::new(inner.get_program());
        command.arg(projects);
        // nothing falls asleep while the operator looks
        command.args(["--idle", "3600", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data);
        for (name, value) in inner.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.env("TERM", "xterm-256color");
        for name in [
            "NO_COLOR",
            "COLORTERM",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "TMUX",
            "LAPIDARY_THEME",
        ] {
            command.env_remove(name);
        }
        let child = pty
            .slave
            .spawn_command(command)
            .expect("the program starts");
        drop(pty.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(40), cells(120), 1_000)));
        follow(
            pty.master.try_clone_reader().expect("its output"),
            screen.clone(),
        );
        let keys = pty.master.take_writer().expect("its keyboard");
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut seat = Self {
            screen,
            keys,
            child,
            terminal: pty.master,
            address,
        };
        let welcome = seat.shows(&["Welcome to lapidary", "They answer at http://"]);
        let port = welcome
            .split("They answer at ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let port = port.and_then(|url| url.rsplit(':').next()?.trim_end_matches('/').parse().ok());
        seat.address
            .set_port(port.unwrap_or_else(|| panic!("no port in {welcome}")));
        assert!(seat.is_alternate(), "the console has a screen of its own");
        seat.press("\r");
        seat.hides("Welcome to lapidary");
        seat
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it takes keys");
        self.keys.flush().expect("it takes keys");
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn is_alternate(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    /// Waits until the screen shows all of `texts`; returns all of it.
    #[track_caller]
    fn shows(&self, texts: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if texts.iter().all(|wanted| text.contains(wanted)) {
                return text;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {texts:?} on\n{text}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until one line of the screen shows all of `texts`.
    #[track_caller]
    fn shows_line(&self, texts: &[&str]) -> String {
        let find = || {
            self.text()
                .lines()
                .find(|line| texts.iter().all(|text| line.contains(text)))
                .map(String::from)
        };
        let start = Instant::now();
        loop {
            if let Some(line) = find() {
                return line;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for a line with {texts:?} on\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Answers the question that is on the screen. What comes before a person could have read it
    /// is no answer.
    fn answer(&mut self, key: &str) {
        thread::sleep(Duration::from_millis(400));
        self.press(key);
    }

    /// Waits until `text` is gone from the screen.
    #[track_caller]
    fn hides(&self, text: &str) {
        let start = Instant::now();
        while self.text().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "{text:?} stays on\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.screen
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(cells(rows), cells(cols));
        self.terminal
            .resize(size(rows, cols))
            .expect("the terminal changes its size");
    }

    #[track_caller]
    fn ask(&self, method: &str, host: &str, path: &str) -> Answer {
        let mut client = Client::connect(self.address).expect("a connection");
        client
            .request(method, host, path, (method == "POST").then_some(b""))
            .unwrap();
        client.answer().unwrap()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(mut output: Box<dyn Read + Send>, screen: Arc<Mutex<vt100::Parser>>) {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            screen.lock().unwrap().process(&bytes[..count]);
        }
    });
}

#[test]
fn the_sample_apps_can_be_watched_and_a_facet_killed() {
    let place = Place::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-apps");
    let mut seat = Seat::open(&samples, &place.data());
    seat.shows(&["1 Objects", "app-runner", "chat-room"]);
    // the first visit brings the apps
    let host = "app-runner.localhost";
    assert_eq!(seat.ask("GET", host, "/api/apps").status, 200);
    let counted = until("the counter", || {
        let answer = seat.ask("POST", host, "/apps/counter/count");
        (answer.status == 200).then(|| answer.text())
    });
    assert!(counted.contains('1'), "{counted}");
    let tree = seat.shows(&["AppRunner", "Directory", "counter", "notes", "poll"]);
    assert!(tree.contains("◆ app"), "facets are marked: {tree}");

    // only what matches, with what it is inside of
    seat.press("/counter\r");
    seat.hides("chat-room");
    seat.shows_line(&["counter", "live"]);
    // the last row is the counter's facet
    seat.press("G");
    seat.shows(&["facet", "app-runner ▸ AppRunner ▸ counter ▸ app"]);

    // its details, and back
    seat.press("\r");
    seat.shows(&["file ", "facet-", ".sqlite", "class ", "last requests"]);
    seat.press("\x1b");
    seat.shows_line(&["◆ app", "live"]);

    // killed only after a question, which keys typed ahead do not answer
    seat.press("xy");
    seat.shows(&["Kill facet app?", "All data stays."]);
    seat.answer("n");
    seat.hides("Kill facet app?");
    seat.shows_line(&["◆ app", "live"]);
    seat.press("x");
    seat.shows(&["Kill facet app?"]);
    seat.answer("y");
    seat.shows_line(&["◆ app", "killed"]);
    // it starts afresh, with its data
    let counted = seat.ask("POST", host, "/apps/counter/count");
    assert!(counted.text().contains('2'), "{}", counted.text());
    seat.shows_line(&["◆ app", "live"]);
}

#[test]
fn a_worker_is_reloaded_its_logs_read_and_the_terminal_given_back() {
    let place = Place::new();
    let source = |word: &str| {
        format!(
            "export default {{ fetch(request) {{
               console.log('asked for the {word} page');
               return new Response('{word}');
             }} }};"
        )
    };
    place.project("changing", &[], &source("old"));
    let mut seat = Seat::open(&place.projects(), &place.data());
    seat.shows_line(&["changing"]);
    assert_eq!(seat.ask("GET", "", "/").text(), "old");

    // logs, of this node and of all
    seat.press("4");
    seat.shows_line(&["info", "changing", "asked for the old page"]);
    seat.press("1");
    seat.shows(&["Name", "State", "Memory"]);

    // new code, once it is asked for
    place.write("changing/index.js", &source("new"));
    assert_eq!(seat.ask("GET", "", "/").text(), "old");
    seat.press("r");
    until("the new code", || {
        (seat.ask("GET", "", "/").text() == "new").then_some(())
    });
    // wrong code is refused with its place, and the running one goes on
    place.write("changing/index.js", "export default { fetch( }");
    seat.press("r");
    seat.shows(&["index.js:1:"]);
    assert_eq!(seat.ask("GET", "", "/").text(), "new");

    // whatever the terminal's size
    seat.resize(24, 80);
    seat.shows_line(&["changing", "live"]);
    seat.resize(5, 20);
    seat.shows(&["too small"]);
    seat.resize(40, 120);
    let text = seat.shows(&["changing", "1 Objects"]);
    assert!(!text.contains("too small"), "{text}");
    assert_eq!(text.lines().count(), 40, "every line is used again: {text}");

    // and back to the shell
    seat.press("q");
    seat.shows(&["y yes"]);
    seat.answer("y");
    seat.hides("y yes");
    let ended = until("the end of the program", || {
        seat.child.try_wait().expect("its state")
    });
    assert!(ended.success(), "{ended:?}");
    until("the terminal's own screen", || {
        (!seat.is_alternate()).then_some(())
    });
    let parser = seat.screen.lock().unwrap();
    let screen = parser.screen();
    assert!(!screen.hide_cursor(), "the cursor is shown");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    assert!(!screen.bracketed_paste());
}

#[test]
fn an_app_is_paused_limited_copied_and_deleted() {
    let place = Place::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-apps");
    let mut seat = Seat::open(&samples, &place.data());
    let host = "app-runner.localhost";
    assert_eq!(seat.ask("GET", host, "/api/apps").status, 200);
    until("the counter", || {
        (seat.ask("POST", host, "/apps/counter/count").status == 200).then_some(())
    });
    seat.press("/counter\r");
    seat.shows(&["counter object"]);

    // paused with its facet, and let go on
    seat.press("p");
    seat.shows_line(&["counter", "paused"]);
    seat.shows_line(&["◆ app", "paused"]);
    seat.shows(&["‖ paused", "by an operator: "]);
    seat.press("p");
    seat.shows_line(&["◆ app", "live"]);
    let counted = seat.ask("POST", host, "/apps/counter/count");
    assert!(counted.text().contains('2'), "{}", counted.text());

    // a limit that cannot be is refused in the form, and corrected there
    seat.press("ireq");
    seat.shows(&["Limit object counter", "requests_per_second"]);
    seat.press("\t0\r");
    seat.shows(&["✗ requests_per_second = 0 is not possible: it must be from 1 to"]);
    seat.press("\x7f1000\r");
    seat.hides("Limit object counter");
    seat.shows_line(&["requests/s", "of 1,000", "→ refuse", "here"]);
    seat.press("bday 5\r");
    seat.shows_line(&["budget", "of 5.00/day", "→ pause"]);

    // a copy has the data, and goes only when its name is typed
    seat.press("ftally\r");
    seat.shows(&["tally is a copy of"]);
    seat.press("\x1b");
    seat.shows(&["chat-room"]);
    seat.press("/tally\r");
    seat.shows(&["tally object"]);
    seat.press("D");
    seat.shows(&["Type tally to confirm:"]);
    seat.answer("counter\r");
    seat.shows(&["✗ nothing is deleted: to confirm, give the name \"tally\""]);
    seat.press(&"\x7f".repeat("counter".len()));
    seat.press("tally\r");
    seat.shows(&["deleted "]);
    let counted = seat.ask("POST", host, "/apps/counter/count");
    assert!(counted.text().contains('3'), "{}", counted.text());
}
