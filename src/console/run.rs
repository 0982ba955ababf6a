//! The loop: waits for whatever comes first, takes in all that is ready, draws if something
//! changed, and does for the model what only a real terminal and the host can do.

use std::{
    future::{pending, poll_fn},
    io,
    process::{Command as Process, Stdio},
    sync::Arc,
    task::Poll,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    ConsoleError, Exit, Options,
    logbook::is_within,
    model::{Effect, Layer, Model, Screen, Tone},
    terminal::{HangUp, Terminal},
    view,
};
use crate::control::{
    Control, Outcome, Refused, Verb,
    view::{Account, LogRecord, NodeId},
};

/// Least time between two frames, but for those that answer a key.
const FRAME: Duration = Duration::from_millis(16);
/// Most terminal events taken in before the next frame.
const EVENTS_AT_ONCE: usize = 256;
/// Newest records searched for the log lines in the details.
const TAIL_SEARCH: u64 = 500;
/// Log lines shown in the details.
const TAIL: usize = 20;

/// Money and versions of the selected node are read again after this time, or after a verb.
const ACCOUNT_AGAIN: Duration = Duration::from_secs(5);

/// What work started earlier reports.
enum Report {
    Verb {
        ticket: u64,
        outcome: Option<Outcome>,
    },
    Account(Option<Result<Account, Refused>>),
    Said {
        tone: Tone,
        text: String,
    },
}

/// Why the wait is over.
enum Woken {
    Shutdown,
    Terminal(Option<io::Result<Event>>),
    Overview(bool),
    Logs(bool),
    Report(Option<Report>),
    Time,
}

struct Console {
    control: Arc<dyn Control>,
    model: Model,
    terminal: Terminal,
    reports: mpsc::UnboundedSender<Report>,
    last_ticket: u64,
    /// The node and picture that details were last asked for.
    details_of: Option<(NodeId, u64)>,
    /// The node whose account was last asked for, and when.
    account_of: Option<(NodeId, Instant)>,
    /// One is being read; only one at a time, however fast the selection moves.
    account_asked: bool,
}

/// See [`super::run`].
pub async fn run(control: Arc<dyn Control>, options: Options) -> Result<Exit, ConsoleError> {
    let Options {
        theme,
        welcome,
        mut shutdown,
    } = options;
    let mut terminate = signal(SignalKind::terminate()).map_err(ConsoleError::Start)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(ConsoleError::Start)?;
    let mut overview = Some(control.overview());
    let mut bounds = Some(control.log_bounds());
    let (reports, mut reported) = mpsc::unbounded_channel();
    let mut model = Model::new(theme);
    if welcome {
        model.layers.push(Layer::Welcome);
    }
    let mut console = Console {
        control,
        model,
        terminal: Terminal::take().map_err(ConsoleError::Terminal)?,
        reports,
        last_ticket: 0,
        details_of: None,
        account_of: None,
        account_asked: false,
    };
    let mut hung_up = HangUp::watch().map_err(ConsoleError::Terminal)?;
    let mut events = EventStream::new();
    console.look_up_time();
    console.take_overview(&mut overview);
    console.take_bounds(&mut bounds);
    let mut last_frame = console.frame()?;

    loop {
        let wake_at = console.wake_at(last_frame);
        let searching = console.model.logs.wants().is_some();
        let woken = tokio::select! {
            biased;
            _ = shutdown.wait_for(|stop| *stop) => Woken::Shutdown,
            _ = terminate.recv() => Woken::Shutdown,
            _ = hang_up.recv() => Woken::Shutdown,
            () = hung_up.wait() => Woken::Terminal(None),
            event = events.next() => Woken::Terminal(event),
            report = reported.recv() => Woken::Report(report),
            there = changed(&mut overview) => Woken::Overview(there),
            there = changed(&mut bounds) => Woken::Logs(there),
            () = tokio::task::yield_now(), if searching => Woken::Time,
            () = tokio::time::sleep_until(wake_at) => Woken::Time,
        };
        console.look_up_time();
        let mut at_once = false;
        match woken {
            Woken::Shutdown => return Ok(Exit::Shutdown),
            Woken::Terminal(event) => {
                at_once = true;
                let mut next = Some(event);
                let mut taken = 0;
                while let Some(event) = next {
                    let Some(Ok(event)) = event else {
                        return Ok(Exit::TerminalGone);
                    };
                    console.model.event(event);
                    taken += 1;
                    next = if taken < EVENTS_AT_ONCE {
                        ready(&mut events).await
                    } else {
                        None
                    };
                }
            }
            Woken::Report(report) => report.into_iter().for_each(|r| console.report(r)),
            Woken::Overview(true) => console.take_overview(&mut overview),
            Woken::Logs(true) => console.take_bounds(&mut bounds),
            Woken::Overview(false) => {
                overview = None;
                console.model.say(
                    Tone::Bad,
                    "the host no longer reports: what is shown stands still",
                );
            }
            Woken::Logs(false) => bounds = None,
            Woken::Time => {}
        }
        console.search_logs();
        if console.effects() {
            return Ok(Exit::Quit);
        }
        console.look_at_details();
        console.ask_for_account();
        if console.model.dirty && (at_once || last_frame.elapsed() >= FRAME) {
            last_frame = match console.frame() {
                Ok(at) => at,
                Err(_) => return Ok(Exit::TerminalGone),
            };
        }
    }
}

