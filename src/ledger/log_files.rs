//! Log lines on disk: files of JSON lines within a set size. A thread of their own follows the
//! records in memory, so that whoever logs never waits for a disk.
//!
//! ```text
//! DATA/.ledger/logs/<12 digits>.jsonl    the higher the number, the newer
//! ```

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    Level, Logs, Record,
    file::{FOLDER, LedgerError},
    logs::id_text,
};

/// The folder within the ledger's.
const LOGS: &str = "logs";
/// How often the records in memory are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Records that are taken at once.
const AT_ONCE: u64 = 10_000;
/// Parts that the size is divided into: one file each.
const FILES: u64 = 16;

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// Bytes of all files.
    total: u64,
    /// Bytes of one file.
    file: u64,
}

impl LogSettings {
    /// Files that together take at most so many bytes.
    pub fn of(total: u64) -> Self {
        let file = (total / FILES).max(1);
        Self { total, file }
    }
}

/// All log files of a data folder.
pub struct LogFiles {
    folder: PathBuf,
    settings: LogSettings,
    open: Mutex<Open>,
}

/// The newest file, and the sizes of all.
struct Open {
    /// Number and size of each file, the newest last.
    files: Vec<(u64, u64)>,
    newest: Option<BufWriter<File>>,
}

impl LogFiles {
    /// The log files in a data folder.
    pub fn open(data: &Path, settings: &LogSettings) -> Result<Self, LedgerError> {
        let folder = data.join(FOLDER).join(LOGS);
        fs::create_dir_all(&folder).map_err(|cause| failed("create", &folder, cause))?;
        let files = list(&folder)?;
        Ok(Self {
            folder,
            settings: *settings,
            open: Mutex::new(Open {
                files,
                newest: None,
            }),
        })
    }

    /// Writes what is logged until `stops_within` says so, which waits meanwhile; then the rest.
    pub fn follow(&self, logs: &Logs, stops_within: impl Fn(Duration) -> bool) {
        let mut next = logs.bounds().0;
        let mut failing = false;
        loop {
            let stops = stops_within(LOOK);
            let end = logs.bounds().1;
            while next < end {
                let (first, ..) = logs.bounds();
                let to = end.min(first.max(next) + AT_ONCE);
                let records = logs.range(next..to);
                let lost = records.first().map_or(0, |record| record.seq - next);
                let wrote = self.write(&records, lost);
                if let (Err(error), false) = (&wrote, failing) {
                    tracing::error!("log lines are kept in memory only: {error}");
                }
                failing = wrote.is_err();
                next = to;
            }
            if stops {
                return;
            }
        }
    }

    /// Adds records; `lost` ones before them came faster than they could be written.
    pub(super) fn write(
        &self,
        records: &[std::sync::Arc<Record>],
        lost: u64,
    ) -> Result<(), LedgerError> {
        let mut open = self.open.lock();
        if lost > 0 {
            let at_ms = records.first().map_or(0, |record| record.at_ms);
            let text = format!("{lost} log lines came too fast to be kept on disk");
            self.add(&mut open, &host_line(at_ms, &text))?;
        }
        for record in records {
            self.add(&mut open, &line(record))?;
        }
        let number = open.files.last().map_or(0, |(number, _)| *number);
        match &mut open.newest {
            Some(newest) => newest
                .flush()
                .map_err(|cause| failed("write", &self.file(number), cause)),
            None => Ok(()),
        }
    }

    fn add(&self, open: &mut Open, line: &Value) -> Result<(), LedgerError> {
        let text = format!("{line}\n");
        let bytes = text.len() as u64;
        let full = |(_, size): &(u64, u64)| size + bytes > self.settings.file && *size > 0;
        if open.newest.is_none() || open.files.last().is_some_and(full) {
            self.next_file(open, bytes)?;
        }
        self.drop_oldest(open, bytes)?;
        let (Some(newest), Some((number, size))) = (&mut open.newest, open.files.last_mut()) else {
            return Ok(());
        };
        newest
            .write_all(text.as_bytes())
            .map_err(|cause| failed("write", &self.file(*number), cause))?;
        *size += bytes;
        Ok(())
    }

    /// Goes on with the newest file if there is room in it, or else with a new one.
    fn next_file(&self, open: &mut Open, bytes: u64) -> Result<(), LedgerError> {
        if let Some(mut newest) = open.newest.take() {
            let number = open.files.last().map_or(0, |(number, _)| *number);
            newest
                .flush()
                .map_err(|cause| failed("write", &self.file(number), cause))?;
        }
        match open.files.last() {
            Some((_, size)) if size + bytes <= self.settings.file => {}
            last => {
                let number = last.map_or(1, |(number, _)| number + 1);
                open.files.push((number, 0));
            }
        }
        let Some((number, size)) = open.files.last_mut() else {
            return Ok(());
        };
        let path = self.file(*number);
        let file = open_to_append(&path).map_err(|cause| failed("open", &path, cause))?;
        *size = file.metadata().map_or(*size, |it| it.len());
        open.newest = Some(BufWriter::new(file));
        Ok(())
    }

