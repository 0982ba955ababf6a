// Limits of SQL, large results, and what failures leave behind.

import { differs, outcome, outcomes, program } from "../suite.js";

const repeat = (text, count, between = ", ") => Array(count).fill(text).join(between);
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

const { worker, Place } = program({
  "length of the text": (t) => outcomes({
    "100,000": () => t.sql.exec(`SELECT 1 /*${"x".repeat(100_000 - 13)}*/`).toArray().length,
    "100,001": () => t.sql.exec(`SELECT 1 /*${"x".repeat(100_001 - 13)}*/`).toArray().length,
    "many statements": () => t.sql.exec(repeat("SELECT 1", 12_000, ";")).toArray().length,
  }),
  "columns": (t) => outcomes({
    "100 in a table": () => t.sql.exec(`CREATE TABLE a (${numbers(100).map((i) => `c${i}`)})`).toArray(),
    "101 in a table": () => t.sql.exec(`CREATE TABLE b (${numbers(101).map((i) => `c${i}`)})`).toArray(),
    "100 in a result": () => t.sql.exec(`SELECT ${repeat("1", 100)}`).raw().next().value.length,
    "101 in a result": () => t.sql.exec(`SELECT ${repeat("1", 101)}`).toArray(),
    "101 in an index": () => t.sql.exec(`CREATE INDEX i ON a (${repeat("c1", 101)})`),
    "101 to order by": () => t.sql.exec(`SELECT * FROM a ORDER BY ${repeat("c1", 101)}`),
    "101 to set": () => t.sql.exec(`UPDATE a SET ${repeat("c1 = 1", 101)}`),
  }),
  "parameters": (t) => outcomes({
    "100": () => t.sql.exec(`SELECT ${numbers(10).map(() => `(${repeat("?", 10, "+")})`).join("+")} AS v`, ...Array(100).fill(1)).one(),
    "101": () => t.sql.exec(`SELECT ${repeat("?", 101, ", ")}`, ...Array(101).fill(1)),
    "?100": () => t.sql.exec("SELECT ?100 AS v", ...Array(100).fill(2)).one(),
    "?101": () => t.sql.exec("SELECT ?101"),
    "?0": () => t.sql.exec("SELECT ?0"),
    "in a list": () => t.sql.exec(`SELECT 1 AS v WHERE 5 IN (${repeat("?", 100)})`, ...Array(100).fill(5)).toArray(),
  }),
  "depth of expressions": (t) => outcomes({
    "99": () => t.sql.exec(`SELECT ${repeat("1", 99, "+")} AS v`).one(),
    "101": () => t.sql.exec(`SELECT ${repeat("1", 102, "+")} AS v`).one(),
    "brackets": () => t.sql.exec(`SELECT ${"(".repeat(90)}1${")".repeat(90)} AS v`).one(),
    "NOT": () => t.sql.exec(`SELECT ${"NOT ".repeat(101)}1 AS v`).one(),
    "nested SELECTs": () => t.sql.exec(`${"SELECT * FROM (".repeat(40)}SELECT 1 AS v${")".repeat(40)}`).one(),
    "many nested SELECTs": () => t.sql.exec(`${"SELECT * FROM (".repeat(101)}SELECT 1 AS v${")".repeat(101)}`).one(),
  }),
  "compound SELECTs": (t) => outcomes({
    "5": () => t.sql.exec(repeat("SELECT 1 AS v", 5, " UNION ALL ")).toArray().length,
    "6": () => t.sql.exec(repeat("SELECT 1 AS v", 6, " UNION ALL ")).toArray().length,
    "1000 rows of VALUES": () => t.sql.exec(`VALUES ${repeat("(1)", 1000)}`).toArray().length,
    "1000 rows to insert": () => { t.sql.exec("CREATE TABLE v (x)"); return t.sql.exec(`INSERT INTO v VALUES ${repeat("(1)", 1000)}`).rowsWritten; },
  }),
  "arguments of functions": (t) => outcomes({
    "127": () => t.sql.exec(`SELECT max(${repeat("1", 127)}) AS v`).one(),
    "128": () => t.sql.exec(`SELECT max(${repeat("1", 128)}) AS v`).one(),
    "none": () => t.sql.exec("SELECT abs()"),
    "too many": () => t.sql.exec("SELECT abs(1, 2)"),
  }),
  "patterns": (t) => outcomes({
    "LIKE of 50": () => t.sql.exec("SELECT ? LIKE ? AS v", "x".repeat(50), "x".repeat(50)).one(),
    "LIKE of 51": () => t.sql.exec("SELECT ? LIKE ? AS v", "x".repeat(51), "x".repeat(51)).one(),
    "GLOB of 51": () => t.sql.exec("SELECT ? GLOB ? AS v", "x".repeat(51), "x".repeat(51)).one(),
    "LIKE with an escape": () => t.sql.exec("SELECT 'a%' LIKE 'a\\%' ESCAPE '\\' AS v").one(),
    "a long escape": () => t.sql.exec("SELECT 'a' LIKE 'a' ESCAPE 'xx' AS v").one(),
  }),
  "joins": (t) => {
    t.sql.exec("CREATE TABLE j (x); INSERT INTO j VALUES (1)");
    const join = (count) => `SELECT count(*) AS n FROM ${numbers(count).map((i) => `j AS j${i}`).join(", ")}`;
    return outcomes({ "64": () => t.sql.exec(join(64)).one(), "65": () => t.sql.exec(join(65)).one() });
  },
  "sizes of values": (t) => outcomes({
    "a blob of 2 MiB": () => t.sql.exec("SELECT length(?) AS n", new Uint8Array(2 << 20)).one(),
    "text of 4 MiB": () => t.sql.exec("SELECT length(?) AS n", "x".repeat(4 << 20)).one(),
    "a blob of 9 MiB": () => t.sql.exec("SELECT length(?) AS n", new Uint8Array(9 << 20)).one(),
    "text of 9 MiB": () => t.sql.exec("SELECT length(?) AS n", "x".repeat(9 << 20)).one(),
    "zeroblob": () => t.sql.exec("SELECT length(zeroblob(9000000)) AS n").one(),
    "replace": () => t.sql.exec("SELECT length(replace(hex(zeroblob(1000000)), '0', '0000000000')) AS n").one(),
    "group_concat": () => t.sql.exec("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT length(group_concat(hex(zeroblob(500000)))) AS n FROM n").one(),
    "a row": () => { t.sql.exec("CREATE TABLE r (a, b, c)"); t.sql.exec("INSERT INTO r VALUES (?, ?, ?)", new Uint8Array(3 << 20), new Uint8Array(3 << 20), new Uint8Array(3 << 20)); },
  }),
  "a wide printf": differs("that limit is fixed when SQLite is built, and the larger value is bounded by the limit of values", { gave: { n: 1000000 } },
    (t) => t.sql.exec("SELECT length(printf('%.*c', 1000000, 'x')) AS n").one()),
  "triggers that call themselves": (t) => {
    t.sql.exec("PRAGMA recursive_triggers = ON");
    t.sql.exec("CREATE TABLE r (x); CREATE TRIGGER tr AFTER INSERT ON r WHEN new.x < 100 BEGIN INSERT INTO r VALUES (new.x + 1); END");
    return outcomes({ few: () => t.sql.exec("INSERT INTO r VALUES (95)").rowsWritten > 0, many: () => t.sql.exec("INSERT INTO r VALUES (1)").rowsWritten, left: () => t.sql.exec("SELECT count(*) AS n FROM r").one() });
  },
  "a large result": (t) => {
    const many = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n";
    let sum = 0;
    for (const { i } of t.sql.exec(many)) sum += i;
    return [sum, t.sql.exec(many).toArray().length];
  },
  "a failed statement leaves the rest": (t) => {
    t.sql.exec("CREATE TABLE f (x UNIQUE)");
    const tried = outcomes({
      first: () => t.sql.exec("INSERT INTO f VALUES (1)").rowsWritten,
      conflict: () => t.sql.exec("INSERT INTO f VALUES (2), (1), (3)").rowsWritten,
    });
    return tried.then(async (seen) => [seen, await outcome(() => t.sql.exec("SELECT x FROM f ORDER BY x").raw().toArray())]);
  },
  "conflict clauses": (t) => {
    t.sql.exec("CREATE TABLE f (x UNIQUE, y NOT NULL DEFAULT 7); INSERT INTO f VALUES (1, 1)");
    return outcomes({
      fail: () => t.sql.exec("INSERT OR FAIL INTO f VALUES (2, 2), (1, 1), (3, 3)"),
      "after fail": () => t.sql.exec("SELECT x FROM f").raw().toArray(),
      abort: () => t.sql.exec("INSERT OR ABORT INTO f VALUES (5, 2), (1, 1)"),
      ignore: () => t.sql.exec("INSERT OR IGNORE INTO f VALUES (6, 6), (1, 9)").rowsWritten,
      "not null replaced": () => t.sql.exec("INSERT OR REPLACE INTO f VALUES (7, NULL) RETURNING y").raw().toArray(),
      raise: () => { t.sql.exec("CREATE TRIGGER no BEFORE DELETE ON f BEGIN SELECT raise(ABORT, 'not allowed'); END"); t.sql.exec("DELETE FROM f"); },
      left: () => t.sql.exec("SELECT * FROM f ORDER BY x").raw().toArray(),
    });
  },
  "the shape of errors": async (t) => {
    t.sql.exec("CREATE TABLE e (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK (c > 0), r REFERENCES e (id)) ");
    t.sql.exec("INSERT INTO e VALUES (1, 1, 1, 1, 1)");
    const tried = (sql) => outcome(() => t.sql.exec(sql));
    return {
      rowid: await tried("INSERT INTO e VALUES (1, 2, 1, 1, 1)"), unique: await tried("INSERT INTO e VALUES (2, 1, 1, 1, 1)"), null: await tried("INSERT INTO e VALUES (2, 2, NULL, 1, 1)"),
      check: await tried("INSERT INTO e VALUES (2, 2, 1, -1, 1)"), "foreign key": await tried("INSERT INTO e VALUES (2, 2, 1, 1, 77)"), mismatch: await tried("INSERT INTO e (id, n) VALUES ('x', 1)"),
      "delete referenced": await tried("DELETE FROM e"), "strict": await tried("CREATE TABLE s (x FOO) STRICT"), "strict value": await outcome(() => { t.sql.exec("CREATE TABLE s2 (x INTEGER) STRICT"); t.sql.exec("INSERT INTO s2 VALUES ('x')"); }),
    };
  },
  "times and numbers": (t) => outcomes({
    "big integers": () => t.sql.exec("SELECT 9007199254740993 AS a, 9223372036854775807 AS b, -9223372036854775808 AS c").one(),
    "overflow": () => t.sql.exec("SELECT 9223372036854775807 + 1 AS v").one(),
    "division by zero": () => t.sql.exec("SELECT 1 / 0 AS a, 1 % 0 AS b, 1.0 / 0 AS c").one(),
    "infinity": () => t.sql.exec("SELECT 9e999 AS a, -9e999 AS b").one(),
    "dates": () => t.sql.exec("SELECT date(0, 'unixepoch') AS a, strftime('%Y-%m-%d %H:%M:%f', 1.5, 'unixepoch') AS b, unixepoch('2026-01-01') AS c").one(),
  }),
});

export default worker;
export { Place, Place as Subject, Place as Plain };
