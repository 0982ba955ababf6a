//! From keys, clicks and reports to what the console knows and asks for.

use std::sync::Arc;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::{
    code, ctrl, draw,
    fake::{self, NOW_MS},
    glyphs, press,
};
use crate::{
    console::{
        model::{Effect, Layer, Model, Pane, Screen, Tone},
        order::Column,
    },
    control::{
        Refused, Verb,
        view::{Level, LogBounds, NodeId, Overview, Row},
    },
};

const ESC: KeyCode = KeyCode::Esc;
const ENTER: KeyCode = KeyCode::Enter;

fn id(text: &str) -> NodeId {
    NodeId(text.into())
}

/// Draws, and lets enough time pass that a question counts as read.
fn look(model: &mut Model) -> String {
    let picture = glyphs(&draw(model, 120, 40));
    model.clock.now_ms += 1_000;
    picture
}

fn with_rows(change: impl FnOnce(&mut Vec<Row>)) -> Arc<Overview> {
    let mut overview = fake::overview();
    let mut rows: Vec<Row> = overview.rows.iter().map(|row| (**row).clone()).collect();
    change(&mut rows);
    overview.rows = rows.into_iter().map(Arc::new).collect();
    overview.revision += 1;
    Arc::new(overview)
}

fn is_asking(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Confirm(_)))
}

#[test]
fn kill_asks_and_a_letter_says_yes() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "x");
    assert!(look(&mut model).contains("Kill object my-app?"));
    press(&mut model, "y");
    assert_eq!(
        model.effects,
        [Effect::Run {
            verb: Verb::Kill(id("apps/AppRunner/my-app")),
            label: "my-app".into(),
        }]
    );
    assert!(model.layers.is_empty());
}

#[test]
fn kill_hits_what_was_last_drawn_when_the_rows_change_order() {
    let mut model = fake::model();
    press(&mut model, "sss");
    press(&mut model, "s");
    look(&mut model);
    let place = model.tree.cursor();
    // Everything turns round between the frame and the key.
    model.set_overview(with_rows(|rows| {
        for row in rows.iter_mut() {
            row.requests_per_s = 5_000.0 - row.requests_per_s;
        }
    }));
    assert_ne!(model.tree.cursor(), place, "the test must move the row");
    press(&mut model, "x");
    look(&mut model);
    press(&mut model, "y");
    assert!(matches!(
        &model.effects[..],
        [Effect::Run { verb: Verb::Kill(target), .. }] if *target == id("apps/AppRunner/my-app")
    ));
}

#[test]
fn kill_never_hits_what_slipped_under_the_cursor() {
    let mut model = fake::model();
    look(&mut model);
    model.set_overview(with_rows(|rows| {
        rows.retain(|row| !row.id.0.starts_with("apps/AppRunner/my-app"));
    }));
    assert!(model.tree.selected().is_some(), "a neighbour is selected");
    press(&mut model, "x");
    assert!(!is_asking(&model));
    assert_eq!(
        model.messages.back().map(|m| m.text.as_str()),
        Some("kill: it is gone")
    );
    // Once it was seen, the neighbour may be killed.
    look(&mut model);
    press(&mut model, "x");
    assert!(is_asking(&model));
}

#[test]
fn nothing_but_the_letter_answers_a_question() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "xy");
    assert!(is_asking(&model) && model.effects.is_empty(), "typed ahead");
    draw(&mut model, 80, 24);
    press(&mut model, "y");
    assert!(is_asking(&model), "nobody reads that fast");
    look(&mut model);
    model.event(Event::Paste("y".into()));
    model.event(code(ENTER));
    model.event(code(KeyCode::Char(' ')));
    press(&mut model, "xjk");
    assert!(is_asking(&model) && model.effects.is_empty());
    press(&mut model, "n");
    assert!(model.layers.is_empty() && model.effects.is_empty());
}

