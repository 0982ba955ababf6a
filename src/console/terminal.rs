//! The real terminal: taken over, drawn to, and always given back.

use std::{
    cell::Cell,
    io::{self, BufWriter, IsTerminal, PipeWriter, Stdout, Write},
    panic::PanicHookInfo,
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste},
    execute, queue,
    style::{Print, force_color_output},
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Frame, Terminal as Screen, backend::CrosstermBackend};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::sync::oneshot;

/// Reports clicks and the wheel, but not each movement of the mouse, which would cost a wake-up.
const MOUSE_BUTTONS: &str = "\x1b[?1000h\x1b[?1006h";

thread_local! {
    /// Whether this thread holds the terminal, so that a panic elsewhere leaves it alone.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// The terminal while the console has it. Dropping it gives the terminal back.
pub struct Terminal {
    screen: Screen<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Terminal {
    /// True when both ends are a terminal that can be drawn on.
    pub fn is_there() -> bool {
        io::stdin().is_terminal()
            && io::stdout().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Takes the terminal over: raw mode, alternate screen, mouse, bracketed paste.
    pub fn take() -> io::Result<Self> {
        // Without this NO_COLOR makes crossterm send a reset that also ends "reverse", which
        // would hide the selection. The theme decides what has colours.
        force_color_output(true);
        HELD.set(true);
        let held = enable_raw_mode().and_then(|()| {
            execute!(
                io::stdout(),
                EnterAlternateScreen,
                EnableBracketedPaste,
                Print(MOUSE_BUTTONS)
            )?;
            // A whole frame leaves in one write.
            let out = BufWriter::with_capacity(64 * 1024, io::stdout());
            Screen::new(CrosstermBackend::new(out))
        });
        match held {
            Ok(screen) => Ok(Self { screen }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws one frame at once.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        self.screen.draw(paint)?;
        queue!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        self.screen.backend_mut().flush()
    }

    /// Forgets what is on the screen, so that the next frame draws every cell.
    pub fn clear(&mut self) -> io::Result<()> {
        self.screen.clear()
    }

    /// Puts `text` on the clipboard of the terminal, wherever that runs (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.screen.backend_mut();
        queue!(out, CopyToClipboard::to_clipboard_from(text))?;
        if std::env::var_os("TMUX").is_some() {
            // tmux keeps the plain sequence to itself unless told otherwise; this one it passes on.
            let mut inner = Vec::new();
            queue!(inner, CopyToClipboard::to_clipboard_from(text))?;
            let inner = String::from_utf8_lossy(&inner).replace('\x1b', "\x1b\x1b");
            queue!(out, Print(format!("\x1bPtmux;{inner}\x1b\\")))?;
        }
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Notices that the terminal went away without a signal, as it does for a process that it does not
/// control. crossterm takes that end of input for "nothing yet" and would ask for ever.
pub struct HangUp {
    /// `None` when the watch itself failed.
    gone: Option<oneshot::Receiver<()>>,
    /// Its end is the end of the watching thread.
    _end: PipeWriter,
}

impl HangUp {
    /// Watches standard input from a thread that sleeps until there is something to tell.
    pub fn watch() -> io::Result<Self> {
        let (ended, end) = io::pipe()?;
        let (tell, gone) = oneshot::channel();
        std::thread::Builder::new()
            .name("console-hangup".into())
            .spawn(move || {
                let input = io::stdin();
                // Without events asked for, only a hang-up or an error ends the wait.
                let mut ends = [
                    PollFd::new(&input, PollFlags::empty()),
                    PollFd::new(&ended, PollFlags::empty()),
                ];
                while poll(&mut ends, None) == Err(Errno::INTR) {}
                if !ends[0].revents().is_empty() {
                    // Nobody listens when the console ends at this very moment.
                    let _ = tell.send(());
                }
            })?;
        Ok(Self {
            gone: Some(gone),
            _end: end,
        })
    }

    /// Returns when the terminal is gone.
    pub async fn wait(&mut self) {
        let told = match &mut self.gone {
            Some(gone) => gone.await.is_ok(),
            None => false,
        };
        self.gone = None;
        if !told {
            std::future::pending().await
        }
    }
}

/// Gives the terminal back, once. Errors are of no use here: the terminal may be gone.
fn give_back() {
    if HELD.replace(false) {
        let _ = execute!(
            io::stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

/// Installs a panic hook that gives the terminal back before the former hook prints, if the panic
/// is on the console's own thread. A panic on any other thread, while the console may be on the
/// screen, goes to `elsewhere` and touches the terminal in no way.
pub fn install_panic_hook(elsewhere: impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static) {
    let former = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if HELD.get() {
            give_back();
            former(info);
        } else {
            elsewhere(info);
        }
    }));
}
