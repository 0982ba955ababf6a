//! Pictures of every screen: glyphs, then where which style is, then what the styles are.

use std::fmt::Write;

use crossterm::event::KeyCode;
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier, Style},
};

use super::{code, draw, fake, glyphs, press};
use crate::{
    console::{
        model::{Layer, Model, Tone},
        theme::{ColorDepth, Theme},
    },
    control::Refused,
};

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

/// The picture with one letter for each style, run by run.
fn dump(buf: &Buffer) -> String {
    let mut out = glyphs(buf);
    let mut styles: Vec<Style> = Vec::new();
    for y in 0..buf.area.height {
        let mut runs: Vec<(usize, u16)> = Vec::new();
        for x in 0..buf.area.width {
            let style = buf[(x, y)].style();
            let index = styles.iter().position(|s| *s == style).unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            match runs.last_mut() {
                Some((last, length)) if *last == index => *length += 1,
                _ => runs.push((index, 1)),
            }
        }
        let _ = write!(out, "{y:>2}");
        for (index, length) in runs {
            let _ = write!(out, " {}{length}", letter(index));
        }
        out.push('\n');
    }
    for (index, style) in styles.iter().enumerate() {
        let _ = writeln!(out, "{} = {}", letter(index), describe(style));
    }
    out
}

fn letter(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8).to_string();
    letter.repeat(1 + index / 26)
}

fn describe(style: &Style) -> String {
    let mut words = Vec::new();
    for (name, color) in [("fg", style.fg), ("bg", style.bg)] {
        match color {
            None | Some(Color::Reset) => {}
            Some(color) => words.push(format!("{name} {color}")),
        }
    }
    if !style.add_modifier.is_empty() {
        words.push(format!("{:?}", style.add_modifier).to_lowercase());
    }
    if words.is_empty() {
        words.push("plain".into());
    }
    words.join(", ")
}

/// Brings a fresh model to where the picture is taken.
type Scene = fn(&mut Model);

const SCENES: [(&str, Scene); 12] = [
    ("objects", |_| {}),
    ("objects_sorted_and_filtered", |model| {
        press(model, "ssss/ap");
    }),
    ("details", |model| model.event(code(KeyCode::Enter))),
    ("logs", |model| {
        press(model, "4");
        fake::feed(model, 40);
        press(model, "kkk");
        model.event(code(KeyCode::Enter));
    }),
    ("help", |model| press(model, "?")),
    ("confirm", |model| {
        model.say(Tone::Good, "reloaded shop");
        model.say(
            Tone::Bad,
            "notes: src/index.ts:4:11: Unexpected token; the old code goes on",
        );
        press(model, "x");
    }),
    ("palette", |model| press(model, ":lo")),
    ("paused", fake::pause),
    ("form", |model| press(model, "irequests_per_second ")),
    ("refused", |model| {
        press(model, "irequests_per_second 0");
        model.event(code(KeyCode::Enter));
        model.effects.clear();
        model.started(1, "limit my-app".into());
        let why = "requests_per_second = 0 is not possible: it must be from 1 to 10000000";
        model.finished(1, Some(Err(Refused(why.into()))));
    }),
    ("delete", |model| press(model, "D")),
    ("welcome", |model| model.layers.push(Layer::Welcome)),
];

fn picture(scene: Scene, depth: ColorDepth, (width, height): (u16, u16)) -> Buffer {
    let mut model = fake::model();
    model.theme = Theme::load("dark", depth).expect("built in");
    draw(&mut model, width, height);
    scene(&mut model);
    // The second frame knows what the first one showed, as in real life.
    draw(&mut model, width, height);
    draw(&mut model, width, height)
}

fn keep(name: &str, picture: &Buffer) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!(name, dump(picture)));
}

#[test]
fn every_scene_at_every_size() {
    for (name, scene) in SCENES {
        for size in SIZES {
            let picture = picture(scene, ColorDepth::True, size);
            keep(&format!("{name}_{}x{}", size.0, size.1), &picture);
        }
    }
}

#[test]
fn every_scene_in_sixteen_colours() {
    for (name, scene) in SCENES {
        let picture = picture(scene, ColorDepth::Sixteen, (80, 24));
        keep(&format!("{name}_80x24_sixteen"), &picture);
    }
}

#[test]
fn every_scene_without_colours() {
    for (name, scene) in SCENES {
        let picture = picture(scene, ColorDepth::Mono, (80, 24));
        for cell in &picture.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
        }
        keep(&format!("{name}_80x24_mono"), &picture);
    }
}

#[test]
fn the_selection_shows_at_every_depth() {
    for depth in [
        ColorDepth::Mono,
        ColorDepth::Sixteen,
        ColorDepth::TwoFiftySix,
        ColorDepth::True,
    ] {
        let picture = picture(|_| {}, depth, (80, 24));
        let row = (0..24)
            .find(|&y| picture[(1, y)].symbol() == "▌")
            .expect("a sign");
        let here = picture[(6, row)].style();
        let there = picture[(6, row + 1)].style();
        assert!(
            here.bg != there.bg || here.add_modifier.contains(Modifier::REVERSED),
            "{depth:?}"
        );
    }
}

#[test]
fn too_small_says_what_it_needs() {
    let picture = picture(|_| {}, ColorDepth::True, (59, 15));
    let text = glyphs(&picture);
    assert!(text.contains("needs 60×15") && text.contains("this is 59×15"));
    keep("too_small_59x15", &picture);
}

#[test]
fn an_empty_world_says_so() {
    let mut model = Model::new(Theme::load("dark", ColorDepth::True).expect("built in"));
    assert!(glyphs(&draw(&mut model, 80, 24)).contains("Nothing runs yet"));
    press(&mut model, "4");
    assert!(glyphs(&draw(&mut model, 80, 24)).contains("Nothing was said yet"));
}
