//! The whole console in a real pseudo terminal: it takes the terminal and always gives it back.

use std::{
    io::{Read, Write},
    num::NonZero,
    ops::Range,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use tokio::sync::{oneshot, watch};

use super::fake;
use crate::{
    console::{self, Exit, Options},
    control::{
        Control, Outcome, Refused, Verb,
        view::{Account, Details, LogBounds, LogRecord, NodeId, Overview},
    },
};

/// A host that stands still.
struct Still {
    overview: watch::Sender<Arc<Overview>>,
    bounds: watch::Sender<LogBounds>,
    /// Panics when asked for details of this node.
    trap: Option<NodeId>,
}

impl Control for Still {
    fn overview(&self) -> watch::Receiver<Arc<Overview>> {
        self.overview.subscribe()
    }

    fn details(&self, id: &NodeId) -> Option<Details> {
        assert_ne!(Some(id), self.trap.as_ref(), "the trap");
        Some(fake::details(id))
    }

    fn account(&self, id: &NodeId) -> oneshot::Receiver<Result<Account, Refused>> {
        let (sender, receiver) = oneshot::channel();
        // The receiver is right here, so this cannot fail.
        let _ = sender.send(Ok(fake::account(id)));
        receiver
    }

    fn log_bounds(&self) -> watch::Receiver<LogBounds> {
        self.bounds.subscribe()
    }

    fn logs(&self, range: Range<u64>) -> Vec<Arc<LogRecord>> {
        fake::logs(40)[range.start as usize..range.end as usize].to_vec()
    }

    fn run(&self, verb: Verb) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        let id = verb.node().clone();
        // The receiver is right here, so this cannot fail.
        let _ = sender.send(Ok(format!("done with {id}")));
        receiver
    }
}

/// The console itself, for the tests below to run in a terminal of their own.
#[test]
#[ignore = "run by the other tests in a pseudo terminal"]
fn child() {
    console::install_panic_hook(|_| {});
    let way = std::env::var("CONSOLE_CHILD").expect("set by the test");
    if way == "panics-elsewhere" {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            panic!("on another thread");
        });
    }
    let control = Still {
        overview: watch::Sender::new(Arc::new(fake::overview())),
        bounds: watch::Sender::new(LogBounds {
            first: 0,
            next: 40,
            dropped: 0,
        }),
        trap: (way == "panics-here").then(|| NodeId("apps/AppRunner".into())),
    };
    let (shutdown, stop) = watch::channel(false);
    let options = Options::from_env(way == "welcomes", stop).expect("options");
    // The sender must not go before the console does.
    let held = Arc::new(shutdown);
    if way == "is-shut-down" {
        let shutdown = held.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(700));
            shutdown.send(true)
        });
    }
    let exit = console::run(Arc::new(control), options).expect("runs");
    println!(
        "exit {}",
        match exit {
            Exit::Quit => "quit",
            Exit::Shutdown => "shutdown",
            Exit::TerminalGone => "gone",
        }
    );
}

