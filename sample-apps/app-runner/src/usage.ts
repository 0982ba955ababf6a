/** What was counted for one app. */
export interface Counters {
  /** Requests that reached the app. */
  total: number;
  /** Of these, since midnight UTC. */
  today: number;
  /** Requests that the app answered with an exception or a status of 500 and above. */
  errors: number;
  /** Requests turned away: the app was disabled, or its minute was full. */
  refused: number;
  /** Milliseconds since 1970; null before the first request. */
  lastRequestAt: number | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The counters of one app: one row, one write per request. */
export class Usage {
  #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Makes the counters ready. Does nothing if they are. */
  prepare(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS usage (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      total INTEGER NOT NULL DEFAULT 0,
      errors INTEGER NOT NULL DEFAULT 0,
      refused INTEGER NOT NULL DEFAULT 0,
      day INTEGER NOT NULL DEFAULT 0,
      in_day INTEGER NOT NULL DEFAULT 0,
      minute INTEGER NOT NULL DEFAULT 0,
      in_minute INTEGER NOT NULL DEFAULT 0,
      last_request_at INTEGER
    )`);
    this.#sql.exec("INSERT OR IGNORE INTO usage (id) VALUES (1)");
  }

  /** Counts one request, unless `perMinute` requests were counted in this minute already: then false. */
  admit(now: number, perMinute: number): boolean {
    const minute = Math.floor(now / MINUTE_MS);
    const day = Math.floor(now / DAY_MS);
    const admitted = this.#sql.exec(
      `UPDATE usage SET
         total = total + 1,
         in_day = CASE WHEN day = ?1 THEN in_day + 1 ELSE 1 END, day = ?1,
         in_minute = CASE WHEN minute = ?2 THEN in_minute + 1 ELSE 1 END, minute = ?2,
         last_request_at = ?3
       WHERE minute <> ?2 OR in_minute < ?4
       RETURNING total`,
      day,
      minute,
      now,
      perMinute,
    );
    return admitted.toArray().length === 1;
  }

  countError(): void {
    this.#sql.exec("UPDATE usage SET errors = errors + 1");
  }

  countRefusal(): void {
    this.#sql.exec("UPDATE usage SET refused = refused + 1");
  }

  read(now: number): Counters {
    const row = this.#sql.exec("SELECT * FROM usage").one();
    return {
      total: row.total as number,
      today: row.day === Math.floor(now / DAY_MS) ? (row.in_day as number) : 0,
      errors: row.errors as number,
      refused: row.refused as number,
      lastRequestAt: row.last_request_at as number | null,
    };
  }
}

/** Seconds until the minute of `now` is over, at least 1. */
export function secondsToNextMinute(now: number): number {
  return Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000);
}
