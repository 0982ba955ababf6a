//! What lies over a screen: welcome, help, messages, palette, questions and toasts.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Widget},
};

use super::{Class, Painter};
use crate::console::{
    commands::{self, Scope},
    model::{Confirm, Hit, Layer, Message, Tone},
    palette::{Goal, Palette},
    text,
};

impl Painter<'_> {
    pub(super) fn layer(&mut self, layer: &Layer) {
        // Only the footer stays within reach of the mouse.
        if !matches!(layer, Layer::Filter(_)) {
            self.drawn.hits.push((self.area, Hit::Cover));
        }
        match layer {
            Layer::Welcome => self.welcome(),
            Layer::Help => self.help(),
            Layer::Messages => self.message_list(),
            Layer::Palette(palette) => self.palette(palette),
            Layer::Confirm(confirm) => self.confirm(confirm),
            Layer::Form(form) => self.form(form),
            Layer::Filter(_) => {}
        }
    }

    /// An empty window in the middle with a title; returns its inside, one cell within the frame.
    pub(super) fn window(
        &mut self,
        width: u16,
        height: u16,
        title: Line<'_>,
        border: Style,
    ) -> Rect {
        let theme = &self.model.theme;
        let width = width.min(self.area.width.saturating_sub(4));
        let height = height.min(self.area.height.saturating_sub(2));
        let area = Rect {
            x: (self.area.width - width) / 2,
            // A little above the middle looks centred.
            y: ((self.area.height - height) * 2 / 5).max(1),
            width,
            height,
        };
        Clear.render(area, self.buf);
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(border)
            .style(theme.popup)
            .title_top(title);
        let inner = block.inner(area);
        block.render(area, self.buf);
        Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        }
    }

    fn welcome(&mut self) {
        let model = self.model;
        let theme = &model.theme;
        let url = model
            .url()
            .map_or("nothing listens yet".into(), |url| text::clip(url, 40));
        let step = |number: &str, title: &str, key: &str| {
            Line::from(vec![
                Span::styled(format!("  {number}  "), theme.brand),
                Span::styled(format!("{title:<38}"), theme.text),
                Span::styled(key.to_owned(), theme.key),
            ])
        };
        let note = |text: &str| Line::styled(format!("     {text}"), theme.dim);
        let lines = vec![
            Line::default(),
            Line::styled("Your workers run here, on this machine.", theme.strong),
            Line::from(vec![
                Span::styled("They answer at ", theme.text),
                Span::styled(url, theme.accent),
            ]),
            Line::default(),
            Line::styled("Three things to try", theme.heading),
            Line::default(),
            step("1", "See an app in your browser", "o"),
            note("its requests show up in the table behind this"),
            step("2", "Pick a facet, kill it, use it again", "x"),
            note("it starts afresh and all its data is there"),
            step("3", "Read along what the apps say", "4"),
            note("space pauses, L shows one object only"),
        ];
        let lines = if self.area.height < 22 {
            // Without the notes it fits the smallest screen.
            [0, 1, 2, 3, 6, 8, 10]
                .map(|i: usize| lines[i].clone())
                .to_vec()
        } else {
            lines
        };
        let title = Line::styled(" Welcome to lapidary ", theme.brand);
        let inner = self.window(56, lines.len() as u16 + 4, title, theme.focus);
        self.lines(inner, &lines, 0);
        let foot = Line::from(vec![
            Span::styled("Enter", theme.key),
            Span::styled(" start   ", theme.hint),
            Span::styled("?", theme.key),
            Span::styled(" every key", theme.hint),
        ]);
        self.buf
            .set_line(inner.x, inner.bottom() - 1, &foot, inner.width);
    }

    fn confirm(&mut self, confirm: &Confirm) {
        let theme = &self.model.theme;
        let width = 60.min(self.area.width - 4);
        let room = width as usize - 4;
        let mut lines = vec![Line::default()];
        for text in &confirm.consequences {
            lines.extend(
                text::wrap(text, room)
                    .into_iter()
                    .map(|line| Line::styled(line, theme.text)),
            );
        }
        let question = text::clip(&confirm.question, room.saturating_sub(4));
        let title = Line::styled(format!(" ▲ {question} "), theme.bad);
        let inner = self.window(width, lines.len() as u16 + 4, title, theme.bad);
        self.lines(inner, &lines, 0);
        let y = inner.bottom() - 1;
        let mut x = inner.x;
        for answer in commands::all().filter(|c| c.scope == Scope::Confirm) {
            x = self.hint(x, y, answer) + 1;
        }
    }

    /// Every key that works on this screen, from the table of commands.
    fn help(&mut self) {
        let theme = &self.model.theme;
        let wide = self.class > Class::Narrow;
        let width = self.area.width.min(if wide { 150 } else { 90 });
        let screen = self.model.screen;
        let groups = [
            (screen.title(), commands::scope_of(screen)),
            ("Moving", Scope::Move),
            ("Everywhere", Scope::Global),
            ("Always", Scope::Always),
        ];
        let column = if wide {
            (width as usize - 8) / 2
        } else {
            width as usize - 8
        };
        let mut blocks: Vec<Vec<Line<'static>>> = groups
            .into_iter()
            .map(|(head, scope)| self.help_group(head, scope, column))
            .collect();
        let title = Line::styled(format!(" Keys: {} ", screen.title()), theme.strong);
        let (left, right) = if wide {
            let right = blocks.split_off(2).concat();
            (blocks.concat(), right)
        } else {
            (blocks.concat(), Vec::new())
        };
        let total = left.len().max(right.len());
        let inner = self.window(width, total as u16 + 2, title, theme.focus);
        let shown = inner.height as usize;
        self.drawn.sheet_end = total.saturating_sub(shown);
        self.drawn.page = shown;
        let top = self.model.sheet_top.min(self.drawn.sheet_end);
        self.lines(inner, &left, top);
        if wide {
            let half = Rect {
                x: inner.x + column as u16 + 2,
                width: inner.width.saturating_sub(column as u16 + 2),
                ..inner
            };
            self.lines(half, &right, top);
        }
        self.window_mark(inner, top, shown, total);
    }

    fn help_group(&self, head: &str, scope: Scope, width: usize) -> Vec<Line<'static>> {
        const KEYS: usize = 12;
        let theme = &self.model.theme;
        let mut lines = vec![Line::styled(head.to_owned(), theme.heading)];
        for command in commands::all().filter(|c| c.scope == scope) {
            let keys: Vec<String> = command.keys.iter().map(ToString::to_string).collect();
            let keys = keys.join(" ");
            let docs = text::wrap(command.doc, width.saturating_sub(KEYS + 3));
            for (i, doc) in docs.into_iter().enumerate() {
                let keys = if i == 0 { keys.as_str() } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(format!("  {keys:<KEYS$} "), theme.key),
                    Span::styled(doc, theme.text),
                ]));
            }
        }
        lines.push(Line::default());
        lines
    }

    fn message_list(&mut self) {
        let (model, theme) = (self.model, &self.model.theme);
        let width = self.area.width.min(100);
        let room = width as usize - 8;
        let mut lines = Vec::new();
        for message in model.messages.iter().rev() {
            let (sign, style) = self.tone(message.tone);
            let time = model.clock.second(message.at_ms);
            for (i, text) in text::wrap(&message.text, room - 11).into_iter().enumerate() {
                let (time, sign) = if i == 0 {
                    (time.as_str(), sign)
                } else {
                    ("", " ")
                };
                lines.push(Line::from(vec![
                    Span::styled(format!("{time:<8} "), theme.dim),
                    Span::styled(format!("{sign} "), style),
                    Span::styled(text, theme.text),
                ]));
            }
        }
        if lines.is_empty() {
            lines.push(Line::styled("no messages yet", theme.dim));
        }
        let title = Line::styled(" Messages, the newest first ", theme.strong);
        let inner = self.window(
            width,
            (lines.len() as u16).saturating_add(2),
            title,
            theme.focus,
        );
        let shown = inner.height as usize;
        self.drawn.sheet_end = lines.len().saturating_sub(shown);
        self.drawn.page = shown;
        let top = model.sheet_top.min(self.drawn.sheet_end);
        self.lines(inner, &lines, top);
        self.window_mark(inner, top, shown, lines.len());
    }

    /// The scroll mark for a window whose inside, without its padding, is `inner`.
    fn window_mark(&mut self, inner: Rect, top: usize, shown: usize, total: usize) {
        let frame = Rect {
            x: inner.x - 2,
            y: inner.y - 1,
            width: inner.width + 4,
            height: inner.height + 2,
        };
        self.scroll_mark(frame, top, shown, total);
    }

    fn palette(&mut self, palette: &Palette) {
        let theme = &self.model.theme;
        let rows = 12.min(self.area.height.saturating_sub(8));
        let title = if palette.with_commands {
            " Commands and objects "
        } else {
            " Jump to "
        };
        let title = Line::styled(title, theme.strong);
        let inner = self.window(90, rows + 4, title, theme.focus);
        let column = palette.input.cursor().1;
        let prompt = if palette.with_commands { ":" } else { "▸ " };
        let query = palette.query().to_owned();
        self.input_line(Rect { height: 1, ..inner }, prompt, &query, column);
        let list = Rect {
            y: inner.y + 2,
            height: inner.height.saturating_sub(2),
            ..inner
        };
        self.drawn.page = list.height as usize;
        if palette.entries.is_empty() {
            let line = Line::styled("nothing has these letters", theme.dim);
            self.buf.set_line(list.x, list.y, &line, list.width);
        }
        let top = (palette.cursor + 1).saturating_sub(list.height as usize);
        for y in 0..list.height {
            let index = top + usize::from(y);
            if index < palette.entries.len() {
                let area = Rect {
                    y: list.y + y,
                    height: 1,
                    ..list
                };
                self.entry(palette, index, area);
            }
        }
    }

    fn entry(&mut self, palette: &Palette, index: usize, area: Rect) {
        let theme = &self.model.theme;
        let entry = &palette.entries[index];
        let title_width = if self.class > Class::Slim { 22 } else { 16 };
        let title = text::clip(&entry.title, title_width);
        let pad = title_width - text::width(&title) + 1;
        let (sign, key) = match &entry.goal {
            Goal::Command(command) => ("", command.keys[0].to_string()),
            Goal::Node(_) => ("▸ ", String::new()),
        };
        let room = (area.width as usize).saturating_sub(title_width + 12);
        let about = match entry.why_not {
            Some(why) => format!("not now: {why}"),
            None => entry.about.clone(),
        };
        let about = text::clip(&about, room);
        let style = if entry.why_not.is_some() {
            theme.dim
        } else {
            theme.text
        };
        let line = Line::from(vec![
            Span::styled(if index == palette.cursor { "▌" } else { " " }, theme.focus),
            Span::styled(format!("{sign:<2}"), theme.dim),
            Span::styled(title, style),
            Span::raw(" ".repeat(pad)),
            Span::styled(about, theme.dim),
        ]);
        self.buf.set_line(area.x, area.y, &line, area.width);
        let key_width = text::width(&key) as u16;
        let key_x = area.right().saturating_sub(key_width);
        self.buf.set_string(key_x, area.y, key, theme.key);
        if index == palette.cursor {
            self.buf.set_style(area, theme.selected);
        }
        self.drawn.hits.push((area, Hit::Entry(index)));
    }

    fn tone(&self, tone: Tone) -> (&'static str, Style) {
        let theme = &self.model.theme;
        match tone {
            Tone::Info => ("●", theme.accent),
            Tone::Good => ("✓", theme.good),
            Tone::Bad => ("✗", theme.bad),
        }
    }

    /// The newest messages for a while, above the footer at the right.
    pub(super) fn toasts(&mut self, body: Rect) {
        let toasts: Vec<&Message> = self.model.toasts().rev().take(3).collect();
        let mut bottom = body.bottom() - 1;
        let room = (body.width as usize - 6).min(64);
        for toast in toasts {
            let (sign, style) = self.tone(toast.tone);
            let lines: Vec<String> = text::wrap(&toast.text, room).into_iter().take(3).collect();
            let width = lines.iter().map(|l| text::width(l)).max().unwrap_or(0) as u16 + 5;
            let height = lines.len() as u16;
            if bottom < body.y + height + 2 {
                break;
            }
            let area = Rect {
                x: body.right() - 2 - width,
                y: bottom - height,
                width,
                height,
            };
            Clear.render(area, self.buf);
            self.buf.set_style(area, self.model.theme.popup);
            for (i, line) in lines.into_iter().enumerate() {
                let sign = if i == 0 { sign } else { " " };
                let line = Line::from(vec![
                    Span::styled(format!("▌{sign} "), style),
                    Span::styled(line, self.model.theme.text),
                ]);
                self.buf.set_line(area.x, area.y + i as u16, &line, width);
            }
            bottom = area.y;
        }
    }
}
