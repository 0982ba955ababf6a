//! The alarm of an object or facet. It lies in the object's own database, so it is written,
//! rolled back, copied away and removed with the object's data.

use super::{database::Database, error::StorageError};

/// Where `_cf_METADATA` holds the alarm, as in the reference.
const ALARM_KEY: i64 = 1;
/// The reference stores nanoseconds.
const NS_PER_MS: i64 = 1_000_000;

impl Database {
    /// When the alarm is due, milliseconds since the epoch. Creates no file.
    pub fn alarm(&mut self) -> Result<Option<u64>, StorageError> {
        let stored = self.metadata_get(ALARM_KEY)?;
        Ok(stored.map(|ns| u64::try_from(ns / NS_PER_MS).unwrap_or(0)))
    }

    /// Sets the alarm as part of the turn; `None` removes it. Later than the year 2262 is as late.
    pub fn set_alarm(&mut self, at_ms: Option<u64>) -> Result<(), StorageError> {
        let ns = |ms: u64| i64::try_from(ms).map_or(i64::MAX, |ms| ms.saturating_mul(NS_PER_MS));
        self.alarm_touched = true;
        self.metadata_put(ALARM_KEY, at_ms.map(ns))
    }

    /// What this turn will leave of the alarm when it commits now: `None` when it did not touch
    /// it, or cannot commit yet because a savepoint is open.
    pub fn changed_alarm(&mut self) -> Result<Option<Option<u64>>, StorageError> {
        if !self.alarm_touched || self.savepoint_depth() > 0 {
            return Ok(None);
        }
        Ok(Some(self.alarm()?))
    }
}

#[cfg(test)]
mod tests {
    use crate::storage::{Database, Options};

    const AT: u64 = 1_795_560_108_900;

    #[test]
    fn an_alarm_is_part_of_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::new(folder.path().join("a.sqlite"), Options::default());
        assert_eq!(database.alarm(), Ok(None));
        assert_eq!(database.changed_alarm(), Ok(None));
        assert!(!database.path().exists());

        database.set_alarm(Some(AT)).unwrap();
        assert_eq!(database.changed_alarm(), Ok(Some(Some(AT))));
        let usage = database.commit_turn().unwrap().usage;
        assert_eq!(usage.rows_written, 1);
        assert_eq!(database.changed_alarm(), Ok(None));

        database.set_alarm(Some(AT + 1)).unwrap();
        database.rollback_turn().unwrap();
        assert_eq!(database.changed_alarm(), Ok(None));
        assert_eq!(database.alarm(), Ok(Some(AT)));

        database.savepoint().unwrap();
        database.set_alarm(None).unwrap();
        assert_eq!(database.changed_alarm(), Ok(None), "a savepoint is open");
        database.rollback_to(1).unwrap();
        assert_eq!(database.changed_alarm(), Ok(Some(Some(AT))));
    }

    #[test]
    fn the_file_holds_nanoseconds() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::new(folder.path().join("a.sqlite"), Options::default());
        database.set_alarm(Some(AT)).unwrap();
        assert_eq!(database.metadata_get(1), Ok(Some(AT as i64 * 1_000_000)));
        database.set_alarm(Some(u64::MAX)).unwrap();
        assert_eq!(database.alarm(), Ok(Some(i64::MAX as u64 / 1_000_000)));
    }

    #[test]
    fn removing_everything_may_spare_the_alarm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let mut database = Database::new(&path, Options::default());
        database.kv_put(b"a", b"1").unwrap();
        database.set_alarm(Some(AT)).unwrap();
        database.commit_turn().unwrap();
        database.delete_all_but_alarm().unwrap();
        assert_eq!(database.kv_get(b"a"), Ok(None));
        assert_eq!(database.alarm(), Ok(Some(AT)));
        drop(database);

        let mut database = Database::new(&path, Options::default());
        assert_eq!(database.alarm(), Ok(Some(AT)), "it is on disk already");
        database.delete_all().unwrap();
        assert_eq!(database.changed_alarm(), Ok(Some(None)));
        assert!(!path.exists());
        database.commit_turn().unwrap();
        database.delete_all_but_alarm().unwrap();
        assert!(!path.exists(), "nothing is to be kept");
    }
}
