//! Colours by role. A theme is a file; nothing outside this one names a colour.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None, by `NO_COLOR` or a terminal that has none: bold, dim and reverse only.
    Mono,
    /// The sixteen that the terminal's own palette defines.
    Sixteen,
    /// The xterm cube.
    TwoFiftySix,
    /// 24 bits.
    True,
}

impl ColorDepth {
    /// What the environment says; `var` looks a variable up.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        let color = var("COLORTERM").unwrap_or_default();
        if var("NO_COLOR").is_some_and(|v| !v.is_empty()) {
            Self::Mono
        } else if color.contains("truecolor") || color.contains("24bit") || term.ends_with("direct")
        {
            Self::True
        } else if term.contains("256color") {
            Self::TwoFiftySix
        } else if term.starts_with("vt") {
            Self::Mono
        } else {
            Self::Sixteen
        }
    }
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("theme {name}: {problem}")]
pub struct ThemeError {
    name: String,
    problem: String,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident),* $(,)?) => {
        /// One style for each role that something on the screen plays.
        #[derive(Clone, Debug)]
        pub struct Theme {
            $($(#[$doc])* pub $role: Style,)*
        }

        impl Theme {
            fn from_roles(mut roles: BTreeMap<String, Spec>) -> Result<Self, String> {
                let theme = Self {
                    $($role: roles
                        .remove(stringify!($role))
                        .ok_or_else(|| format!("the role `{}` is missing; add it", stringify!($role)))?
                        .style()
                        .map_err(|e| format!("role `{}`: {e}", stringify!($role)))?,)*
                };
                match roles.into_keys().next() {
                    None => Ok(theme),
                    Some(extra) => Err(format!("`{extra}` is not a role; remove it")),
                }
            }

            fn each(&mut self, change: impl Fn(&mut Style)) {
                $(change(&mut self.$role);)*
            }

            /// Roles with their styles, for the legend of a picture in tests.
            #[cfg(test)]
            pub fn named(&self) -> Vec<(&'static str, Style)> {
                vec![$((stringify!($role), self.$role),)*]
            }
        }
    };
}

roles! {
    /// Ordinary text.
    text,
    /// Less important text and zeros.
    dim,
    /// Text that names the thing looked at.
    strong,
    /// The program's own name.
    brand,
    /// The line at the top.
    bar,
    /// Frames without focus.
    border,
    /// The frame that has the focus.
    focus,
    /// Column heads and section heads.
    heading,
    /// The column that rows are sorted by.
    sorted,
    /// The screen shown, among the tabs.
    tab_active,
    /// The other tabs.
    tab,
    /// The row that keys act on.
    selected,
    /// The same while another pane has the focus.
    selected_idle,
    /// A key in a hint.
    key,
    /// What the key does.
    hint,
    /// Links and values to notice.
    accent,
    /// Well: live, done.
    good,
    /// Soon not well: near a limit, warnings.
    warn,
    /// Not well: broken, errors, harm.
    bad,
    /// Running this moment.
    busy,
    /// Hibernated, killed, not there.
    asleep,
    /// Request bars and gauges.
    gauge,
    /// The rest of a gauge.
    gauge_rest,
    /// Text that a filter found.
    found,
    /// Over other things: dialogs, toasts.
    popup,
}

/// A style as a theme file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    mods: Vec<String>,
}

impl Spec {
    fn style(self) -> Result<Style, String> {
        let color = |text: String| {
            Color::from_str(&text).map_err(|_| {
                format!("`{text}` is no colour; write #rrggbb or a name such as light-blue")
            })
        };
        let mut style = Style::new();
        style.fg = self.fg.map(color).transpose()?;
        style.bg = self.bg.map(color).transpose()?;
        for name in self.mods {
            style = style.add_modifier(match name.as_str() {
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "italic" => Modifier::ITALIC,
                "underlined" => Modifier::UNDERLINED,
                "reversed" => Modifier::REVERSED,
                _ => {
                    return Err(format!(
                        "`{name}` is no modifier; use bold, dim, italic, underlined or reversed"
                    ));
                }
            });
        }
        Ok(style)
    }
}