#[test]
fn key_repeat_does_no_harm() {
    let mut model = fake::model();
    look(&mut model);
    let repeat = |c| {
        Event::Key(KeyEvent::new_with_kind(
            KeyCode::Char(c),
            KeyModifiers::NONE,
            KeyEventKind::Repeat,
        ))
    };
    model.event(repeat('x'));
    assert!(model.layers.is_empty());
    let before = model.tree.cursor();
    model.event(repeat('j'));
    assert_eq!(model.tree.cursor(), before + 1, "moving may repeat");
}

#[test]
fn escape_goes_back_step_by_step_and_never_quits() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "/app");
    model.event(code(ENTER));
    press(&mut model, "4/slow");
    model.event(code(ENTER));
    fake::feed(&mut model, 40);
    press(&mut model, "k?");
    let mut steps = 0;
    while !(model.screen == Screen::Objects
        && model.layers.is_empty()
        && model.tree.filter().is_empty())
    {
        model.event(code(ESC));
        look(&mut model);
        steps += 1;
        assert!(steps < 10);
    }
    // Help, text filter, pause, screen, objects filter.
    assert_eq!(steps, 5);
    for _ in 0..5 {
        model.event(code(ESC));
    }
    assert!(model.effects.is_empty());
}

#[test]
fn quitting_asks_first() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "q");
    assert!(look(&mut model).contains("12 live objects stop"));
    press(&mut model, "n");
    assert!(model.effects.is_empty() && model.layers.is_empty());
    press(&mut model, "q");
    look(&mut model);
    press(&mut model, "y");
    assert_eq!(model.effects, [Effect::Quit]);
}

#[test]
fn control_c_asks_and_again_quits_from_anywhere() {
    for opened in ["", "?", ":", "/x", "4", "m"] {
        let mut model = fake::model();
        look(&mut model);
        press(&mut model, opened);
        model.event(ctrl('c'));
        assert!(is_asking(&model) && model.effects.is_empty(), "{opened}");
        look(&mut model);
        model.event(ctrl('c'));
        assert_eq!(model.effects, [Effect::Quit], "{opened}");
    }
}

#[test]
fn filtering_while_typing() {
    let mut model = fake::model();
    press(&mut model, "/visi");
    assert_eq!(model.tree.found(), 1);
    assert_eq!(model.tree.selected(), Some(&id("apps/Counter/visits")));
    assert!(look(&mut model).contains("/visi"));
    // A paste is text, its line ends are not Enter.
    model.event(Event::Paste("ts\n".into()));
    assert_eq!(model.tree.filter(), "visits");
    model.event(code(ENTER));
    assert!(model.layers.is_empty());
    press(&mut model, "r");
    assert!(matches!(
        &model.effects[..],
        [Effect::Run { verb: Verb::Reload(target), .. }] if *target == id("apps/Counter/visits")
    ));
}

#[test]
fn moving_folding_and_sorting() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "g");
    assert_eq!(model.tree.selected(), Some(&id("apps")));
    press(&mut model, "jh");
    assert_eq!(model.tree.len(), 15 - 6, "AppRunner is folded");
    press(&mut model, "lj");
    assert_eq!(model.tree.selected(), Some(&id("apps/AppRunner/my-app")));
    press(&mut model, "hh");
    assert_eq!(model.tree.selected(), Some(&id("apps/AppRunner")));
    press(&mut model, "G");
    assert_eq!(model.tree.selected(), Some(&id("shop/Cart/ended")));
    press(&mut model, "sS");
    assert!(
        model
            .tree
            .sort()
            .is_some_and(|s| s.column == Column::Name && s.descending)
    );
    press(&mut model, "-");
    assert_eq!(model.tree.selected(), Some(&id("shop/Cart")));
    assert_eq!(model.tree.len(), 5);
}

#[test]
fn the_selected_object_is_the_same_on_every_screen() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "L");
    fake::feed(&mut model, 40);
    assert_eq!(model.screen, Screen::Logs);
    assert!(model.logs.len() == 16, "those of my-app and its facet");
    look(&mut model);
    press(&mut model, "a");
    fake::feed(&mut model, 40);
    assert_eq!(model.logs.len(), 40);
    press(&mut model, "k");
    assert_eq!(model.logs.current().map(|r| r.seq), Some(38));
    press(&mut model, "J");
    assert_eq!(model.screen, Screen::Objects);
    assert_eq!(model.tree.selected(), Some(&id("apps/Counter/visits")));
}