/// The next event if there is one already. It asks with the loop's own waker: the stream keeps the
/// waker of the first question, and one that wakes nobody would lose the next key.
async fn ready(events: &mut EventStream) -> Option<Option<io::Result<Event>>> {
    poll_fn(|cx| {
        Poll::Ready(match events.poll_next_unpin(cx) {
            Poll::Ready(event) => Some(event),
            Poll::Pending => None,
        })
    })
    .await
}

/// Waits for the next value; false when there will be none. Without a channel it waits for ever.
async fn changed<T>(channel: &mut Option<watch::Receiver<T>>) -> bool {
    match channel {
        Some(channel) => channel.changed().await.is_ok(),
        None => pending().await,
    }
}

impl Console {
    /// When something is to be drawn although nothing more happens.
    fn wake_at(&self, last_frame: Instant) -> Instant {
        if self.model.dirty {
            return last_frame + FRAME;
        }
        let wait = self
            .model
            .next_change_ms()
            .saturating_sub(self.model.clock.now_ms);
        let next_change = Instant::now() + Duration::from_millis(wait);
        match &self.account_of {
            Some((_, at)) if self.model.wants_details().is_some() && !self.account_asked => {
                next_change.min(*at + ACCOUNT_AGAIN)
            }
            _ => next_change,
        }
    }

