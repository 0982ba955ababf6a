use std::fs;

use crate::storage::{
    CopiedAlarm, DataDir, Database, Durability, ObjectFiles, StorageError, check_database,
};

const ID: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn data() -> (tempfile::TempDir, DataDir) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path().join("deep/data")).unwrap();
    (folder, data)
}

fn write(files: &ObjectFiles, facet: u16, value: &str) {
    let mut database = Database::in_folder(files, facet, Durability::Normal);
    database.kv_put(b"k", value.as_bytes()).unwrap();
    database.commit_turn().unwrap();
}

fn read(files: &ObjectFiles, facet: u16) -> Option<String> {
    let mut database = Database::in_folder(files, facet, Durability::Normal);
    let value = database.kv_get(b"k").unwrap()?;
    Some(String::from_utf8(value).unwrap())
}

#[test]
fn an_object_appears_with_its_first_database() {
    let (_folder, data) = data();
    let files = data.object("my app", "Room", ID).unwrap();
    files.set_name("lobby").unwrap();
    assert_eq!(files.ensure_facet(0, "a").unwrap(), 1);
    assert_eq!(files.ensure_facet(1, "a/b\0").unwrap(), 2);
    assert!(!files.folder().exists());
    assert_eq!(data.list_objects("my app", "Room").unwrap(), []);

    write(&files, 2, "x");
    assert_eq!(
        files.folder(),
        data.path().join("my%20app/Room").join(ID).as_path()
    );
    let again = data.object("my app", "Room", ID).unwrap();
    assert_eq!(again.name().unwrap().as_deref(), Some("lobby"));
    assert_eq!(again.facet_number(1, "a/b\0").unwrap(), Some(2));
    assert_eq!(again.children(0).unwrap().len(), 1);

    let listed = data.list_objects("my app", "Room").unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id.to_string(), listed[0].name.as_deref()),
        (ID.to_string(), Some("lobby"))
    );
    assert_eq!(listed[0].database_bytes, 0);
    let facets = &listed[0].facets;
    assert_eq!(
        (facets[0].name.as_str(), facets[0].has_database),
        ("a", false)
    );
    assert_eq!((facets[1].parent, facets[1].has_database), (1, true));
    assert!(facets[1].bytes >= 8192);
    assert_eq!(
        data.namespaces().unwrap(),
        [("my app".to_string(), "Room".to_string())]
    );
}

#[test]
fn a_name_may_come_after_the_folder() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    write(&files, 0, "x");
    files.set_name("late").unwrap();
    files.set_name("later").unwrap();
    files.ensure_facet(0, "f").unwrap();
    write(&files, 1, "y");
    let again = data.object("w", "n", ID).unwrap();
    assert_eq!(again.name().unwrap().as_deref(), Some("later"));
    assert_eq!(again.facet_number(0, "f").unwrap(), Some(1));
}

#[test]
fn deleting_a_facet_takes_all_below_it_and_keeps_the_numbers() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    let a = files.ensure_facet(0, "a").unwrap();
    let b = files.ensure_facet(a, "b").unwrap();
    let c = files.ensure_facet(b, "c").unwrap();
    let other = files.ensure_facet(0, "other").unwrap();
    for number in [0, a, b, c, other] {
        write(&files, number, "x");
    }
    files.delete_facet(a).unwrap();
    for number in [a, b, c] {
        assert!(!files.database_path(number).exists());
    }
    assert_eq!(read(&files, other).as_deref(), Some("x"));
    assert_eq!(files.ensure_facet(0, "a").unwrap(), a);
    assert_eq!(read(&files, a), None);
    files.delete_descendants(0).unwrap();
    assert_eq!(read(&files, other), None);
    assert_eq!(read(&files, 0).as_deref(), Some("x"));
    files.remove().unwrap();
    assert!(!files.folder().exists());
    assert_eq!(files.ensure_facet(0, "new").unwrap(), 1);
}

#[test]
fn copying_a_facet_takes_its_whole_tree_while_it_is_in_use() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    let a = files.ensure_facet(0, "a").unwrap();
    let inner = files.ensure_facet(a, "inner").unwrap();
    let target = files.ensure_facet(0, "target").unwrap();
    let stale = files.ensure_facet(target, "stale").unwrap();
    for number in [inner, target, stale] {
        write(&files, number, "old");
    }
    let mut live = Database::in_folder(&files, a, Durability::Normal);
    live.kv_put(b"k", b"committed").unwrap();
    live.commit_turn().unwrap();
    live.kv_put(b"k", b"uncommitted").unwrap();

    files.copy_facet(a, target).unwrap();
    assert_eq!(read(&files, target).as_deref(), Some("committed"));
    let copy = files.facet_number(target, "inner").unwrap().unwrap();
    assert_eq!(read(&files, copy).as_deref(), Some("old"));
    assert_eq!(read(&files, stale), None);
    // The copy is a database like any other.
    write(&files, target, "new");
    assert_eq!(read(&files, target).as_deref(), Some("new"));
    live.commit_turn().unwrap();
    assert!(files.copy_facet(a, inner).is_err());
}

#[test]
fn a_lost_tree_record_never_hands_its_database_to_another_name() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    let number = files.ensure_facet(0, "secret").unwrap();
    write(&files, number, "secret");
    let tree = files.folder().join("tree");
    let content = fs::read(&tree).unwrap();
    fs::write(&tree, &content[..content.len() - 1]).unwrap();

    let again = data.object("w", "n", ID).unwrap();
    assert_eq!(again.ensure_facet(0, "other").unwrap(), number);
    assert_eq!(read(&again, number), None);
}

