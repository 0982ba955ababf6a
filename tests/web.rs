//! The Web APIs against node's own: runs `tests/web/run.mjs`, which needs nothing else. They are
//! also checked inside the real engine, against workerd's recorded answers, by `differential`;
//! so a machine without node loses the comparison with node only.

use std::process::Command;

#[test]
fn web_apis_agree_with_node() {
    let version = Command::new("node").arg("--version").output();
    let Ok(version) = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    else {
        eprintln!("skipped: there is no node on this machine");
        return;
    };
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|n| n.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        eprintln!("skipped: node {} is older than 20", version.trim());
        return;
    }
    let run = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web/run.mjs"))
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(said.contains(" passed, 0 failed"), "{said}");
}
