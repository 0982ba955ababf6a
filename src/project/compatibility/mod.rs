//! Which compatibility flags there are, and which a worker's date and flags put in force.
//!
//! The flags and dates are those of Cloudflare's runtime, so that `Cloudflare.compatibilityFlags`
//! and every check of a flag answer as they do there; few of them change what this runtime does.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

/// One line of `flags.txt`.
struct Flag {
    enable: &'static str,
    disable: Option<&'static str>,
    /// The date from which it is on by itself.
    since: Option<&'static str>,
    /// Another flag, and the date from which that one turns this one on as well.
    implied: Option<(&'static str, &'static str)>,
    experimental: bool,
}

static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let lines = include_str!("flags.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(flag_of)
        .collect()
});

fn flag_of(line: &'static str) -> Option<Flag> {
    let mut columns = line.split(' ').map(|word| (word != "-").then_some(word));
    let mut next = || columns.next().flatten();
    Some(Flag {
        enable: next()?,
        disable: next(),
        since: next(),
        implied: next().and_then(|by| by.split_once('@')),
        experimental: next().is_some(),
    })
}

/// A flag that cannot be given; the texts are those of Cloudflare's runtime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// There is no such flag.
    #[error("No such compatibility flag: {0}")]
    Unknown(String),
    /// It stands there twice.
    #[error("Compatibility flag specified multiple times: {0}")]
    Repeated(String),
    /// One turns on what the other turns off.
    #[error("Compatibility flags are mutually contradictory: {0} vs {1}")]
    Contradictory(&'static str, &'static str),
    /// Only for those who ask for what may still change.
    #[error(
        "The compatibility flag {0} is experimental and may break or be removed in a future version of workerd. To use this flag, you must pass --experimental on the command line."
    )]
    Experimental(&'static str),
}

impl FlagError {
    /// The flag that is at fault.
    pub fn flag(&self) -> &str {
        match self {
            Self::Unknown(flag) | Self::Repeated(flag) => flag,
            Self::Contradictory(_, flag) | Self::Experimental(flag) => flag,
        }
    }
}

/// The flags in force for one worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compatibility {
    /// By the number of the flag's line.
    on: Vec<bool>,
}

impl Compatibility {
    /// What a compatibility date (`YYYY-MM-DD`) and the flags given beside it put in force.
    ///
    /// # Errors
    /// [`FlagError`] for a flag that cannot be given; experimental ones only when `experimental`
    /// is false.
    pub fn new(date: &str, given: &[String], experimental: bool) -> Result<Self, FlagError> {
        refuse(given, experimental)?;
        let is_given = |flag: &str| given.iter().any(|each| each == flag);
        let mut on: Vec<bool> = FLAGS
            .iter()
            .map(|flag| {
                let off = flag.disable.is_some_and(is_given);
                !off && (is_given(flag.enable) || flag.since.is_some_and(|since| date >= since))
            })
            .collect();
        // a flag may be implied by one that is implied itself
        loop {
            let more: Vec<usize> = (0..on.len())
                .filter(|&at| {
                    let flag = &FLAGS[at];
                    let implied = flag.implied.is_some_and(|(by, since)| {
                        date >= since && index(by).is_some_and(|by| on[by])
                    });
                    !on[at] && implied && !flag.disable.is_some_and(is_given)
                })
                .collect();
            if more.is_empty() {
                return Ok(Self { on });
            }
            more.into_iter().for_each(|at| on[at] = true);
        }
    }

    /// Whether `flag`, the name that turns it on, is in force.
    pub fn has(&self, flag: &str) -> bool {
        index(flag).is_some_and(|at| self.on.get(at) == Some(&true))
    }

    /// Every flag there is, and whether it is in force.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (&'static str, bool)> {
        FLAGS
            .iter()
            .enumerate()
            .map(|(at, flag)| (flag.enable, self.on.get(at) == Some(&true)))
    }
}

fn index(flag: &str) -> Option<usize> {
    FLAGS.iter().position(|known| known.enable == flag)
}

fn refuse(given: &[String], experimental: bool) -> Result<(), FlagError> {
    if let Some((_, again)) = given
        .iter()
        .enumerate()
        .find(|(at, flag)| given[..*at].contains(flag))
    {
        return Err(FlagError::Repeated(again.clone()));
    }
    let is_given = |flag: &str| given.iter().any(|each| each == flag);
    for flag in FLAGS.iter() {
        let enabled = is_given(flag.enable);
        if let Some(disable) = flag.disable.filter(|disable| enabled && is_given(disable)) {
            return Err(FlagError::Contradictory(flag.enable, disable));
        }
        if enabled && flag.experimental && !experimental {
            return Err(FlagError::Experimental(flag.enable));
        }
    }
    let known = |name: &str| {
        FLAGS
            .iter()
            .any(|flag| flag.enable == name || flag.disable == Some(name))
    };
    match given.iter().find(|flag| !known(flag)) {
        Some(unknown) => Err(FlagError::Unknown(unknown.clone())),
        None => Ok(()),
    }
}

/// Every name that may be given, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FLAGS
        .iter()
        .flat_map(|flag| std::iter::once(flag.enable).chain(flag.disable))
}
