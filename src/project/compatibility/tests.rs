use super::{Compatibility, FLAGS, FlagError, index};

fn with(date: &str, given: &[&str]) -> Result<Compatibility, FlagError> {
    let given: Vec<String> = given.iter().map(|flag| flag.to_string()).collect();
    Compatibility::new(date, &given, false)
}

#[test]
fn every_line_of_the_table_is_whole() {
    let lines = include_str!("flags.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    for line in lines {
        assert_eq!(line.split(' ').count(), 5, "{line}");
    }
    assert!(FLAGS.len() > 200);
    for flag in FLAGS.iter() {
        let by = flag.implied.map(|(by, _)| by);
        assert!(by.is_none_or(|by| index(by).is_some()), "{}", flag.enable);
    }
}

#[test]
fn dates_turn_flags_on() {
    let old = with("2021-01-01", &[]).unwrap();
    assert!(!old.has("url_standard") && old.has("r2_public_beta_bindings"));
    let new = with("2026-08-04", &[]).unwrap();
    assert!(new.has("url_standard") && new.has("nodejs_compat") && new.has("nodejs_compat_v2"));
    assert!(!with("2026-08-03", &[]).unwrap().has("nodejs_compat"));
    assert!(
        !with("2026-08-04", &["url_original"])
            .unwrap()
            .has("url_standard")
    );
    assert!(!new.has("no such flag"));
}

#[test]
fn flags_turn_on_what_they_imply() {
    let both = with("2026-08-01", &["nodejs_compat"]).unwrap();
    assert!(both.has("nodejs_compat_v2") && both.has("nodejs_zlib"));
    assert!(both.has("enable_nodejs_global_timers"));
    let old = with("2024-01-01", &["nodejs_compat"]).unwrap();
    assert!(old.has("nodejs_compat") && !old.has("nodejs_compat_v2"));
    let off = with("2026-08-04", &["no_nodejs_compat"]).unwrap();
    assert!(!off.has("nodejs_compat") && off.has("nodejs_compat_v2"));
    assert!(!off.has("enable_nodejs_global_timers") && off.has("nodejs_zlib"));
}

#[test]
fn bad_flags_are_refused_as_the_reference_does() {
    let refused = |given: &[&str]| with("2026-08-01", given).unwrap_err().to_string();
    assert_eq!(refused(&["x", "y"]), "No such compatibility flag: x");
    assert_eq!(
        refused(&["x", "url_original", "x"]),
        "Compatibility flag specified multiple times: x"
    );
    assert_eq!(
        refused(&["x", "url_original", "url_standard"]),
        "Compatibility flags are mutually contradictory: url_standard vs url_original"
    );
    assert!(refused(&["durable_object_rename"]).contains("is experimental"));
    let experimental = ["durable_object_rename".to_owned()];
    assert!(Compatibility::new("2026-08-01", &experimental, true).is_ok());
}