/// A pseudo terminal with the console in it.
struct Seat {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Held, since the terminal hangs up without it.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Seat {
    fn open(way: &str, env: &[(&str, &str)]) -> Self {
        let pty = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                ..PtySize::default()
            })
            .expect("a pseudo terminal");
        let mut command = CommandBuilder::new(std::env::current_exe().expect("own path"));
        let (_, module) = module_path!().split_once("::").expect("in a crate");
        command.args([
            &format!("{module}::child"),
            "--exact",
            "--ignored",
            "--nocapture",
        ]);
        command.env("CONSOLE_CHILD", way);
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
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
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).expect("starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            const { NonZero::new(24).unwrap() },
            const { NonZero::new(80).unwrap() },
            1_000,
        )));
        let mut output = pty.master.try_clone_reader().expect("a reader");
        let seen = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if let Ok(mut screen) = seen.lock() {
                    screen.process(&bytes[..count]);
                }
            }
        });
        Self {
            screen,
            keys: pty.master.take_writer().expect("a writer"),
            child,
            _master: pty.master,
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("takes keys");
    }

    fn with<T>(&self, look: impl Fn(&vt100::Screen) -> T) -> T {
        look(self.screen.lock().expect("not poisoned").screen())
    }

    fn wait_until(&self, what: &str, is: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.with(&is) {
            assert!(
                Instant::now() < end,
                "never saw {what}; the screen is\n{}",
                self.with(vt100::Screen::contents)
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    fn expect_taken(&self) {
        self.wait_for("AppRunner");
        self.with(|screen| {
            assert!(screen.alternate_screen() && screen.bracketed_paste());
            assert_ne!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
    }

    fn expect_given_back(&mut self, said: &str) {
        self.child.wait().expect("ends");
        self.wait_for(said);
        self.with(|screen| {
            assert!(!screen.alternate_screen(), "alternate screen");
            assert!(!screen.bracketed_paste(), "bracketed paste");
            assert!(!screen.hide_cursor(), "cursor");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
    }
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut seat = Seat::open("welcomes", &[]);
    seat.wait_for("Welcome to lapidary");
    seat.press("\r");
    seat.expect_taken();
    seat.press("q");
    seat.wait_for("Quit lapidary?");
    std::thread::sleep(Duration::from_millis(400));
    seat.press("y");
    seat.expect_given_back("exit quit");
}

#[test]
fn a_shutdown_gives_the_terminal_back() {
    let mut seat = Seat::open("is-shut-down", &[]);
    seat.expect_taken();
    seat.expect_given_back("exit shutdown");
}

#[test]
fn a_hangup_signal_gives_the_terminal_back() {
    let mut seat = Seat::open("serves", &[]);
    seat.expect_taken();
    // Sends SIGHUP, and waits a little before anything worse.
    seat.child.kill().expect("signals");
    seat.expect_given_back("exit shutdown");
}

#[test]
fn a_panic_of_its_own_gives_the_terminal_back_and_is_told() {
    let mut seat = Seat::open("panics-here", &[]);
    seat.expect_taken();
    seat.press("j");
    seat.expect_given_back("the trap");
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_alone() {
    let mut seat = Seat::open("panics-elsewhere", &[]);
    seat.expect_taken();
    std::thread::sleep(Duration::from_millis(600));
    seat.press("?");
    seat.wait_for("Keys: Objects");
    seat.with(|screen| {
        assert!(screen.alternate_screen());
        assert!(!screen.contents().contains("another thread"));
    });
    seat.child.kill().expect("signals");
    seat.expect_given_back("exit shutdown");
}

#[test]
fn a_verb_is_carried_out_and_told() {
    let mut seat = Seat::open("serves", &[]);
    seat.expect_taken();
    seat.press("jjr");
    seat.wait_for("done with my-app");
    seat.press("4");
    seat.wait_for("visit counted");
    seat.child.kill().expect("signals");
    seat.expect_given_back("exit shutdown");
}

#[test]
fn without_colours_the_selection_is_still_reversed() {
    let mut seat = Seat::open("serves", &[("NO_COLOR", "1")]);
    seat.expect_taken();
    seat.wait_until("a reversed line", |screen| {
        (0..24).any(|row| screen.cell(row, 6).is_some_and(vt100::Cell::inverse))
    });
    seat.with(|screen| {
        for (row, col) in (0..24).flat_map(|row| (0..80).map(move |col| (row, col))) {
            if let Some(cell) = screen.cell(row, col) {
                assert_eq!(cell.fgcolor(), vt100::Color::Default, "{row},{col}");
                assert_eq!(cell.bgcolor(), vt100::Color::Default, "{row},{col}");
            }
        }
    });
    seat.child.kill().expect("signals");
    seat.expect_given_back("exit shutdown");
}