#[test]
fn pausing_filtering_and_reading_logs() {
    let mut model = fake::model();
    press(&mut model, "4 ");
    look(&mut model);
    model.logs.set_bounds(LogBounds {
        first: 0,
        next: 60,
        dropped: 3,
    });
    fake::feed(&mut model, 60);
    let picture = look(&mut model);
    assert!(picture.contains("paused, 20 new") && picture.contains("3 dropped"));
    assert_eq!(model.logs.current().map(|r| r.seq), Some(39));
    press(&mut model, " ");
    assert_eq!(model.logs.current().map(|r| r.seq), Some(59));
    press(&mut model, "vv");
    fake::feed(&mut model, 60);
    assert_eq!(model.logs.filter().level, Level::Warn);
    assert_eq!(model.logs.len(), 24);
    model.event(code(ENTER));
    assert!(look(&mut model).contains("said by the host"));
    model.event(code(KeyCode::Tab));
    assert_eq!(model.focus, Pane::Side);
    press(&mut model, "c");
    fake::feed(&mut model, 60);
    assert_eq!(model.logs.len(), 60);
}

#[test]
fn the_palette_does_commands_and_jumps() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, ":reload");
    assert!(look(&mut model).contains("Reads the code"));
    model.event(code(ENTER));
    assert!(matches!(
        model.effects[..],
        [Effect::Run {
            verb: Verb::Reload(_),
            ..
        }]
    ));
    model.event(ctrl('p'));
    press(&mut model, "todo");
    model.event(code(ENTER));
    assert_eq!(
        model.tree.selected(),
        Some(&id("apps/AppRunner/todo-list-of-the-whole-family"))
    );
    // What cannot be done says why, and stays open.
    look(&mut model);
    press(&mut model, ":kill");
    assert!(look(&mut model).contains("not now: it is not running"));
    model.event(code(ENTER));
    assert!(matches!(model.layers.last(), Some(Layer::Palette(_))));
}

#[test]
fn the_welcome_goes_with_the_first_command() {
    let mut model = fake::model();
    model.layers.push(Layer::Welcome);
    look(&mut model);
    press(&mut model, "4");
    assert!(model.layers.is_empty() && model.screen == Screen::Logs);
    model.layers.push(Layer::Welcome);
    model.event(code(ENTER));
    assert!(model.layers.is_empty());
    assert!(!model.record_open, "Enter only closed it");
}

#[test]
fn addresses_are_those_of_the_worker() {
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "yo");
    let url = "http://apps.localhost:8787".to_owned();
    assert_eq!(
        model.effects,
        [Effect::Copy(url.clone()), Effect::Open(url)]
    );
}

#[test]
fn verbs_report_back() {
    let mut model = fake::model();
    model.started(7, "kill my-app".into());
    model.started(8, "reload shop".into());
    assert!(look(&mut model).contains("… reload shop"));
    model.finished(8, Some(Err(Refused("shop: src/a.ts:4:1: no".into()))));
    model.finished(7, Some(Ok("killed my-app".into())));
    let tones: Vec<Tone> = model.messages.iter().map(|m| m.tone).collect();
    assert_eq!(tones, [Tone::Bad, Tone::Good]);
    assert!(look(&mut model).contains("✓ killed my-app"));
    model.clock.now_ms += 60_000;
    assert!(!look(&mut model).contains("✓ killed my-app"), "toasts go");
    press(&mut model, "m");
    assert!(
        look(&mut model).contains("✓ killed my-app"),
        "the list stays"
    );
}

#[test]
fn the_next_change_is_a_toast_or_the_minute() {
    let mut model = fake::model();
    assert_eq!(model.next_change_ms(), NOW_MS + 53_000, "21:05:00");
    model.say(Tone::Info, "hello");
    assert_eq!(model.next_change_ms(), NOW_MS + 4_000);
}