const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("sixteen", include_str!("../../assets/themes/sixteen.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
];

impl Theme {
    /// The theme `name` (`dark`, `light`, `sixteen`, `mono`, or the path of a `.toml` file)
    /// fitted to what the terminal can show.
    pub fn load(name: &str, depth: ColorDepth) -> Result<Self, ThemeError> {
        let name = match depth {
            ColorDepth::Mono => "mono",
            ColorDepth::Sixteen => "sixteen",
            _ => name,
        };
        let fail = |problem: String| ThemeError {
            name: name.to_owned(),
            problem,
        };
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
        let text = match built_in {
            Some((_, text)) => (*text).to_owned(),
            None if Path::new(name).extension().is_some_and(|e| e == "toml") => {
                std::fs::read_to_string(name).map_err(|e| fail(format!("cannot be read: {e}")))?
            }
            None => {
                return Err(fail(
                    "no such theme; use dark, light, sixteen, mono or the path of a .toml file"
                        .into(),
                ));
            }
        };
        let roles = toml::from_str(&text).map_err(|e| fail(e.message().to_owned()))?;
        let mut theme = Self::from_roles(roles).map_err(fail)?;
        if depth == ColorDepth::TwoFiftySix {
            theme.each(|style| {
                style.fg = style.fg.map(to_256);
                style.bg = style.bg.map(to_256);
            });
        }
        Ok(theme)
    }
}

/// The nearest of xterm's 6×6×6 cube and 24 greys.
fn to_256(color: Color) -> Color {
    let Color::Rgb(r, g, b) = color else {
        return color;
    };
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |v: u8| (0..6).min_by_key(|&i| STEPS[i].abs_diff(v)).unwrap_or(0);
    let far = |x: [u8; 3]| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(x[0], r) + square(x[1], g) + square(x[2], b)
    };
    let cube = [r, g, b].map(nearest);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey_value = 8 + grey * 10;
    if far([grey_value; 3]) < far(cube.map(|i| STEPS[i])) {
        Color::Indexed(232 + grey)
    } else {
        Color::Indexed((16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_loads_at_every_depth() {
        for (name, _) in BUILT_IN {
            for depth in [
                ColorDepth::Mono,
                ColorDepth::Sixteen,
                ColorDepth::TwoFiftySix,
                ColorDepth::True,
            ] {
                let mut theme = Theme::load(name, depth).expect(name);
                theme.each(|style| {
                    for color in [style.fg, style.bg].into_iter().flatten() {
                        let fits = match color {
                            Color::Rgb(..) => depth == ColorDepth::True,
                            Color::Indexed(_) => depth == ColorDepth::TwoFiftySix,
                            _ => depth != ColorDepth::Mono,
                        };
                        assert!(fits, "{name} at {depth:?} has {color:?}");
                    }
                });
            }
        }
    }

    #[test]
    fn the_environment_decides_the_depth() {
        let with = |pairs: &'static [(&str, &str)]| {
            ColorDepth::detect(|name| {
                pairs
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            })
        };
        assert_eq!(
            with(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]),
            ColorDepth::Mono
        );
        assert_eq!(
            with(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")]),
            ColorDepth::True
        );
        assert_eq!(
            with(&[("TERM", "screen-256color")]),
            ColorDepth::TwoFiftySix
        );
        assert_eq!(with(&[("TERM", "linux")]), ColorDepth::Sixteen);
        assert_eq!(with(&[("TERM", "vt220")]), ColorDepth::Mono);
    }

    #[test]
    fn nearest_colours() {
        assert_eq!(to_256(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(to_256(Color::Rgb(128, 128, 128)), Color::Indexed(244));
        assert_eq!(to_256(Color::Blue), Color::Blue);
    }

    #[test]
    fn a_bad_theme_says_what_and_how() {
        let error = Theme::load("solarised", ColorDepth::True).unwrap_err();
        assert_eq!(
            error.to_string(),
            "theme solarised: no such theme; use dark, light, sixteen, mono or the path of a .toml file"
        );
        let spec: BTreeMap<String, Spec> = toml::from_str("text = { fg = \"blurple\" }").unwrap();
        assert!(Theme::from_roles(spec).unwrap_err().contains("blurple"));
    }
}
