// The cursor that `exec` returns.

import { Actor, differs, outcomes, program } from "../suite.js";

const three = "SELECT column1 AS n, column2 AS s FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c'))";

const { worker, Place } = program({
  "toArray": (t) => t.sql.exec(three).toArray(),
  "toArray again is empty": (t) => {
    const cursor = t.sql.exec(three);
    return [cursor.toArray().length, cursor.toArray()];
  },
  "for of": (t) => {
    const seen = [];
    for (const row of t.sql.exec(three)) seen.push(row);
    return seen;
  },
  "spread": (t) => [...t.sql.exec(three)],
  "next": (t) => {
    const cursor = t.sql.exec(three);
    return [cursor.next(), cursor.next(), cursor.next(), cursor.next(), cursor.next(), Object.keys(cursor.next())];
  },
  "next, then toArray": (t) => {
    const cursor = t.sql.exec(three);
    return [cursor.next(), cursor.toArray()];
  },
  "raw": (t) => [...t.sql.exec(three).raw()],
  "raw toArray": (t) => t.sql.exec(three).raw().toArray(),
  "raw next": (t) => {
    const raw = t.sql.exec(three).raw();
    return [raw.next(), raw.next(), raw.next(), raw.next(), Object.keys(raw.next())];
  },
  "raw shares its position with the cursor": (t) => {
    const cursor = t.sql.exec(three);
    const raw = cursor.raw();
    return [raw.next(), cursor.next(), raw.next(), cursor.next()];
  },
  "iterator next": (t) => {
    const rows = t.sql.exec(three)[Symbol.iterator]();
    return [rows.next(), rows.next(), rows.next(), rows.next(), Object.keys(rows.next())];
  },
  "iterator helpers": (t) => [
    t.sql.exec(three)[Symbol.iterator]().map((row) => row.n * 2).toArray(),
    t.sql.exec(three).raw().filter((row) => row[0] > 1).toArray(),
    t.sql.exec(three).raw().take(1).toArray(),
  ],
  "breaking out of a loop": (t) => {
    const cursor = t.sql.exec(three);
    for (const row of cursor) if (row.n === 1) break;
    return cursor.toArray();
  },
  "one": (t) => t.sql.exec("SELECT 1 AS v").one(),
  "one of none": (t) => t.sql.exec("SELECT 1 AS v WHERE 0").one(),
  "one of many": (t) => t.sql.exec(three).one(),
  "one after next": (t) => {
    const cursor = t.sql.exec("SELECT 1 AS v");
    cursor.next();
    return cursor.one();
  },
  "columnNames": (t) => {
    const cursor = t.sql.exec(three);
    const before = cursor.columnNames;
    cursor.toArray();
    return [before, cursor.columnNames];
  },
  "columnNames of statements without rows": (t) => [
    t.sql.exec("CREATE TABLE a (x)").columnNames,
    t.sql.exec("INSERT INTO a VALUES (1)").columnNames,
    t.sql.exec("SELECT * FROM a WHERE 0").columnNames,
  ],
  "names that come twice": (t) => {
    const query = "SELECT 1 AS a, 2 AS b, 3 AS a";
    return [t.sql.exec(query).one(), t.sql.exec(query).columnNames, t.sql.exec(query).raw().toArray()];
  },
  "names of expressions": (t) => t.sql.exec("SELECT 1+1, count(*), 'x' , max(3, 4) AS m").one(),
  "a row is a plain object": (t) => {
    const row = t.sql.exec("SELECT 1 AS a").one();
    return [Object.getPrototypeOf(row) === Object.prototype, JSON.stringify(row), Object.keys(row)];
  },
  "a column called __proto__": differs("the column is not lost", { gave: [["__proto__", "constructor"], '{"__proto__":1,"constructor":2}'] }, (t) => {
    const row = t.sql.exec("SELECT 1 AS __proto__, 2 AS constructor").one();
    return [Object.keys(row), JSON.stringify(row)];
  }),
  "numeric names come first": (t) => Object.keys(t.sql.exec("SELECT 1 AS b, 2 AS '2', 3 AS '1'").one()),
  "shape of the cursor": (t) => {
    const cursor = t.sql.exec("SELECT 1");
    return {
      tag: Object.prototype.toString.call(cursor),
      name: cursor.constructor.name,
      own: Object.getOwnPropertyNames(cursor),
      members: Object.getOwnPropertyNames(Object.getPrototypeOf(cursor)).sort(),
      isCursor: cursor instanceof t.sql.Cursor,
    };
  },
  "shape of sql": (t) => ({
    tag: Object.prototype.toString.call(t.sql),
    same: t.storage.sql === t.sql,
    members: Object.getOwnPropertyNames(Object.getPrototypeOf(t.sql)).sort(),
    size: typeof t.sql.databaseSize,
    cursor: typeof t.sql.Cursor,
    statement: typeof t.sql.Statement,
  }),
  "constructors refuse": (t) => outcomes({
    cursor: () => new t.sql.Cursor(),
    statement: () => new t.sql.Statement(),
    sql: () => new t.sql.constructor(),
  }),
  "several cursors of one query": (t) => {
    const [a, b] = [t.sql.exec(three), t.sql.exec(three)];
    return [a.next(), a.next(), b.next(), a.next(), b.next(), b.next(), a.next(), b.next()];
  },
  "a cursor survives an await": async (t) => {
    const cursor = t.sql.exec(three);
    const first = cursor.next();
    await scheduler.wait(1);
    return [first, cursor.toArray()];
  },
  "rows written and read": (t) => {
    const counts = [];
    const run = (query, ...bindings) => {
      const cursor = t.sql.exec(query, ...bindings);
      cursor.toArray();
      counts.push([query, cursor.rowsRead, cursor.rowsWritten]);
    };
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)");
    t.sql.exec("CREATE INDEX by_a ON t (a)");
    run("INSERT INTO t (a, b) VALUES ('x', 'y'), ('z', 'w')");
    run("SELECT * FROM t");
    run("SELECT count(*) FROM t");
    run("SELECT * FROM t WHERE a = 'x'");
    run("SELECT * FROM t WHERE id = 1");
    run("SELECT * FROM t WHERE b = 'w'");
    run("SELECT max(a) FROM t");
    run("SELECT * FROM t ORDER BY b");
    run("UPDATE t SET a = a || '!'");
    run("UPDATE t SET b = 'q' WHERE id = 2");
    run("INSERT INTO t (a, b) SELECT a, b FROM t");
    run("DELETE FROM t WHERE id = 1");
    run("DELETE FROM t");
    run("SELECT 1");
    return counts;
  },
  "rows read grow as the cursor moves": differs("rows come in batches, and so do their costs; the sum is the same", { gave: [3, 3, 3, 3, 3] }, (t) => {
    t.sql.exec("CREATE TABLE t (n)");
    t.sql.exec("INSERT INTO t VALUES (1), (2), (3)");
    const cursor = t.sql.exec("SELECT n FROM t");
    const counts = [cursor.rowsRead];
    for (let i = 0; i < 4; i++) {
      cursor.next();
      counts.push(cursor.rowsRead);
    }
    return counts;
  }),
  "RETURNING": (t) => {
    t.sql.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n)");
    return [
      t.sql.exec("INSERT INTO t (n) VALUES ('a'), ('b') RETURNING id, n").toArray(),
      t.sql.exec("UPDATE t SET n = n || '!' RETURNING *").toArray(),
      t.sql.exec("DELETE FROM t WHERE id = 1 RETURNING id").one(),
    ];
  },
  "several statements, the last one's rows": (t) =>
    t.sql.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2); SELECT sum(n) AS s FROM t").one(),
  "a large result": (t) => {
    const query = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n, 'row ' || n AS s FROM c";
    const rows = t.sql.exec(query).toArray();
    return [rows.length, rows[0], rows[4999], t.sql.exec(query).raw().toArray().length];
  },
  "a large table": (t) => {
    t.sql.exec("CREATE TABLE t (n)");
    t.sql.exec("INSERT INTO t SELECT value FROM (WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < 4000) SELECT value FROM c)");
    const cursor = t.sql.exec("SELECT n FROM t ORDER BY rowid");
    const rows = cursor.toArray();
    return [rows.length, rows.every((row, i) => row.n === i + 1), cursor.rowsRead];
  },
  "writing while reading": (t) => {
    t.sql.exec("CREATE TABLE t (n)");
    t.sql.exec("INSERT INTO t VALUES (1), (2), (3)");
    const sums = [];
    for (const { n } of t.sql.exec("SELECT n FROM t ORDER BY n")) {
      t.sql.exec("UPDATE t SET n = n + 10 WHERE n = ?", n);
      sums.push(n);
    }
    return [sums, t.sql.exec("SELECT sum(n) AS s FROM t").one()];
  },
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
