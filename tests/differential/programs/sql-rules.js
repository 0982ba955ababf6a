// Which statements are allowed, and what a refused or failing one says.

import { Actor, outcomes, program } from "../suite.js";

/** What each statement says, in order, on a database of its own. */
const each = (...queries) => (t) => outcomes(Object.fromEntries(queries.map((query) => [query, () => t.sql.exec(query).toArray()])));

const { worker, Place } = program({
  "nothing to run": each("", " ", ";", ";;", "-- only a comment", "/* only a comment */", "SELECT 1; -- a comment", "SELECT 1;;"),
  "white space and comments around a statement": each(" SELECT 1 AS v ; ", "-- first\nSELECT 2 AS v", "/* x */ SELECT 3 AS v;\n"),
  "transactions by SQL": each("BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "begin transaction"),
  "other files": each("ATTACH ':memory:' AS other", "DETACH other", "VACUUM", "VACUUM INTO '/tmp/x'"),
  "temporary objects": each("CREATE TEMP TABLE t (x)", "CREATE TEMPORARY VIEW v AS SELECT 1", "CREATE TABLE temp.t (x)"),
  "the table of keys and values": (t) => {
    t.storage.kv.put("a", 1);
    return each("SELECT * FROM _cf_KV", "DROP TABLE _cf_KV", "UPDATE _cf_KV SET key = 1", "SELECT count(*) FROM _cf_KV")(t);
  },
  "reserved names": each("CREATE TABLE _cf_mine (x)", "CREATE TABLE _CF_mine (x)", "CREATE INDEX _cf_i ON t (x)"),
  "renaming to a reserved name": (t) => {
    t.sql.exec("CREATE TABLE t (x)");
    return outcomes({ rename: () => t.sql.exec("ALTER TABLE t RENAME TO _cf_t") });
  },
  "virtual tables": each("CREATE VIRTUAL TABLE f USING fts5(body)", "INSERT INTO f VALUES ('some words'), ('others')",
    "SELECT body FROM f WHERE f MATCH 'words'", "SELECT highlight(f, 0, '[', ']') AS h FROM f WHERE f MATCH 'others'",
    "CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "CREATE VIRTUAL TABLE g USING fts4(body)", "CREATE VIRTUAL TABLE d USING dbstat", "CREATE VIRTUAL TABLE c USING csv(x)"),
  "the schema can be read": (t) => {
    t.sql.exec("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b)");
    t.sql.exec("CREATE INDEX i ON t (b)");
    t.sql.exec("INSERT INTO t (b) VALUES (1)");
    return [
      t.sql.exec("SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name").toArray(),
      t.sql.exec("SELECT name, seq FROM sqlite_sequence").toArray(),
      t.sql.exec("SELECT sql FROM sqlite_schema WHERE name = 't'").one(),
    ];
  },
  "the schema cannot be written": each("UPDATE sqlite_master SET name = 'x'", "DELETE FROM sqlite_master", "PRAGMA writable_schema = on"),
  "pragmas that are allowed": (t) => {
    t.sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT NOT NULL DEFAULT 'x')");
    t.sql.exec("CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id) ON DELETE CASCADE)");
    t.sql.exec("CREATE UNIQUE INDEX u ON p (n)");
    return outcomes(Object.fromEntries([
      "page_size", "foreign_keys", "table_info(p)", "table_info('p')", "table_xinfo(c)", "foreign_key_list(c)",
      "index_list(p)", "index_info(u)", "index_xinfo(u)", "foreign_key_check", "foreign_key_check(c)", "quick_check", "optimize",
      "defer_foreign_keys", "defer_foreign_keys = on", "case_sensitive_like = true", "recursive_triggers", "legacy_alter_table = off",
      "ignore_check_constraints = 'yes'", "reverse_unordered_selects",
    ].map((pragma) => [pragma, () => t.sql.exec(`PRAGMA ${pragma}`).toArray()])));
  },
  "pragmas that are refused": each("PRAGMA user_version", "PRAGMA user_version = 3", "PRAGMA journal_mode", "PRAGMA journal_mode = delete",
    "PRAGMA synchronous = off", "PRAGMA cache_size = 1", "PRAGMA page_count", "PRAGMA encoding", "PRAGMA integrity_check", "PRAGMA compile_options",
    "PRAGMA function_list", "PRAGMA database_list", "PRAGMA temp_store = 2", "PRAGMA no_such_pragma", "PRAGMA foreign_keys = maybe", "PRAGMA page_size = 512"),
  "pragma functions": (t) => {
    t.sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)");
    return outcomes({
      table_info: () => t.sql.exec("SELECT name, type, pk FROM pragma_table_info('p')").toArray(),
      table_list: () => t.sql.exec("SELECT name FROM pragma_table_list WHERE name = 'p'").toArray(),
      user_version: () => t.sql.exec("SELECT * FROM pragma_user_version").toArray(),
    });
  },
  "functions that are allowed": each(
    "SELECT abs(-1), coalesce(NULL, 2), iif(1, 'a', 'b'), ifnull(NULL, 1), instr('abc', 'b'), hex('a'), length('abc'), lower('A'), upper('a'), printf('%03d', 7), format('%s', 1), quote('it''s'), replace('aa', 'a', 'b'), round(1.25, 1), sign(-3), substr('abc', 2), trim(' x '), typeof(1), unicode('a'), char(97, 98), nullif(1, 1), concat('a', 1), concat_ws('-', 1, 2), octet_length('ä'), unhex('4142') = x'4142' AS u",
    "SELECT date('2024-02-30'), datetime(0, 'unixepoch'), strftime('%Y', '2024-01-01'), julianday('2000-01-01'), unixepoch('2000-01-01'), timediff('2024-01-02', '2024-01-01') AS d",
    "SELECT acos(1), ceil(1.2), floor(1.8), pow(2, 3), sqrt(4), mod(7, 3), ln(1), log2(8), log(100), pi() > 3 AS p, degrees(0), radians(0), trunc(1.7), exp(0)",
    "SELECT json('{ \"a\" : 1 }'), json_extract('{\"a\":[1,2]}', '$.a[1]'), json_array(1, 'x', NULL), json_object('a', 1), json_set('{}', '$.a', 1), json_type('[]'), json_valid('x'), '{\"a\":1}' -> 'a', '{\"a\":1}' ->> 'a', json_group_array(1) AS g, json_patch('{}', '{\"x\":1}'), json_remove('[1,2]', '$[0]')",
    "SELECT row_number() OVER (), rank() OVER (), lag(1) OVER (), ntile(2) OVER () AS w",
    "SELECT group_concat(value, '+'), string_agg(value, '-'), total(value), avg(value), min(value), max(value), sum(value), count(*) FROM json_each('[1,2,3]')",
    "SELECT key, value, type FROM json_tree('{\"a\":{\"b\":1}}')",
    "SELECT last_insert_rowid(), changes(), total_changes()",
    "SELECT glob('a*', 'abc'), likely(1), unlikely(0), likelihood(1, 0.5), zeroblob(2) = x'0000' AS z, 'abc' LIKE 'A%', 'abc' GLOB 'A*'"),
  "functions that are refused": each("SELECT sqlite_version()", "SELECT sqlite_source_id()", "SELECT power(2, 3)", "SELECT ceiling(1.5)", "SELECT log10(100)",
    "SELECT unistr('a')", "SELECT subtype(1)", "SELECT load_extension('x')", "SELECT no_such_function(1)", "SELECT regexp('a', 'b')", "SELECT median(1)", "SELECT if(1, 2, 3)"),
  "statements that are allowed": each(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INTEGER CHECK (b < 100), g INTEGER GENERATED ALWAYS AS (b * 2)) STRICT",
    "INSERT INTO t (a, b) VALUES ('x', 1) ON CONFLICT (a) DO UPDATE SET b = b + 1",
    "INSERT INTO t (a, b) VALUES ('x', 1) ON CONFLICT (a) DO UPDATE SET b = b + 1 RETURNING a, b, g",
    "INSERT OR REPLACE INTO t (a, b) VALUES ('x', 50)", "INSERT OR IGNORE INTO t (a, b) VALUES ('x', 60)", "SELECT a, b, g FROM t",
    "CREATE VIEW v AS SELECT a FROM t", "SELECT * FROM v", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b = 0; END",
    "INSERT INTO t (a, b) VALUES ('y', 2)", "SELECT a, b FROM t ORDER BY a", "ALTER TABLE t ADD COLUMN c TEXT", "ALTER TABLE t RENAME COLUMN c TO d",
    "ALTER TABLE t DROP COLUMN d", "REINDEX", "ANALYZE", "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 'x'",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3) SELECT n FROM c", "CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID",
    "SELECT \"a string\" AS s", "DROP VIEW v", "DROP TRIGGER tr", "DROP TABLE t"),
  "UPDATE and DELETE with a LIMIT": each("CREATE TABLE t (a, b)", "INSERT INTO t SELECT value, value % 3 FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')", "CREATE INDEX t_a ON t (a)",
    "UPDATE t SET a = 100 LIMIT 1", "DELETE FROM t ORDER BY a LIMIT 1", "SELECT * FROM t", "DELETE FROM t ORDER BY a DESC LIMIT 1 OFFSET 1 -- the last but one",
    "UPDATE t SET b = b + 10 WHERE a > 3 RETURNING a, b ORDER BY a DESC LIMIT 2", "DELETE FROM t AS x INDEXED BY t_a WHERE x.a > 4 RETURNING *, rowid LIMIT 1", "DELETE FROM t NOT INDEXED WHERE a > 4 LIMIT 1",
    "WITH q AS (SELECT max(a) AS m FROM t) UPDATE t SET b = 'last' WHERE a IN (SELECT m FROM q) LIMIT 1", "UPDATE OR REPLACE main.t SET b = a IS DISTINCT FROM 5 WHERE a IS NOT DISTINCT FROM 5 LIMIT 3",
    "SELECT * FROM t", "DELETE FROM t LIMIT 0", "DELETE FROM t LIMIT -1 OFFSET 2", "SELECT * FROM t", "EXPLAIN QUERY PLAN DELETE FROM t LIMIT 1",
    "CREATE TABLE w (k, l, v, PRIMARY KEY (k, l)) WITHOUT ROWID", "INSERT INTO w VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')", "DELETE FROM w WHERE k = 1 ORDER BY l DESC LIMIT 1 RETURNING *", "DELETE FROM w WHERE k = 1 RETURNING * ORDER BY l DESC LIMIT 1", "UPDATE w SET v = 'z' LIMIT 1", "SELECT * FROM w",
    "CREATE TABLE r (rowid, oid)", "INSERT INTO r VALUES (1, 2), (3, 4)", "DELETE FROM r LIMIT 1", "SELECT * FROM r", "DELETE FROM t LIMIT 1; DELETE FROM t LIMIT 1; SELECT count(*) AS n FROM t"),
  "wrong UPDATE and DELETE with a LIMIT": each("CREATE TABLE t (a)", "DELETE FROM t ORDER BY a", "UPDATE t SET a = 1 ORDER BY a", "DELETE FROM nope LIMIT 1", "DELETE FROM t WHERE nope = 1 LIMIT 1", "DELETE FROM t ORDER BY nope LIMIT 1",
    "UPDATE t SET nope = 1 LIMIT 1", "DELETE FROM t LIMIT nope", "DELETE FROM t LIMIT 'x'", "DELETE FROM t LIMIT", "DELETE FROM t LIMIT;", "DELETE FROM t LIMIT 1 WHERE a = 1", "DELETE FROM _cf_KV LIMIT 1", "INSERT INTO t VALUES (1) LIMIT 1", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t LIMIT 1; END"),
  "parameters of UPDATE and DELETE with a LIMIT": (t) => {
    t.sql.exec("CREATE TABLE t (a, b)");
    t.sql.exec("INSERT INTO t VALUES (1, 'x'), (2, 'x'), (3, 'x'), (4, 'x')");
    return {
      first: t.sql.exec("UPDATE t SET b = ? WHERE a > ? RETURNING a, b, ? AS given ORDER BY a DESC LIMIT ? OFFSET ?", "new", 1, "third", 2, 1).toArray(),
      mixed: t.sql.exec("DELETE FROM t WHERE a = ?2 OR a = ?1 RETURNING a LIMIT ?", 1, 2, 5).toArray(),
      left: t.sql.exec("SELECT * FROM t").toArray(),
    };
  },
  "errors of syntax": each("selec 1", "SELECT FROM", "SELECT 1 FROM", "CREATE TABLE", "SELECT 'unclosed", "INSERT INTO"),
  "errors of names": each("SELECT * FROM nope", "SELECT nope", "INSERT INTO nope VALUES (1)", "DROP TABLE nope", "SELECT x.y FROM (SELECT 1 AS y) AS z", "CREATE INDEX i ON nope (x)"),
  "errors of constraints": each(
    "CREATE TABLE u (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c NOT NULL DEFAULT 1, d CHECK (d > 0))", "INSERT INTO u (a, b) VALUES (1, 'x')",
    "INSERT INTO u (a) VALUES (1)", "INSERT INTO u (b) VALUES ('x')", "INSERT INTO u (a, c) VALUES (5, NULL)", "INSERT INTO u (d) VALUES (-1)",
    "INSERT INTO u (a) VALUES ('not a number')", "CREATE TABLE k (p REFERENCES u (a))", "INSERT INTO k VALUES (99)", "CREATE TABLE u (a)",
    "CREATE TABLE ck (n, CONSTRAINT positive CHECK (n > 0))", "INSERT INTO ck VALUES (0)", "SELECT count(*) AS n FROM u"),
  "errors while running": each("SELECT abs(-9223372036854775808)", "SELECT json('{')", "SELECT 1 WHERE json_extract('x', '$')", "SELECT sum(value) FROM (SELECT 9223372036854775807 AS value UNION ALL SELECT 1)"),
  "columns that do not fit": each("CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1, 2, 3)", "INSERT INTO t (c) VALUES (1)", "SELECT 1 UNION SELECT 1, 2"),
  "an error in a later statement": (t) => outcomes({
    run: () => t.sql.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1); INSERT INTO nope VALUES (2); INSERT INTO t VALUES (3)"),
    left: () => t.sql.exec("SELECT n FROM t").toArray(),
  }),
  "parameters only in the last statement": (t) => outcomes({
    first: () => t.sql.exec("SELECT ?; SELECT 1", 1),
    both: () => t.sql.exec("SELECT ?; SELECT ?", 1),
    last: () => t.sql.exec("SELECT 1; SELECT ? AS v", 1).one(),
  }),
  "limits": (t) => {
    const columns = (n) => Array.from({ length: n }, (_, i) => `c${i}`).join(", ");
    const values = (n, text) => Array.from({ length: n }, () => text).join(", ");
    return outcomes({
      "a table of 100 columns": () => t.sql.exec(`CREATE TABLE wide (${columns(100)})`).toArray(),
      "a table of 101 columns": () => t.sql.exec(`CREATE TABLE wider (${columns(101)})`),
      "a result of 101 columns": () => t.sql.exec(`SELECT ${values(101, "1")}`),
      "100 parameters": () => t.sql.exec(`SELECT count(*) AS n FROM json_each(json_array(${values(100, "?")}))`, ...Array(100).fill(1)).one(),
      "101 parameters": () => t.sql.exec(`SELECT json_array(${values(101, "?")})`, ...Array(101).fill(1)),
      "parameter ?101": () => t.sql.exec("SELECT ?101", 1),
      "a long pattern": () => t.sql.exec("SELECT 'x' LIKE ?", "%".repeat(51)).toArray(),
      "a long GLOB": () => t.sql.exec("SELECT 'x' GLOB ?", "*".repeat(51)).toArray(),
      "six terms of a compound SELECT": () => t.sql.exec(Array(6).fill("SELECT 1").join(" UNION ALL ")),
      "many rows of VALUES": () => t.sql.exec(`SELECT count(*) AS n FROM (VALUES ${values(50, "(1)")})`).one(),
      "a deep expression": () => t.sql.exec(`SELECT ${Array(102).fill("1").join("+")}`),
      "128 arguments": () => t.sql.exec(`SELECT max(${values(128, "1")})`).toArray(),
      "65 tables": () => t.sql.exec(`SELECT 1 FROM ${Array.from({ length: 65 }, (_, i) => `wide AS w${i}`).join(", ")}`),
      "a long statement": () => t.sql.exec(`SELECT '${"x".repeat(100_000)}'`),
    });
  },
  "a deferred constraint violated within the turn and mended": (t) => {
    t.sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)");
    t.sql.exec("INSERT INTO c VALUES (1)");
    t.sql.exec("INSERT INTO p VALUES (1)");
    return t.sql.exec("SELECT count(*) AS n FROM c").one();
  },
  "foreign keys are on": each("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE)", "INSERT INTO c VALUES (1)",
    "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)", "DELETE FROM p", "SELECT count(*) AS n FROM c"),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
