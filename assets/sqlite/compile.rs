//! Compiles SQLite, taught to count the rows that a statement reads and writes.
//!
//! The reference bills by counters that it patches into SQLite's virtual machine; nothing that
//! SQLite shows by itself tells them (an index seek inside a join that finds nothing is free,
//! one that finds something is not). So the same places count here. The source lies in the crate
//! `libsqlite3-sys`, which Cargo.lock pins; rusqlite's feature `in_gecko` makes that crate leave
//! compiling it to us.

use super::{Result, crate_folder, with_changes, write_if_changed};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What SQLite is built with: the reference's features and no others (STAT4, for one, writes
/// more rows in an ANALYZE), checks of arguments, and no memory that one small database for each
/// object does without:
/// - no MEMSTATUS, no MEMORY_MANAGEMENT: they put all databases' memory behind one global lock;
/// - small LOOKASIDE and no PCACHE_INITSZ: the defaults cost some 200 KB for each open database.
const OPTIONS: &[(&str, &str)] = &[
    ("SQLITE_CORE", "1"),
    ("SQLITE_DEFAULT_FOREIGN_KEYS", "1"),
    ("SQLITE_DEFAULT_LOOKASIDE", "256,32"),
    ("SQLITE_DEFAULT_MEMSTATUS", "0"),
    ("SQLITE_DEFAULT_PCACHE_INITSZ", "0"),
    ("SQLITE_ENABLE_API_ARMOR", "1"),
    ("SQLITE_ENABLE_FTS5", "1"),
    ("SQLITE_ENABLE_MATH_FUNCTIONS", "1"),
    ("SQLITE_ENABLE_RTREE", "1"),
    ("SQLITE_THREADSAFE", "1"),
];

/// Where a row is read or written: a place in the source, and the same with its count.
const COUNTED: &[(&str, &str)] = &[
    // two counters more, in `sqlite3_stmt_status` under the first numbers that are free
    (
        "  u32 aCounter[9];        /* Counters used by sqlite3_stmt_status() */\n",
        "#define LAP_READ(p, n) ((p)->aCounter[9] += (u32)(n))\n\
         #define LAP_WRITTEN(p, n) ((p)->aCounter[10] += (u32)(n))\n\
         \x20 u32 aCounter[11];\n",
    ),
    // count(*) of a whole table
    (
        "    rc = sqlite3BtreeCount(db, pCrsr, &nEntry);\n",
        "    rc = sqlite3BtreeCount(db, pCrsr, &nEntry);\n    LAP_READ(p, nEntry);\n",
    ),
    // a seek, unless it wanted just one key, which is not there
    (
        "      assert( res!=0 );\n      goto seek_not_found;\n    }\n  }\n",
        "      assert( res!=0 );\n      goto seek_not_found;\n    }\n  }\n  LAP_READ(p, 1);\n",
    ),
    // a look at one rowid
    (
        "  pC->seekResult = res;\n",
        "  pC->seekResult = res;\n  LAP_READ(p, 1);\n",
    ),
    // an insert into a table
    (
        "  assert( (pOp->p5 & OPFLAG_LASTROWID)==0 || (pOp->p5 & OPFLAG_NCHANGE)!=0 );\n",
        "  if( !pC->isEphemeral ) LAP_WRITTEN(p, 1);\n",
    ),
    // a row deleted
    (
        "  if( opflags & OPFLAG_NCHANGE ){\n",
        "  if( opflags & OPFLAG_NCHANGE ){\n    if( !pC->isEphemeral ) LAP_WRITTEN(p, 1);\n",
    ),
    // to a table's last entry
    (
        "  rc = sqlite3BtreeLast(pCrsr, &res);\n  pC->nullRow = (u8)res;\n",
        "  rc = sqlite3BtreeLast(pCrsr, &res);\n  if( rc==SQLITE_OK ) LAP_READ(p, 1);\n  pC->nullRow = (u8)res;\n",
    ),
    // to its first, or a sorter's
    (
        "  if( rc ) goto abort_due_to_error;\n  pC->nullRow = (u8)res;\n",
        "  if( rc ) goto abort_due_to_error;\n  LAP_READ(p, 1);\n  pC->nullRow = (u8)res;\n",
    ),
    // one step on or back
    (
        "    p->aCounter[pOp->p5]++;\n",
        "    p->aCounter[pOp->p5]++;\n    LAP_READ(p, 1);\n",
    ),
    // an insert into an index, or a table WITHOUT ROWID
    (
        "  assert( (pIn2->flags & MEM_Blob) || (pOp->p5 & OPFLAG_PREFORMAT) );\n",
        "  if( !pC->isEphemeral ) LAP_WRITTEN(p, 1);\n",
    ),
    // a whole table emptied
    (
        "    p->nChange += nChange;\n",
        "    p->nChange += nChange;\n    LAP_WRITTEN(p, nChange);\n",
    ),
    // a virtual table: one step, one change
    (
        "  res = pModule->xEof(pCur->uc.pVCur);\n  VdbeBranchTaken(!res,2);\n  if( !res ){\n",
        "  LAP_READ(p, 1);\n  res = pModule->xEof(pCur->uc.pVCur);\n  VdbeBranchTaken(!res,2);\n  if( !res ){\n",
    ),
    (
        "    }else{\n      p->nChange++;\n    }\n    if( rc ) goto abort_due_to_error;\n",
        "    }else{\n      LAP_WRITTEN(p, 1);\n      p->nChange++;\n    }\n    if( rc ) goto abort_due_to_error;\n",
    ),
];

/// Compiles it, unless an earlier build did, and has every target link it.
pub fn build(metadata: &serde_json::Value, out: &Path) -> Result<()> {
    let folder = crate_folder(metadata, "libsqlite3-sys", "SQLite")?.join("sqlite3");
    let library = library(out);
    let mut source = String::new();
    for (name, value) in OPTIONS {
        source += &format!("#define {name} {value}\n");
    }
    source += "#ifndef _WIN32\n#define HAVE_USLEEP 1\n#define HAVE_LOCALTIME_R 1\n#endif\n#define HAVE_ISNAN 1\n";
    let original = fs::read_to_string(folder.join("sqlite3.c"))?;
    source += &with_changes("sqlite3.c", &original, COUNTED)?;
    let changed = write_if_changed(&out.join("sqlite3.c"), &source)?;
    if changed || !library.is_file() {
        // a half-written library must not pass for a whole one
        let _ = fs::remove_file(&library);
        cc::Build::new()
            .file(out.join("sqlite3.c"))
            .warnings(false)
            .cargo_metadata(false)
            .try_compile(NAME)?;
    }
    // not `rustc-link-lib`, which would put it before the crates that need it
    println!("cargo:rustc-link-arg={}", library.display());
    Ok(())
}

const NAME: &str = "lapidary_sqlite3";

fn library(out: &Path) -> PathBuf {
    out.join(format!("lib{NAME}.a"))
}
