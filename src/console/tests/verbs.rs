//! Pausing, forms and what the host says of them.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{code, draw, fake, glyphs, press};
use crate::{
    console::model::{Effect, Layer, Model, Tone},
    control::{
        Refused, Verb,
        view::{NodeId, VersionMark},
    },
};

const ENTER: KeyCode = KeyCode::Enter;
const TAB: KeyCode = KeyCode::Tab;

fn my_app() -> NodeId {
    NodeId("apps/AppRunner/my-app".into())
}

/// Draws, and lets enough time pass that a question counts as read.
fn look(model: &mut Model) -> String {
    let picture = glyphs(&draw(model, 120, 40));
    model.clock.now_ms += 1_000;
    picture
}

fn seen() -> Model {
    let mut model = fake::model();
    look(&mut model);
    model
}

fn has_form(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Form(_)))
}

/// The verb that was asked for last.
fn verb(model: &mut Model) -> Option<Verb> {
    match model.effects.pop() {
        Some(Effect::Run { verb, .. }) => Some(verb),
        _ => None,
    }
}

#[test]
fn one_key_pauses_and_lets_go_on() {
    let mut model = seen();
    press(&mut model, "p");
    let paused = Verb::Pause {
        node: my_app(),
        reason: None,
        wait_s: None,
    };
    assert_eq!(verb(&mut model), Some(paused));
    fake::pause(&mut model);
    let picture = look(&mut model);
    assert!(picture.contains("‖ paused 4m by an operator: We look into a loop"));
    assert!(picture.contains("‖ 2 paused"), "{picture}");
    press(&mut model, "p");
    assert_eq!(verb(&mut model), Some(Verb::Resume(my_app())));
    // what is paused keeps its memory, and can be ended
    press(&mut model, "x");
    assert!(look(&mut model).contains("Kill object my-app?"));
}

#[test]
fn a_pause_can_say_why() {
    let mut model = seen();
    press(&mut model, "Pback at noon");
    model.event(code(ENTER));
    let paused = Verb::Pause {
        node: my_app(),
        reason: Some("back at noon".into()),
        wait_s: None,
    };
    assert_eq!(verb(&mut model), Some(paused));
}

#[test]
fn a_limit_is_completed_word_by_word() {
    let mut model = seen();
    press(&mut model, "i");
    assert!(look(&mut model).contains("Limit object my-app"));
    press(&mut model, "sec");
    assert!(look(&mut model).contains("30, then refuse"));
    model.event(code(TAB));
    press(&mut model, "50 sl");
    model.event(code(TAB));
    model.event(code(ENTER));
    let limit = Verb::SetLimit {
        node: my_app(),
        limit: "requests_per_second".into(),
        value: Some(50),
        at: Some("slow".into()),
    };
    assert_eq!(verb(&mut model), Some(limit));
}

#[test]
fn choices_are_marked_by_arrows() {
    let mut model = seen();
    press(&mut model, "i");
    for _ in 0..99 {
        model.event(code(KeyCode::Down));
    }
    model.event(code(KeyCode::Up));
    model.event(code(TAB));
    assert!(look(&mut model).contains("› requests_per_second"));
}

#[test]
fn what_the_host_refuses_can_be_corrected() {
    let mut model = seen();
    press(&mut model, "ifacets 99");
    model.event(code(ENTER));
    assert!(verb(&mut model).is_some());
    model.started(4, "limit my-app".into());
    assert!(look(&mut model).contains("… the host works at it"));
    // nothing is sent twice, and nothing typed while it is under way
    model.event(code(ENTER));
    press(&mut model, "9");
    assert_eq!(verb(&mut model), None);
    model.finished(4, Some(Err(Refused("facets = 99 is not possible".into()))));
    let picture = look(&mut model);
    assert!(picture.contains("✗ facets = 99 is not possible"));
    assert!(picture.contains("› facets 99"));
    assert_eq!(model.toasts().count(), 0, "it is not said twice");
    assert!(model.messages.back().is_some_and(|m| m.tone == Tone::Bad));
    model.event(code(KeyCode::Backspace));
    assert!(!look(&mut model).contains("is not possible"));
    model.event(code(ENTER));
    model.started(5, "limit my-app".into());
    let said = format!("{}: facets = 9", my_app());
    model.finished(5, Some(Ok(said)));
    assert!(model.layers.is_empty());
    assert!(
        look(&mut model).contains("✓ my-app: facets = 9"),
        "by its name"
    );
}

#[test]
fn a_form_that_was_left_tells_its_end_all_the_same() {
    let mut model = seen();
    press(&mut model, "fcopy");
    model.event(code(ENTER));
    model.started(1, "fork my-app".into());
    model.event(code(KeyCode::Esc));
    assert!(model.layers.is_empty());
    // another form does not take the answer for its own
    press(&mut model, "n");
    model.finished(1, Some(Err(Refused("there is a \"copy\" already".into()))));
    assert!(has_form(&model));
    assert_eq!(model.toasts().count(), 1);
}

#[test]
fn a_line_that_makes_no_verb_is_not_sent() {
    let mut model = seen();
    for keys in ["i", "imemory_bytes", "ifacets x", "bday", "v", "D"] {
        press(&mut model, &keys[..1]);
        look(&mut model);
        press(&mut model, &keys[1..]);
        // the budget's form holds what is set; this makes it end in a period
        if keys == "bday" {
            press(&mut model, " month");
        }
        model.event(code(ENTER));
        assert_eq!(verb(&mut model), None, "{keys}");
        assert!(look(&mut model).contains("✗ "), "{keys}");
        model.event(code(KeyCode::Esc));
        assert!(model.layers.is_empty());
    }
}