    /// Reads the clock; what the passing time changes on the screen is to be drawn.
    fn look_up_time(&mut self) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = now.as_millis() as u64;
        let model = &mut self.model;
        if now_ms >= model.next_change_ms() {
            model.dirty = true;
        }
        if model.clock.now_ms / 60_000 != now_ms / 60_000 {
            model.clock.offset_s = local_offset_s();
        }
        model.clock.now_ms = now_ms;
    }

    fn take_overview(
        &mut self,
        channel: &mut Option<watch::Receiver<Arc<crate::control::view::Overview>>>,
    ) {
        if let Some(channel) = channel {
            let overview = channel.borrow_and_update().clone();
            self.model.set_overview(overview);
        }
    }

    fn take_bounds(
        &mut self,
        channel: &mut Option<watch::Receiver<crate::control::view::LogBounds>>,
    ) {
        if let Some(channel) = channel {
            let bounds = *channel.borrow_and_update();
            self.model.logs.set_bounds(bounds);
            self.model.dirty |= self.model.screen == Screen::Logs;
        }
    }

    /// Looks at the next records, some at a time.
    fn search_logs(&mut self) {
        if let Some(range) = self.model.logs.wants() {
            let records = self.control.logs(range.clone());
            self.model.logs.take(range, records);
            self.model.dirty |= self.model.screen == Screen::Logs;
        }
    }

    /// Asks for the details of the selected node if they show and may have changed.
    fn look_at_details(&mut self) {
        let Some(id) = self.model.wants_details().cloned() else {
            return;
        };
        let wanted = (id, self.model.overview.revision);
        if self.details_of.as_ref() != Some(&wanted) {
            let details = self.control.details(&wanted.0);
            let tail = self.tail(&wanted.0);
            self.model.set_details(details, tail);
            self.details_of = Some(wanted);
        }
    }

    /// Asks for money and versions of the selected node, which come when the disk has been read.
    fn ask_for_account(&mut self) {
        let Some(id) = self.model.wants_details() else {
            return;
        };
        let known = self.account_of.as_ref();
        let fresh = known.is_some_and(|(of, at)| of == id && at.elapsed() < ACCOUNT_AGAIN);
        if self.account_asked || fresh {
            return;
        }
        let account = self.control.account(id);
        self.account_of = Some((id.clone(), Instant::now()));
        self.account_asked = true;
        let reports = self.reports.clone();
        tokio::spawn(async move {
            // Nobody listens any more when the console has ended.
            let _ = reports.send(Report::Account(account.await.ok()));
        });
    }

    /// The newest log lines of `id` and what is below it, oldest first.
    fn tail(&self, id: &NodeId) -> Vec<Arc<LogRecord>> {
        let bounds = *self.control.log_bounds().borrow();
        let from = bounds.next.saturating_sub(TAIL_SEARCH).max(bounds.first);
        let mut tail: Vec<_> = self
            .control
            .logs(from..bounds.next)
            .into_iter()
            .filter(|record| is_within(&record.node, id))
            .collect();
        tail.drain(..tail.len().saturating_sub(TAIL));
        tail
    }

    fn frame(&mut self) -> io::Result<Instant> {
        let model = &self.model;
        let mut drawn = None;
        self.terminal
            .draw(|frame| drawn = Some(view::draw(model, frame)))?;
        self.model.drawn(drawn.unwrap_or_default());
        Ok(Instant::now())
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Verb { ticket, outcome } => {
                self.model.finished(ticket, outcome);
                // What it changed may be in no picture.
                self.details_of = None;
                self.account_of = None;
            }
            Report::Account(outcome) => {
                self.account_asked = false;
                if let Some(outcome) = outcome {
                    self.model.set_account(outcome);
                }
            }
            Report::Said { tone, text } => self.model.say(tone, text),
        }
    }

    /// Does what the model asked for. True when it is to end.
    fn effects(&mut self) -> bool {
        for effect in std::mem::take(&mut self.model.effects) {
            match effect {
                Effect::Quit => return true,
                Effect::Run { verb, label } => self.start(verb, &label),
                Effect::Copy(text) => self.copy(&text),
                Effect::Open(url) => self.open(url),
                Effect::Redraw => {
                    self.model.dirty = true;
                    if let Err(error) = self.terminal.clear() {
                        self.model.say(
                            Tone::Bad,
                            format!("the terminal cannot be cleared: {error}"),
                        );
                    }
                }
            }
        }
        false
    }

    fn start(&mut self, verb: Verb, label: &str) {
        let what = format!("{} {label}", verb.name());
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.model.started(ticket, what);
        let outcome = self.control.run(verb);
        let reports = self.reports.clone();
        tokio::spawn(async move {
            let outcome = outcome.await.ok();
            // Nobody listens any more when the console has ended.
            let _ = reports.send(Report::Verb { ticket, outcome });
        });
    }

    fn copy(&mut self, text: &str) {
        match self.terminal.copy(text) {
            Ok(()) => self.model.say(Tone::Good, format!("copied {text}")),
            Err(error) => self.model.say(Tone::Bad, format!("cannot copy: {error}")),
        }
    }

    /// Shows `url` in a browser; without a desktop it is copied instead.
    fn open(&mut self, url: String) {
        let Some(opener) = opener() else {
            self.copy(&url);
            return;
        };
        let reports = self.reports.clone();
        // On a thread of its own, since the opener may live as long as the browser.
        std::thread::spawn(move || {
            let ended = Process::new(opener)
                .arg(&url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let (tone, text) = match ended {
                Ok(status) if status.success() => (Tone::Good, format!("opened {url}")),
                Ok(status) => (
                    Tone::Bad,
                    format!("{opener} could not open {url}: {status}"),
                ),
                Err(error) => (
                    Tone::Bad,
                    format!("{opener} cannot run ({error}); y copies {url}"),
                ),
            };
            let _ = reports.send(Report::Said { tone, text });
        });
    }
}

/// The program that shows an address on this desktop, if there is one.
fn opener() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        return Some("open");
    }
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .then_some("xdg-open")
}

/// Local time less universal time now, seconds.
fn local_offset_s() -> i32 {
    jiff::Zoned::now().offset().seconds()
}

impl From<io::Error> for ConsoleError {
    fn from(error: io::Error) -> Self {
        Self::Terminal(error)
    }
}
