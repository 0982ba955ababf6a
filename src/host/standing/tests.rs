//! What holds at which level, and what survives a restart.

use std::time::Duration;

use super::*;
use crate::object::limits::AtLimit;

fn standings(name: &str) -> (Standings, PathBuf) {
    let folder =
        std::env::temp_dir().join(format!("lapidary-standing-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let file = folder.join("standing.json");
    let standings = Standings::open(&object::Limits::default(), file.clone()).unwrap();
    (standings, file)
}

fn set(standings: &Standings, node: &str, limit: Limit, value: u64) {
    let at = limit.actions()[0];
    let mut levels = standings.levels.write();
    let set = levels.limits.entry(node.into()).or_default();
    set.settings.insert(limit, Setting { value, at });
}

#[test]
fn the_nearest_level_wins_and_says_where_it_is() {
    let (standings, _) = standings("nearest");
    let limit = Limit::RequestsPerSecond;
    assert_eq!(standings.of("w/C/1").limits.get(limit), None);
    set(&standings, DEFAULTS, limit, 1);
    set(&standings, "w", limit, 2);
    set(&standings, "w/C/1", limit, 3);
    set(&standings, "w/C/1/app", limit, 4);
    let value = |node: &str| standings.of(node).limits.value(limit);
    assert_eq!(value("other/C/1"), 1);
    assert_eq!(value("w"), 2);
    assert_eq!(value("w/C/2"), 2);
    assert_eq!(value("w/C/1/other"), 3);
    assert_eq!(value("w/C/1/app/inner"), 4);
    // a name that only begins alike is another node
    assert_eq!(value("w/C/1/apple"), 3);
    let lines = standings.lines("w/C/1/app");
    let from = |of: Limit| {
        lines
            .iter()
            .find(|line| line.limit == of)
            .unwrap()
            .from
            .clone()
    };
    assert_eq!(from(limit).as_deref(), Some("w/C/1/app"));
    assert_eq!(from(Limit::MemoryBytes), None);
}

#[test]
fn what_was_set_is_there_after_a_restart() {
    let (first, file) = standings("restart");
    let mut levels = first.levels.write();
    let set = levels.limits.entry("w".into()).or_default();
    let at = AtLimit::Slow;
    set.settings
        .insert(Limit::CpuMsPerMinute, Setting { value: 500, at });
    set.hosts = Some([HostPattern::parse("*.example.com:8443").unwrap()].into());
    let pause = Pause {
        reason: "for tea".into(),
        wait: Duration::from_secs(3),
    };
    let paused = Paused {
        pause: Arc::new(pause),
        since_ms: 7,
        by: None,
    };
    levels.paused.insert("w/C/1".into(), paused);
    file::write(&file, &levels).unwrap();
    let second = Standings::open(&object::Limits::default(), file).unwrap();
    assert_eq!(*second.levels.read(), *levels);
    assert!(second.of("w/C/1/app").pause.is_some());
    assert!(second.of("w/C/2").pause.is_none());
}

#[test]
fn a_file_that_makes_no_sense_is_named() {
    let (_, file) = standings("unsound");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    for text in [
        "{",
        r#"{"limits":{"w":{"no_such":{"value":1,"at":"refuse"}}}}"#,
        r#"{"limits":{"w":{"facets":{"value":1,"at":"slow"}}}}"#,
        r#"{"limits":{"w":{"facets":{"value":-1,"at":"refuse"}}}}"#,
        r#"{"more":{}}"#,
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Standings::open(&object::Limits::default(), file.clone());
        let text = error.map(drop).unwrap_err().to_string();
        assert!(text.contains("standing.json"), "{text}");
    }
}