#[test]
fn a_budget_begins_with_what_is_set() {
    let mut model = seen();
    press(&mut model, "b");
    assert!(look(&mut model).contains("› day 0.50 pause"));
    model.event(code(ENTER));
    let budget = Verb::SetBudget {
        node: my_app(),
        day: Some("0.50".into()),
        month: None,
        at: Some("pause".into()),
    };
    assert_eq!(verb(&mut model), Some(budget));
}

#[test]
fn copies_and_names() {
    let mut model = seen();
    press(&mut model, "fmy copy");
    model.event(code(ENTER));
    let fork = Verb::Fork {
        node: my_app(),
        name: "my copy".into(),
    };
    assert_eq!(verb(&mut model), Some(fork));
    model.event(code(KeyCode::Esc));
    press(&mut model, "n2");
    model.event(code(ENTER));
    let rename = Verb::Rename {
        node: my_app(),
        name: "my-app2".into(),
    };
    assert_eq!(verb(&mut model), Some(rename));
    model.event(code(KeyCode::Esc));
    // a worker has neither
    press(&mut model, "gf");
    assert!(!has_form(&model));
    let said = model.messages.back().map(|m| m.text.as_str());
    assert_eq!(said, Some("fork: it is for objects and facets"));
}

#[test]
fn deleting_takes_the_name_typed_after_the_question_was_read() {
    let mut model = seen();
    press(&mut model, "Dmy-app");
    model.event(code(ENTER));
    assert_eq!(verb(&mut model), None, "typed ahead");
    let picture = look(&mut model);
    assert!(picture.contains("Delete object my-app"));
    assert!(picture.contains("This cannot be undone."));
    assert!(picture.contains("Type my-app to confirm:"));
    model.event(Event::Paste("my-app".into()));
    model.event(code(ENTER));
    assert_eq!(verb(&mut model), None, "pasted");
    press(&mut model, "my-app");
    model.event(Event::Key(KeyEvent::new_with_kind(
        ENTER,
        KeyModifiers::NONE,
        KeyEventKind::Repeat,
    )));
    assert_eq!(verb(&mut model), None, "a key that repeats");
    model.event(code(ENTER));
    let delete = Verb::Delete {
        node: my_app(),
        name: "my-app".into(),
    };
    assert_eq!(verb(&mut model), Some(delete));
}

#[test]
fn a_form_stays_with_its_node() {
    let mut model = seen();
    press(&mut model, "f");
    assert!(model.choose(&NodeId("shop".into())));
    look(&mut model);
    press(&mut model, "copy");
    model.event(code(ENTER));
    assert!(matches!(verb(&mut model), Some(Verb::Fork { node, .. }) if node == my_app()));
}

#[test]
fn versions_are_listed_used_and_released() {
    let mut model = seen();
    model.event(code(ENTER));
    let picture = look(&mut model);
    assert!(picture.contains("● 3f9a2c1b") && picture.contains("○ 77e0d4aa"));
    press(&mut model, "v");
    model.event(code(KeyCode::Down));
    model.event(code(TAB));
    model.event(code(ENTER));
    let replaced = fake::account(&my_app()).versions[1].clone();
    assert_eq!(replaced.mark, VersionMark::Replaced);
    let used = Verb::UseVersion {
        node: my_app(),
        version: replaced.version,
    };
    assert_eq!(verb(&mut model), Some(used));
    model.event(code(KeyCode::Esc));
    press(&mut model, "V");
    assert!(look(&mut model).contains("Release the code of my-app?"));
    press(&mut model, "y");
    assert_eq!(verb(&mut model), Some(Verb::Release(my_app())));
}

#[test]
fn what_is_not_in_memory_cannot_leave_it() {
    let mut model = seen();
    press(&mut model, "z");
    assert_eq!(verb(&mut model), Some(Verb::Hibernate(my_app())));
    assert!(model.choose(&NodeId("shop/Cart/ended".into())));
    press(&mut model, "z");
    assert_eq!(verb(&mut model), None);
}

#[test]
fn the_palette_and_the_help_know_them() {
    let mut model = seen();
    press(&mut model, ":budget");
    model.event(code(ENTER));
    assert!(has_form(&model));
    model.event(code(KeyCode::Esc));
    press(&mut model, "?");
    let help = glyphs(&draw(&mut model, 160, 60));
    for doc in ["Sets a limit of the selected node", "Gives the selected"] {
        assert!(help.contains(doc), "{doc} in {help}");
    }
}

#[test]
fn the_details_tell_how_a_node_stands() {
    let mut model = seen();
    model.event(code(ENTER));
    let picture = look(&mut model);
    for text in [
        "1.20 USD this month · 0.4313 today",
        "0.0179/h now · month ends at 14.55",
        "▲0.4313 of 0.5000/day → pause",
        "▲24 of 30 → refuse · here",
        "✗2.1s of 2.0s → refuse · cl",
        "180K of 1.0M → refuse · def",
        "30s → kill · at start",
    ] {
        assert!(picture.contains(text), "{text} in\n{picture}");
    }
    // another node's figures are not shown as this one's
    assert!(model.choose(&NodeId("shop".into())));
    assert!(!look(&mut model).contains("month ends at"));
}

#[test]
fn accounts_that_cannot_be_read_are_told_once() {
    let mut model = seen();
    for _ in 0..3 {
        model.set_account(Err(Refused("the ledger cannot be read".into())));
    }
    assert_eq!(model.messages.len(), 1);
    draw(&mut model, 80, 24);
    model.set_account(Ok(fake::account(&my_app())));
    assert!(!model.dirty, "the same figures are not drawn again");
}
