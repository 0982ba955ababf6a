//! The terminal console: everything an operator sees and does, on one screen at a time.
//!
//! - [`model`](self) is what it knows, `update` is how that changes, `view` draws it; none of the
//!   three waits or touches the terminal, so tests drive them by themselves.
//! - `commands` is the one table of what a user can do; `form` asks for what a verb needs.
//! - `run` is the loop that joins them with the terminal and with [`Control`].
//!
//! It depends on `crate::control` alone.

mod commands;
mod form;
mod keys;
mod logbook;
mod model;
mod names;
mod order;
mod palette;
mod run;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod tree;
mod update;
mod view;

use std::{io, sync::Arc};

use tokio::sync::watch;

use crate::control::Control;

pub use terminal::install_panic_hook;
pub use theme::{ColorDepth, Theme, ThemeError};

/// How the console looks and when it ends.
pub struct Options {
    /// Colours, fitted to the terminal.
    pub theme: Theme,
    /// Show the welcome first.
    pub welcome: bool,
    /// The console ends when this becomes true or its sender goes.
    pub shutdown: watch::Receiver<bool>,
}

impl Options {
    /// What the environment asks for: `LAPIDARY_THEME` (a name or the path of a `.toml` file),
    /// `NO_COLOR`, `COLORTERM`, `TERM`, and `COLORFGBG` for a light background.
    pub fn from_env(welcome: bool, shutdown: watch::Receiver<bool>) -> Result<Self, ConsoleError> {
        let var = |name: &str| std::env::var(name).ok();
        let light = var("COLORFGBG")
            .as_deref()
            .and_then(|v| v.rsplit(';').next()?.parse::<u8>().ok())
            .is_some_and(|background| background == 7 || background == 15);
        let name = var("LAPIDARY_THEME")
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| if light { "light" } else { "dark" }.to_owned());
        Ok(Self {
            theme: Theme::load(&name, ColorDepth::detect(var))?,
            welcome,
            shutdown,
        })
    }
}

/// Why the console ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user quit.
    Quit,
    /// [`Options::shutdown`] said so, or a signal (SIGTERM, SIGHUP).
    Shutdown,
    /// The terminal went away.
    TerminalGone,
}

/// Why the console could not run.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Input or output is a pipe or a file, or `TERM` is `dumb`.
    #[error("the console needs a terminal for its input and output, and here is none")]
    NoTerminal,
    /// The terminal refused.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[source] io::Error),
    /// No event loop could be made.
    #[error("the console cannot start: {0}")]
    Start(#[source] io::Error),
    /// See `LAPIDARY_THEME`.
    #[error(transparent)]
    Theme(#[from] ThemeError),
}

/// True when standard input and output are a terminal that [`run`] can use.
pub fn has_terminal() -> bool {
    terminal::Terminal::is_there()
}

/// Runs the console on the calling thread until it ends, and gives the terminal back.
/// Give it a thread of its own: nothing else may hold it up.
pub fn run(control: Arc<dyn Control>, options: Options) -> Result<Exit, ConsoleError> {
    if !has_terminal() {
        return Err(ConsoleError::NoTerminal);
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ConsoleError::Start)?
        .block_on(run::run(control, options))
}
