// What statements cost: `rowsRead` and `rowsWritten` of every shape that apps use.

import { differs, program } from "../suite.js";

/** Tables that all cases share: `t` with an index and ten rows, `u` with eight, others by need. */
const SETUP = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c);
  CREATE INDEX t_a ON t (a);
  CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id), v);
  CREATE INDEX u_t ON u (t_id);
  CREATE TABLE plain (x, y);
  CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
  CREATE TABLE uniq (k TEXT PRIMARY KEY, v);
  INSERT INTO t SELECT value, value % 3, 'b' || value, value * 1.5 FROM json_each('[1,2,3,4,5,6,7,8,9,10]');
  INSERT INTO u SELECT value, value % 4 + 1, value FROM json_each('[1,2,3,4,5,6,7,8]');
  INSERT INTO plain VALUES (1, 10), (2, 20), (3, 30);
  INSERT INTO w VALUES ('a', 1), ('b', 2), ('c', 3);
  INSERT INTO uniq VALUES ('a', 1), ('b', 2), ('c', 3);
`;

/** Rows, rows read and rows written of each statement in turn, of those that `shown` names. */
const run = (statements, shown) => (t) => {
  t.sql.exec(SETUP);
  const all = {};
  for (const statement of statements) {
    const [sql, ...params] = [statement].flat();
    const cursor = t.sql.exec(sql, ...params);
    const rows = cursor.toArray().length;
    if (shown(sql)) all[sql] = [rows, cursor.rowsRead, cursor.rowsWritten];
  }
  return all;
};

const WHY = "an estimate: SQLite without the reference's patches counts no seeks";

/** Two cases: statements whose cost agrees, and those whose cost is `estimated`. */
const costs = (name, statements, estimated = {}) => {
  const exact = [name, run(statements, (sql) => !(sql in estimated))];
  if (Object.keys(estimated).length === 0) return [exact];
  return [exact, [`${name}, estimated`, differs(WHY, { gave: estimated }, run(statements, (sql) => sql in estimated))]];
};

const { worker, Place } = program(Object.fromEntries([
  costs("no table", ["SELECT 1", "SELECT 1 WHERE 0", "VALUES (1), (2), (3)", "SELECT 1 UNION SELECT 2", "SELECT 1 UNION ALL SELECT 2", "SELECT (SELECT 1), EXISTS (SELECT 2)"]),
  costs("scans", ["SELECT * FROM t", "SELECT * FROM plain", "SELECT * FROM t WHERE c > 3", "SELECT * FROM t WHERE b = 'b4'", "SELECT * FROM w", "SELECT b FROM t LIMIT 3", "SELECT b FROM t LIMIT 3 OFFSET 2", "SELECT a FROM t", "SELECT * FROM t WHERE 0"], {
    "SELECT * FROM t WHERE 0": [0, 1, 0],
  }),
  costs("by rowid", ["SELECT * FROM t WHERE id = 3", "SELECT * FROM t WHERE id = 99", "SELECT * FROM t WHERE id IN (1, 2, 99)", "SELECT * FROM t WHERE id > 7", "SELECT * FROM t WHERE id BETWEEN 3 AND 5", "SELECT * FROM t WHERE id < 4", "SELECT * FROM plain WHERE rowid = 2", "SELECT * FROM t WHERE id = 3 OR id = 5"]),
  costs("by index", ["SELECT * FROM t WHERE a = 1", "SELECT a FROM t WHERE a = 1", "SELECT * FROM t WHERE a = 7", "SELECT * FROM t WHERE a IN (0, 2)", "SELECT * FROM t WHERE a > 1", "SELECT * FROM t WHERE a BETWEEN 0 AND 1", "SELECT * FROM t WHERE a = 1 LIMIT 2", "SELECT * FROM t WHERE a = 1 AND b = 'b4'", "SELECT * FROM w WHERE k = 'b'", "SELECT * FROM w WHERE k = 'z'", "SELECT * FROM uniq WHERE k = 'b'", "SELECT * FROM uniq WHERE k = 'z'", "SELECT * FROM uniq WHERE k IN ('a', 'z', 'c')", "SELECT * FROM w WHERE k > 'a'"], {
    "SELECT * FROM t WHERE a IN (0, 2)": [6, 8, 0],
    "SELECT * FROM uniq WHERE k IN ('a', 'z', 'c')": [2, 6, 0],
  }),
  costs("with parameters", [["SELECT * FROM t WHERE id = ?", 3], ["SELECT * FROM t WHERE a = ?", 1], ["SELECT * FROM t WHERE b = ?", "b5"], ["SELECT * FROM t LIMIT ?", 4], ["INSERT INTO plain VALUES (?, ?)", 1, 2], ["DELETE FROM plain WHERE x = ?", 1], ["UPDATE t SET b = ? WHERE id = ?", "z", 2]]),
  costs("order", ["SELECT * FROM t ORDER BY b", "SELECT * FROM t ORDER BY a", "SELECT * FROM t ORDER BY id DESC", "SELECT * FROM t ORDER BY b LIMIT 3", "SELECT * FROM t ORDER BY a DESC LIMIT 2", "SELECT * FROM t WHERE a = 1 ORDER BY b", "SELECT * FROM t ORDER BY a, b", "SELECT * FROM plain ORDER BY x LIMIT 1"], {
    "SELECT * FROM t ORDER BY b LIMIT 3": [3, 19, 0],
  }),
  costs("aggregates", ["SELECT count(*) FROM t", "SELECT count(*) FROM plain", "SELECT count(*) FROM t WHERE a = 1", "SELECT count(c) FROM t", "SELECT max(id) FROM t", "SELECT min(a) FROM t", "SELECT max(a) FROM t", "SELECT max(b) FROM t", "SELECT sum(c), avg(a) FROM t", "SELECT total(x) FROM plain", "SELECT group_concat(b) FROM t WHERE a = 2", "SELECT count(*), max(id) FROM t", "SELECT count(*) FROM t WHERE id > 100", "SELECT count(*) FROM w"], {
    "SELECT min(a) FROM t": [1, 2, 0],
  }),
  costs("groups", ["SELECT a, count(*) FROM t GROUP BY a", "SELECT b, count(*) FROM t GROUP BY b", "SELECT a, max(c) FROM t GROUP BY a HAVING count(*) > 3", "SELECT DISTINCT a FROM t", "SELECT DISTINCT b FROM t", "SELECT count(DISTINCT a) FROM t", "SELECT a % 2 AS k, count(*) FROM t GROUP BY k", "SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY n DESC"]),
  costs("joins", ["SELECT * FROM t JOIN u ON u.t_id = t.id", "SELECT * FROM u JOIN t ON t.id = u.t_id", "SELECT * FROM t, plain", "SELECT * FROM t LEFT JOIN u ON u.t_id = t.id", "SELECT * FROM t JOIN plain ON plain.x = t.a", "SELECT t.b, count(u.id) FROM t LEFT JOIN u ON u.t_id = t.id GROUP BY t.id", "SELECT * FROM t JOIN u ON u.t_id = t.id WHERE t.a = 1", "SELECT * FROM t JOIN u ON u.t_id = t.id WHERE t.id = 2", "SELECT * FROM t JOIN u ON u.t_id = t.id JOIN w ON w.k = 'a'", "SELECT * FROM plain p JOIN plain q ON p.x = q.x"], {
    "SELECT * FROM t, plain": [30, 31, 0],
    "SELECT * FROM t LEFT JOIN u ON u.t_id = t.id": [14, 20, 0],
    "SELECT t.b, count(u.id) FROM t LEFT JOIN u ON u.t_id = t.id GROUP BY t.id": [10, 24, 0],
    "SELECT * FROM t JOIN u ON u.t_id = t.id WHERE t.a = 1": [4, 12, 0],
    "SELECT * FROM plain p JOIN plain q ON p.x = q.x": [3, 13, 0],
  }),
  costs("subqueries", ["SELECT * FROM t WHERE id IN (SELECT t_id FROM u)", "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)", "SELECT * FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)", "SELECT b, (SELECT count(*) FROM u WHERE u.t_id = t.id) FROM t", "SELECT * FROM (SELECT a, count(*) AS n FROM t GROUP BY a) WHERE n > 3", "SELECT * FROM t WHERE c = (SELECT max(c) FROM t)", "SELECT * FROM t WHERE a NOT IN (SELECT x FROM plain)", "WITH q AS (SELECT * FROM t WHERE a = 1) SELECT * FROM q JOIN u ON u.t_id = q.id"], {
    "SELECT * FROM t WHERE id IN (SELECT t_id FROM u)": [4, 19, 0],
    "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)": [4, 16, 0],
    "SELECT b, (SELECT count(*) FROM u WHERE u.t_id = t.id) FROM t": [10, 24, 0],
    "SELECT * FROM t WHERE c = (SELECT max(c) FROM t)": [1, 37, 0],
    "SELECT * FROM t WHERE a NOT IN (SELECT x FROM plain)": [3, 39, 0],
    "WITH q AS (SELECT * FROM t WHERE a = 1) SELECT * FROM q JOIN u ON u.t_id = q.id": [4, 12, 0],
  }),
  costs("compounds and windows", ["SELECT a FROM t UNION SELECT x FROM plain", "SELECT a FROM t UNION ALL SELECT x FROM plain", "SELECT a FROM t INTERSECT SELECT x FROM plain", "SELECT a FROM t EXCEPT SELECT x FROM plain", "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n", "SELECT b, row_number() OVER (ORDER BY c) FROM t", "SELECT b, sum(c) OVER (PARTITION BY a) FROM t", "SELECT * FROM json_each('[1,2,3]')", "SELECT t.b FROM t, json_each('[1,2]') j WHERE t.id = j.value"], {
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n": [5, 0, 0],
    "SELECT b, row_number() OVER (ORDER BY c) FROM t": [10, 39, 0],
    "SELECT b, sum(c) OVER (PARTITION BY a) FROM t": [10, 25, 0],
    "SELECT t.b FROM t, json_each('[1,2]') j WHERE t.id = j.value": [2, 3, 0],
  }),
  costs("insert", ["INSERT INTO plain VALUES (4, 40)", "INSERT INTO plain VALUES (5, 50), (6, 60)", "INSERT INTO t (a, b) VALUES (1, 'n')", "INSERT INTO t (id, a) VALUES (100, 5), (101, 6)", "INSERT INTO w VALUES ('d', 4)", "INSERT INTO uniq VALUES ('d', 4)", "INSERT INTO plain SELECT a, b FROM t WHERE a = 1", "INSERT INTO plain SELECT * FROM plain", "INSERT INTO plain DEFAULT VALUES", "INSERT INTO plain VALUES (7, 7) RETURNING *", "INSERT INTO t (a) VALUES (1), (2) RETURNING id"], {
    "INSERT INTO t (id, a) VALUES (100, 5), (101, 6)": [0, 4, 4],
    "INSERT INTO t (a) VALUES (1), (2) RETURNING id": [2, 6, 4],
  }),
  costs("insert with conflicts", ["INSERT OR IGNORE INTO uniq VALUES ('a', 9)", "INSERT OR IGNORE INTO uniq VALUES ('e', 9)", "INSERT OR REPLACE INTO uniq VALUES ('a', 9)", "INSERT OR REPLACE INTO uniq VALUES ('f', 9)", "REPLACE INTO w VALUES ('a', 5)", "REPLACE INTO w VALUES ('y', 5)", "INSERT INTO uniq VALUES ('a', 1) ON CONFLICT (k) DO UPDATE SET v = excluded.v", "INSERT INTO uniq VALUES ('g', 1) ON CONFLICT (k) DO UPDATE SET v = excluded.v", "INSERT INTO uniq VALUES ('a', 1) ON CONFLICT DO NOTHING", "INSERT INTO w VALUES ('a', 1) ON CONFLICT (k) DO UPDATE SET v = v + 1", "INSERT INTO w VALUES ('q', 1) ON CONFLICT (k) DO UPDATE SET v = v + 1", "INSERT INTO t (id, a) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET a = excluded.a", "INSERT OR REPLACE INTO t (id, a) VALUES (2, 5)", "INSERT OR REPLACE INTO t (id, a) VALUES (200, 5)"], {
    "INSERT OR REPLACE INTO uniq VALUES ('f', 9)": [0, 1, 2],
    "INSERT INTO uniq VALUES ('g', 1) ON CONFLICT (k) DO UPDATE SET v = excluded.v": [0, 1, 1],
    "INSERT OR REPLACE INTO t (id, a) VALUES (200, 5)": [0, 4, 2],
  }),
  costs("update", ["UPDATE plain SET y = 1", "UPDATE plain SET y = 2 WHERE x = 2", "UPDATE plain SET y = 2 WHERE x = 99", "UPDATE t SET b = 'z' WHERE id = 1", "UPDATE t SET b = 'z' WHERE id = 999", "UPDATE t SET a = 9 WHERE id = 2", "UPDATE t SET a = a + 1", "UPDATE t SET b = 'q' WHERE a = 2", "UPDATE t SET a = 50 WHERE a = 3", "UPDATE w SET v = 7 WHERE k = 'a'", "UPDATE w SET k = 'zz' WHERE k = 'b'", "UPDATE uniq SET v = 8", "UPDATE uniq SET k = 'x' WHERE k = 'a'", "UPDATE t SET c = 0 WHERE id IN (SELECT t_id FROM u)", "UPDATE t SET id = 300 WHERE id = 10", "UPDATE plain SET y = 5 WHERE x = 1 RETURNING y", "UPDATE t SET c = u.v FROM u WHERE u.t_id = t.id"], {
    "UPDATE t SET id = 300 WHERE id = 10": [0, 5, 2],
    "UPDATE t SET c = u.v FROM u WHERE u.t_id = t.id": [0, 20, 4],
  }),
  costs("delete", ["DELETE FROM plain WHERE x = 2", "DELETE FROM plain WHERE x = 99", "DELETE FROM u WHERE id = 1", "DELETE FROM u WHERE t_id = 2", "DELETE FROM u WHERE id > 6", "DELETE FROM w WHERE k = 'a'", "DELETE FROM w WHERE k = 'zzz'", "DELETE FROM uniq WHERE k = 'a'", "DELETE FROM u WHERE v IN (3, 4) RETURNING id", "DELETE FROM u", "DELETE FROM u", "DELETE FROM plain", "DELETE FROM w", "DELETE FROM uniq WHERE 1"], {
    "DELETE FROM u WHERE id = 1": [0, 2, 1],
    "DELETE FROM u WHERE t_id = 2": [0, 2, 1],
    "DELETE FROM u WHERE id > 6": [0, 2, 2],
    "DELETE FROM w WHERE k = 'zzz'": [0, 1, 0],
    "DELETE FROM u WHERE v IN (3, 4) RETURNING id": [2, 6, 2],
  }),
  costs("schema", ["CREATE TABLE n1 (x)", "CREATE TABLE IF NOT EXISTS n1 (x)", "CREATE TABLE n2 (id INTEGER PRIMARY KEY, x UNIQUE)", "CREATE TABLE n3 (k TEXT PRIMARY KEY) WITHOUT ROWID", "CREATE INDEX i1 ON plain (x)", "CREATE INDEX i2 ON t (b)", "CREATE UNIQUE INDEX i3 ON t (b, c)", "CREATE INDEX IF NOT EXISTS i1 ON plain (x)", "CREATE INDEX i4 ON t (c) WHERE c > 6", "DROP INDEX i1", "DROP TABLE n1", "DROP TABLE IF EXISTS n1", "ALTER TABLE plain ADD COLUMN z", "ALTER TABLE plain ADD COLUMN z2 DEFAULT 5", "ALTER TABLE plain RENAME TO plainer", "ALTER TABLE plainer RENAME COLUMN x TO xx", "ALTER TABLE plainer DROP COLUMN z", "CREATE VIEW vw AS SELECT * FROM t", "SELECT * FROM vw", "DROP VIEW vw", "CREATE TABLE n4 AS SELECT * FROM t", "DROP TABLE n4", "DROP TABLE u"], {
    "CREATE TABLE n3 (k TEXT PRIMARY KEY) WITHOUT ROWID": [0, 1, 3],
    "CREATE INDEX i1 ON plain (x)": [0, 6, 4],
    "CREATE INDEX i2 ON t (b)": [0, 20, 11],
    "CREATE UNIQUE INDEX i3 ON t (b, c)": [0, 20, 11],
    "CREATE INDEX i4 ON t (c) WHERE c > 6": [0, 16, 9],
    "DROP INDEX i1": [0, 24, 6],
    "DROP TABLE n1": [0, 22, 5],
    "ALTER TABLE plain ADD COLUMN z": [0, 29, 7],
    "ALTER TABLE plain ADD COLUMN z2 DEFAULT 5": [0, 29, 7],
    "ALTER TABLE plain RENAME TO plainer": [0, 71, 18],
    "ALTER TABLE plainer RENAME COLUMN x TO xx": [0, 105, 24],
    "ALTER TABLE plainer DROP COLUMN z": [0, 94, 24],
    "CREATE TABLE n4 AS SELECT * FROM t": [0, 11, 3],
    "DROP TABLE n4": [0, 22, 5],
    "DROP TABLE u": [0, 24, 6],
  }),
  costs("autoincrement", ["CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, x)", "INSERT INTO auto (x) VALUES (1)", "INSERT INTO auto (x) VALUES (2), (3)", "INSERT INTO auto VALUES (50, 4)", "DELETE FROM auto WHERE id = 1", "DELETE FROM auto", "DROP TABLE auto"], {
    "INSERT INTO auto (x) VALUES (2), (3)": [0, 1, 4],
    "DROP TABLE auto": [0, 16, 3],
  }),
  costs("triggers", ["CREATE TABLE log (x)", "CREATE TRIGGER ti AFTER INSERT ON plain BEGIN INSERT INTO log VALUES (new.x); END", "INSERT INTO plain VALUES (8, 8)", "INSERT INTO plain VALUES (9, 9), (10, 10)", "CREATE TRIGGER td AFTER DELETE ON plain BEGIN DELETE FROM log WHERE x = old.x; END", "DELETE FROM plain WHERE x = 8", "CREATE TRIGGER tu BEFORE UPDATE ON plain BEGIN UPDATE log SET x = x + 1; END", "UPDATE plain SET y = 0 WHERE x = 9", "DROP TRIGGER ti", "INSERT INTO plain VALUES (11, 1)"], {
    "DELETE FROM plain WHERE x = 8": [0, 8, 2],
  }),
  costs("foreign keys", ["CREATE TABLE kid (id INTEGER PRIMARY KEY, p INTEGER REFERENCES t (id) ON DELETE CASCADE)", "CREATE INDEX kid_p ON kid (p)", "INSERT INTO kid (p) VALUES (9), (9), (10)", "DELETE FROM t WHERE id = 9", "DELETE FROM t WHERE id = 10", "INSERT INTO u (t_id) VALUES (3)", "DELETE FROM t WHERE id = 6"], {
    "CREATE INDEX kid_p ON kid (p)": [0, 2, 2],
    "DELETE FROM t WHERE id = 9": [0, 7, 3],
    "DELETE FROM t WHERE id = 10": [0, 3, 2],
    "DELETE FROM t WHERE id = 6": [0, 3, 1],
  }),
  costs("full text", ["CREATE VIRTUAL TABLE f USING fts5(body)", "INSERT INTO f VALUES ('some words'), ('other words')", "SELECT * FROM f WHERE f MATCH 'words'", "SELECT * FROM f", "UPDATE f SET body = 'new words' WHERE rowid = 1", "DELETE FROM f WHERE rowid = 2", "SELECT count(*) FROM f", "INSERT INTO f SELECT b FROM t"], {
    "CREATE VIRTUAL TABLE f USING fts5(body)": [0, 1, 5],
  }),
  costs("partial and expression indexes", ["CREATE INDEX pi ON plain (x) WHERE y > 15", "INSERT INTO plain VALUES (21, 5)", "INSERT INTO plain VALUES (22, 50)", "UPDATE plain SET y = 100 WHERE x = 21", "DELETE FROM plain WHERE x = 22", "CREATE INDEX ei ON t (lower(b))", "SELECT * FROM t WHERE lower(b) = 'b3'", "INSERT INTO t (b) VALUES ('N')"], {
    "CREATE INDEX pi ON plain (x) WHERE y > 15": [0, 5, 3],
    "INSERT INTO plain VALUES (21, 5)": [0, 0, 2],
    "CREATE INDEX ei ON t (lower(b))": [0, 20, 11],
  }),
  costs("several indexes", ["CREATE TABLE m (id INTEGER PRIMARY KEY, a UNIQUE, b, c)", "CREATE INDEX m_b ON m (b)", "CREATE INDEX m_bc ON m (b, c)", "INSERT INTO m (a, b, c) VALUES (1, 2, 3)", "INSERT INTO m (a, b, c) VALUES (2, 2, 3), (3, 2, 4)", "UPDATE m SET b = 7 WHERE a = 1", "UPDATE m SET c = 9", "UPDATE m SET a = 10 WHERE a = 3", "DELETE FROM m WHERE a = 1", "INSERT OR REPLACE INTO m (a, b, c) VALUES (2, 5, 5)", "DELETE FROM m"], {
    "CREATE INDEX m_b ON m (b)": [0, 2, 2],
    "CREATE INDEX m_bc ON m (b, c)": [0, 2, 2],
  }),
  costs("pragmas", ["PRAGMA table_info(t)", "PRAGMA foreign_key_list(u)", "PRAGMA index_list(t)", "SELECT name FROM sqlite_master", "SELECT count(*) FROM sqlite_master", "EXPLAIN QUERY PLAN SELECT * FROM t", "ANALYZE", "REINDEX t"], {
    "ANALYZE": [0, 31, 13],
    "REINDEX t": [0, 20, 10],
  }),
].flat()));

export default worker;
export { Place, Place as Subject, Place as Plain };