#[test]
fn a_tree_that_is_none_is_reported_and_not_overwritten() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    write(&files, 0, "x");
    let tree = files.folder().join("tree");
    fs::write(&tree, b"something else").unwrap();
    let again = data.object("w", "n", ID).unwrap();
    assert!(matches!(
        again.ensure_facet(0, "a"),
        Err(StorageError::Damaged { path, .. }) if path == tree
    ));
    assert_eq!(fs::read(&tree).unwrap(), b"something else");
    assert_eq!(data.list_objects("w", "n").unwrap().len(), 1);
}

#[test]
fn names_cannot_leave_the_data_folder_or_take_its_lock() {
    let (_folder, data) = data();
    for worker in ["..", ".", "", "lock", "../../x", "a/b"] {
        let files = data.object(worker, "..", ID).unwrap();
        write(&files, 0, worker);
        assert_eq!(read(&files, 0).as_deref(), Some(worker));
        let below = files.folder().strip_prefix(data.path()).unwrap();
        assert_eq!(below.components().count(), 3, "{worker}");
    }
    let workers: Vec<_> = data
        .namespaces()
        .unwrap()
        .into_iter()
        .map(|(worker, _)| worker)
        .collect();
    assert_eq!(workers, ["", ".", "..", "../../x", "a/b", "lock"]);
    for id in ["", "..", &ID[..63], &ID.to_uppercase()] {
        assert!(data.object("w", "n", id).is_err());
    }
}

#[test]
fn a_moment_holds_while_writing_goes_on() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    write(&files, 0, "before");
    let a = files.ensure_facet(0, "a").unwrap();
    write(&files, a, "before a");
    files.ensure_facet(0, "empty").unwrap();
    let moment = files.moment(0).unwrap();
    write(&files, 0, "after");
    let draft = data.draft().unwrap();
    moment.copy(&draft, CopiedAlarm::Dropped).unwrap();
    draft.files().set_name("copy").unwrap();
    check_database(&draft.files().database_path(a)).unwrap();
    let copy = data.object("w", "n", &ID.replace("aa", "bb")).unwrap();
    draft.settle(&copy).unwrap();
    assert_eq!(read(&copy, 0).as_deref(), Some("before"));
    assert_eq!(read(&copy, a).as_deref(), Some("before a"));
    assert_eq!(copy.name().unwrap().as_deref(), Some("copy"));
    assert_eq!(copy.facets().unwrap(), files.facets().unwrap());
    assert_eq!(read(&files, 0).as_deref(), Some("after"));
}

#[test]
fn a_draft_that_is_not_finished_leaves_nothing() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    write(&files, 0, "x");
    let draft = data.draft().unwrap();
    write(draft.files(), 0, "y");
    let taken = draft.settle(&files).unwrap_err();
    assert!(taken.to_string().contains("already"), "{taken}");
    assert_eq!(read(&files, 0).as_deref(), Some("x"));
    let drafts = data.path().join(".drafts");
    let left = std::fs::read_dir(&drafts).unwrap();
    assert_eq!(left.count(), 0);
    std::fs::write(drafts.join("rest"), "z").unwrap();
    let path = data.path().to_path_buf();
    drop(data);
    DataDir::open(path).unwrap();
    assert!(!drafts.exists());
}

#[test]
fn a_moved_object_is_at_its_new_place_under_its_new_name() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    files.set_name("old").unwrap();
    write(&files, 0, "x");
    let target = data.object("w", "n", &ID.replace("aa", "bb")).unwrap();
    files.move_to(&target, "new").unwrap();
    assert!(!files.folder().exists());
    let again = data.object("w", "n", &ID.replace("aa", "bb")).unwrap();
    assert_eq!(again.name().unwrap().as_deref(), Some("new"));
    assert_eq!(read(&again, 0).as_deref(), Some("x"));
}

#[test]
fn a_facet_becomes_another_with_all_below_it() {
    let (_folder, data) = data();
    let files = data.object("w", "n", ID).unwrap();
    write(&files, 0, "root");
    let a = files.ensure_facet(0, "a").unwrap();
    files.ensure_facet(0, "other").unwrap();
    let inner = files.ensure_facet(a, "inner").unwrap();
    write(&files, a, "a");
    write(&files, inner, "inner");
    let copy = || {
        let draft = data.draft().unwrap();
        files
            .moment(a)
            .unwrap()
            .copy(&draft, CopiedAlarm::Kept)
            .unwrap();
        draft
    };
    let b = files.graft(copy(), 0, "b").unwrap();
    let below = files.children(b).unwrap();
    assert_eq!(below.len(), 1);
    assert_eq!(&*below[0].name, "inner");
    assert_eq!(read(&files, b).as_deref(), Some("a"));
    assert_eq!(read(&files, below[0].number).as_deref(), Some("inner"));
    assert_eq!(read(&files, a).as_deref(), Some("a"));
    write(&files, b, "mine");
    assert!(files.graft(copy(), 0, "b").is_err());
    assert_eq!(read(&files, b).as_deref(), Some("mine"));
    // a facet without data of its own is no obstacle
    assert!(files.graft(copy(), 0, "other").is_ok());
}