    /// Makes room for so many bytes more.
    fn drop_oldest(&self, open: &mut Open, bytes: u64) -> Result<(), LedgerError> {
        let size = |files: &[(u64, u64)]| files.iter().map(|(_, size)| size).sum::<u64>();
        while open.files.len() > 1 && size(&open.files) + bytes > self.settings.total {
            let path = self.file(open.files[0].0);
            match fs::remove_file(&path) {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                    return Err(failed("remove", &path, cause));
                }
                _ => open.files.remove(0),
            };
        }
        Ok(())
    }

    /// The files, the newest first.
    pub(super) fn newest_first(&self) -> Vec<PathBuf> {
        let open = self.open.lock();
        let numbers = open.files.iter().rev();
        numbers.map(|(number, _)| self.file(*number)).collect()
    }

    fn file(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:012}.jsonl"))
    }
}

pub(super) fn failed(action: &'static str, path: &Path, cause: std::io::Error) -> LedgerError {
    LedgerError::File {
        action,
        path: path.to_path_buf(),
        cause,
    }
}

fn list(folder: &Path) -> Result<Vec<(u64, u64)>, LedgerError> {
    let failed = |cause| failed("list", folder, cause);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
            files.push((number, entry.metadata().map_err(failed)?.len()));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A crash may have left part of a line: what follows must not become part of it.
fn open_to_append(path: &Path) -> std::io::Result<File> {
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .open(path)?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

fn line(record: &Record) -> Value {
    let mut line = json!({
        "at_ms": record.at_ms,
        "level": record.level.name(),
        "node": &*record.source.node,
        "label": &*record.source.label,
        "text": &*record.text,
    });
    if record.host {
        line["host"] = true.into();
    }
    if let Some(request) = record.request {
        line["request"] = id_text(request).into();
    }
    line
}

fn host_line(at_ms: u64, text: &str) -> Value {
    json!({
        "at_ms": at_ms,
        "level": Level::Warn.name(),
        "node": "lapidary",
        "label": "lapidary",
        "text": text,
        "host": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Source, log_search::LogFilter};

    fn logs(lines: std::ops::Range<usize>) -> Logs {
        let logs = Logs::new(100_000, 64 << 20, false);
        let source = Source {
            node: "w/C/1".into(),
            label: "C".into(),
        };
        for line in lines {
            logs.write(&source, Level::Info, false, &format!("line {line}"));
        }
        logs
    }

    fn texts(files: &LogFiles, limit: usize) -> Vec<String> {
        let filter = LogFilter {
            limit,
            ..LogFilter::default()
        };
        let found = files.search(&filter).unwrap();
        found.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn files_stay_within_their_size_and_keep_the_newest() {
        let data = tempfile::tempdir().unwrap();
        let settings = LogSettings::of(16_000);
        for start in [0, 1000] {
            let files = LogFiles::open(data.path(), &settings).unwrap();
            files.follow(&logs(start..start + 1000), |_| true);
            let folder = data.path().join(FOLDER).join(LOGS);
            let sizes: Vec<u64> = list(&folder).unwrap().iter().map(|it| it.1).collect();
            assert!(
                sizes.len() > 10 && sizes.iter().all(|size| *size <= 1000),
                "{sizes:?}"
            );
            assert!(sizes.iter().sum::<u64>() <= 16_000);
            assert_eq!(
                files
                    .open
                    .lock()
                    .files
                    .iter()
                    .map(|it| it.1)
                    .collect::<Vec<_>>(),
                sizes
            );
            let kept = texts(&files, 10_000);
            assert_eq!(kept[0], format!("line {}", start + 999));
            assert!(kept.len() > 100, "{}", kept.len());
        }
    }

    #[test]
    fn a_torn_line_costs_only_itself() {
        let data = tempfile::tempdir().unwrap();
        let settings = LogSettings::of(1 << 20);
        let files = LogFiles::open(data.path(), &settings).unwrap();
        files.follow(&logs(0..3), |_| true);
        let path = files.newest_first().remove(0);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();
        let files = LogFiles::open(data.path(), &settings).unwrap();
        files.follow(&logs(3..5), |_| true);
        assert_eq!(texts(&files, 9), ["line 4", "line 3", "line 1", "line 0"]);
        assert_eq!(files.newest_first().len(), 1);
    }

    #[test]
    fn lines_that_came_too_fast_are_counted() {
        let data = tempfile::tempdir().unwrap();
        let files = LogFiles::open(data.path(), &LogSettings::of(1 << 20)).unwrap();
        let few = Logs::new(2, 1000, false);
        let source = Source {
            node: "w".into(),
            label: "w".into(),
        };
        let wrote = std::cell::Cell::new(false);
        files.follow(&few, |_| {
            for line in 0..5 {
                few.write(&source, Level::Info, false, &line.to_string());
            }
            wrote.replace(true)
        });
        let texts = texts(&files, 99);
        assert_eq!(texts[..2], ["4", "3"]);
        assert!(
            texts[2].starts_with("3 log lines came too fast"),
            "{texts:?}"
        );
    }
}