#[test]
fn nothing_is_dirty_after_a_frame() {
    let mut model = fake::model();
    assert!(model.dirty);
    draw(&mut model, 80, 24);
    assert!(!model.dirty);
    model.event(Event::FocusGained);
    assert!(!model.dirty);
    press(&mut model, "j");
    assert!(model.dirty);
}

fn mouse(model: &mut Model, kind: MouseEventKind, (column, row): (u16, u16)) {
    model.event(Event::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }));
}

/// Where `text` is in a picture.
fn place(picture: &str, text: &str) -> (u16, u16) {
    picture
        .lines()
        .enumerate()
        .find_map(|(y, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count() as u16, y as u16))
        })
        .expect(text)
}

#[test]
fn the_mouse_selects_folds_sorts_and_scrolls() {
    const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
    let mut model = fake::model();
    let picture = look(&mut model);
    mouse(&mut model, CLICK, place(&picture, "visits"));
    assert_eq!(model.tree.selected(), Some(&id("apps/Counter/visits")));
    mouse(&mut model, CLICK, place(&picture, "p99"));
    assert!(model.tree.sort().is_some_and(|s| s.column == Column::P99));
    let picture = look(&mut model);
    mouse(&mut model, CLICK, place(&picture, "▾ Counter"));
    assert_eq!(model.tree.len(), 14);
    let before = model.tree.cursor();
    mouse(
        &mut model,
        MouseEventKind::ScrollDown,
        place(&picture, "notes"),
    );
    assert_eq!(model.tree.cursor(), before + 3);
    mouse(&mut model, CLICK, place(&picture, "Logs"));
    assert_eq!(model.screen, Screen::Logs);
    // Nothing below a sheet reacts.
    press(&mut model, "?");
    look(&mut model);
    mouse(&mut model, CLICK, (4, 1));
    assert_eq!(model.screen, Screen::Logs);
}

#[test]
fn a_click_answers_only_a_question_that_was_read() {
    const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
    let mut model = fake::model();
    look(&mut model);
    press(&mut model, "x");
    let picture = glyphs(&draw(&mut model, 120, 40));
    mouse(&mut model, CLICK, place(&picture, "y yes"));
    assert!(is_asking(&model));
    model.clock.now_ms += 1_000;
    mouse(&mut model, CLICK, place(&picture, "y yes"));
    assert_eq!(model.effects.len(), 1);
}

#[test]
fn no_size_breaks_a_frame() {
    for opened in ["", "4", "?", ":", "/a", "x", "m", "4kE", "i"] {
        for (width, height) in [
            (1, 1),
            (2, 60),
            (59, 15),
            (60, 14),
            (60, 15),
            (61, 26),
            (79, 24),
            (80, 19),
            (80, 20),
            (99, 16),
            (100, 30),
            (124, 15),
            (159, 15),
            (160, 15),
            (240, 80),
        ] {
            let mut model = fake::model();
            press(&mut model, opened);
            if opened == "i" {
                model.event(code(ENTER));
            }
            for round in 0..2 {
                let picture = glyphs(&draw(&mut model, width, height));
                let fits = width >= 60 && height >= 15;
                assert_eq!(
                    picture.contains("lapidary"),
                    fits,
                    "{opened} {width}×{height} {round}"
                );
            }
        }
    }
}

#[test]
fn text_that_breaks_its_promise_reaches_no_cell() {
    let mut model = fake::model();
    model.set_overview(with_rows(|rows| {
        for row in rows.iter_mut() {
            row.label = "a\x1b[2J\u{202e}b\r\n\u{9b}".into();
            row.version = "\x07\x08".into();
        }
    }));
    for keys in ["", "4", "1i"] {
        press(&mut model, keys);
        if keys == "1i" {
            model.event(code(ENTER));
        }
        let buf = draw(&mut model, 160, 45);
        let harmful = |s: &str| s.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(buf.content.iter().all(|cell| !harmful(cell.symbol())));
    }
}
