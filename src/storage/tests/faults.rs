use std::fs;

use super::{Bench, Rows, Value, quick};
use crate::storage::{Batch, DataDir, DataDirError, Database, Durability, Param, StorageError};

#[test]
fn a_quota_stops_growth_and_nothing_else() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.set_max_bytes(64 * 1024).unwrap();
    let big = vec![7; 20_000];
    let mut stored = 0;
    let error = loop {
        match bench.exec("INSERT INTO t VALUES (?)", &[Param::Blob(&big)]) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(stored > 0);
    assert!(
        error
            .to_string()
            .starts_with("database or disk is full: SQLITE_FULL"),
        "{error}"
    );
    // Whether SQLite undid the statement or the turn, the file is sound and holds no half.
    let kept = if error.resets_object() {
        bench.database.rollback_turn().unwrap();
        0
    } else {
        bench.database.commit_turn().unwrap();
        stored
    };
    bench.reopen();
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(kept)
    );
    assert!(bench.database.database_size().unwrap() <= 64 * 1024);
    // A quota set before the file is opened holds as well, and can be lifted.
    bench.database.close();
    bench.database.set_max_bytes(16 * 1024).unwrap();
    assert!(
        bench
            .exec("INSERT INTO t VALUES (?)", &[Param::Blob(&big)])
            .is_err()
    );
    bench.database.rollback_turn().unwrap();
    bench.database.set_max_bytes(0).unwrap();
    bench
        .exec("INSERT INTO t VALUES (?)", &[Param::Blob(&big)])
        .unwrap();
}

#[test]
fn a_full_disk_at_commit_loses_the_turn_only() {
    // A file-size limit stands for the full disk; it needs a process of its own.
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    let wal = bench.folder.path().join("object.sqlite-wal");
    let length = fs::metadata(&wal).unwrap().len();
    let path = bench.database.path().to_path_buf();
    let executable = std::env::current_exe().unwrap();
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -f {}; trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture",
            (length + 8192) / 512
        ))
        .arg(executable)
        .arg(format!(
            "{}::write_beyond_the_limit",
            module_path!().split_once("::").unwrap().1
        ))
        .env("STORAGE_TEST_FILE", &path)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("the turn was lost"), "{report}");
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(1)
    );
}

/// The other half of the test above; alone it does nothing.
#[test]
fn write_beyond_the_limit() {
    let Some(path) = std::env::var_os("STORAGE_TEST_FILE") else {
        return;
    };
    let mut database = Database::new(path, quick());
    let insert = "INSERT INTO t VALUES (zeroblob(300000))";
    let outcome = database
        .exec(insert, &[], &mut Rows::default(), Batch::ALL)
        .and_then(|_| database.commit_turn());
    let error = outcome.unwrap_err();
    assert!(error.resets_object(), "{error}");
    assert!(
        error.to_string().contains("SQLITE_FULL") || error.to_string().contains("SQLITE_IOERR"),
        "{error}"
    );
    assert_eq!(database.kv_get(b"k").unwrap_err(), error);
    database.rollback_turn().unwrap();
    assert_eq!(database.kv_get(b"k").unwrap(), None);
    println!("the turn was lost");
}

#[test]
fn a_damaged_file_is_named_and_harms_no_other() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    for _ in 0..200 {
        bench
            .exec("INSERT INTO t VALUES (randomblob(500))", &[])
            .unwrap();
    }
    bench.database.commit_turn().unwrap();
    bench.database.close();
    let path = bench.database.path().to_path_buf();
    let mut content = fs::read(&path).unwrap();
    for byte in &mut content[4096..] {
        *byte ^= 0x5a;
    }
    fs::write(&path, &content).unwrap();
    let error = bench.exec("SELECT sum(length(a)) FROM t", &[]).unwrap_err();
    let StorageError::Damaged { path: named, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*named, path);
    assert!(error.to_string().contains("put back a good copy"));
    assert!(
        error
            .worker_message()
            .starts_with("database disk image is malformed")
    );
    bench.database.rollback_turn().unwrap();

    // Not a database at all.
    bench.database.close();
    fs::write(
        &path,
        b"this is text, and long enough to be no cut-off header".repeat(300),
    )
    .unwrap();
    let error = bench.database.kv_get(b"k").unwrap_err();
    assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
    bench.database.rollback_turn().unwrap();

    // The cure that the message names works.
    bench.database.close();
    fs::remove_file(&path).unwrap();
    bench.reopen();
    bench.database.kv_put(b"k", b"v").unwrap();
    assert!(bench.database.commit_turn().unwrap().wrote);
}

#[test]
fn a_file_whose_creation_was_cut_off_starts_afresh() {
    let mut bench = Bench::new();
    bench.database.kv_put(b"k", b"v").unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.close();
    let path = bench.database.path().to_path_buf();
    let template = {
        let mut other = Bench::new();
        other.database.kv_put(b"k", b"v").unwrap();
        other.database.rollback_turn().unwrap();
        fs::read(other.database.path()).unwrap()
    };
    for beginning in [
        &template[..0],
        &template[..100],
        &template[..2048],
        &[0; 5000],
    ] {
        fs::write(&path, beginning).unwrap();
        fs::write(bench.folder.path().join("object.sqlite-wal"), b"stale").unwrap();
        bench.reopen();
        assert_eq!(bench.database.kv_get(b"k").unwrap(), None);
        bench.database.kv_put(b"k", b"w").unwrap();
        bench.database.commit_turn().unwrap();
        bench.database.close();
    }
    bench.reopen();
    assert_eq!(bench.database.kv_get(b"k").unwrap(), Some(b"w".to_vec()));
}

#[test]
fn a_process_that_dies_keeps_its_commits_and_nothing_else() {
    let mut bench = Bench::new();
    bench.database.kv_put(b"a", b"1").unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.kv_put(b"b", b"2").unwrap();
    // As after a kill: the files as they are now, without closing.
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(bench.folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let mut after = Database::new(copy.path().join("object.sqlite"), quick());
    assert_eq!(after.kv_get(b"a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(after.kv_get(b"b").unwrap(), None);
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    // A lock belongs to an open file, so a second one in this process stands for another.
    let error = DataDir::open(folder.path()).unwrap_err();
    let DataDirError::InUse { pid, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*pid, Some(std::process::id()));
    let message = error.to_string();
    assert!(message.contains(&folder.path().display().to_string()));
    assert!(message.contains(&format!("process {}", std::process::id())));
    drop(data);
    DataDir::open(folder.path()).unwrap();
}

#[test]
fn full_durability_syncs_a_new_object_before_its_first_commit_returns() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let files = data.object("w", "n", &"0".repeat(64)).unwrap();
    let mut database = Database::in_folder(&files, 0, Durability::Full);
    database.kv_put(b"k", b"v").unwrap();
    assert!(database.commit_turn().unwrap().wrote);
    // A folder that vanished cannot be synced: the commit must say so and not succeed.
    let mut facet = Database::in_folder(&files, 1, Durability::Full);
    facet.kv_put(b"k", b"v").unwrap();
    fs::remove_file(facet.path()).unwrap();
    let error = facet.commit_turn().unwrap_err();
    assert!(matches!(error, StorageError::File { .. }), "{error}");
    assert!(error.worker_message().contains("SQLITE_IOERR"));
    assert!(!error.worker_message().contains("facet-1"));
    assert_eq!(facet.kv_get(b"k").unwrap_err(), error);
}
