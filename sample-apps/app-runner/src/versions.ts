/** One saved state of an app's source. */
export interface Version {
  /** Never used twice, so a loaded worker can be known by it. */
  id: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  note: string;
}

/** Older ones are dropped when a new one is saved. */
const VERSIONS_KEPT = 50;

/** The source of one app with its history, newest first. An app that was never saved has no table either. */
export class Versions {
  #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Id of the version that runs; undefined if there is no such app. */
  get currentId(): string | undefined {
    return this.#storage.kv.get("current") as string | undefined;
  }

  source(id: string): string | undefined {
    const [row] = this.#storage.sql.exec("SELECT source FROM versions WHERE id = ?", id).toArray();
    return row?.source as string | undefined;
  }

  list(): Version[] {
    const rows = this.#storage.sql.exec("SELECT id, created_at, note FROM versions ORDER BY number DESC").toArray();
    return rows.map((row) => ({ id: row.id as string, createdAt: row.created_at as number, note: row.note as string }));
  }

  /** Makes `source` the current version and returns its id. Source that is current already stays the version it is. */
  save(source: string, note: string): string {
    return this.#storage.transactionSync(() => {
      const current = this.currentId;
      if (current !== undefined && this.source(current) === source) return current;

      const id = crypto.randomUUID();
      const sql = this.#storage.sql;
      sql.exec(`CREATE TABLE IF NOT EXISTS versions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        note TEXT NOT NULL
      )`);
      sql.exec("INSERT INTO versions (id, source, created_at, note) VALUES (?, ?, ?, ?)", id, source, Date.now(), note);
      sql.exec("DELETE FROM versions WHERE number <= (SELECT max(number) FROM versions) - ?", VERSIONS_KEPT);
      this.#storage.kv.put("current", id);
      return id;
    });
  }
}
