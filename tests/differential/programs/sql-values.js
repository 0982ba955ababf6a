// Which SQL value each JavaScript value becomes, and back.

import { Actor, outcome, outcomes, program } from "../suite.js";

const bound = (value) => (t) => t.sql.exec("SELECT ?1 AS v, typeof(?1) AS t", value).one();

const { worker, Place } = program({
  "an integer binds as REAL": bound(1),
  "a fraction binds as REAL": bound(1.5),
  "minus zero": bound(-0),
  "NaN is NULL": bound(NaN),
  "infinity": (t) => t.sql.exec("SELECT ? AS a, ? AS b", Infinity, -Infinity).raw().next().value,
  "true is text": bound(true),
  "false is text": bound(false),
  "null": bound(null),
  "undefined is NULL": bound(undefined),
  "text": bound("wörld ✓"),
  "text with NUL": (t) => t.sql.exec("SELECT ? AS v, length(?) AS l", "a\0b", "a\0b").one(),
  "empty text": bound(""),
  "an ArrayBuffer is a BLOB": bound(new Uint8Array([1, 2, 3]).buffer),
  "an empty ArrayBuffer": bound(new ArrayBuffer(0)),
  "a view is a BLOB": bound(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)),
  "a wide view is a BLOB of its bytes": bound(new Uint16Array([258, 1])),
  "a DataView is a BLOB": bound(new DataView(new Uint8Array([7, 8, 9]).buffer, 1, 2)),
  "a Date is its string": (t) => t.sql.exec("SELECT typeof(?1) AS t, ?1 LIKE '%1970%' AS v", new Date(0)).one(),
  "an array is its string": bound([1, 2, [3]]),
  "an object is its string": bound({ a: 1 }),
  "an object with toString": bound({ toString: () => "mine" }),
  "a function is its string": (t) => t.sql.exec("SELECT typeof(?) AS t", () => 1).one(),
  "a bigint throws": bound(10n),
  "a symbol throws": bound(Symbol("s")),
  "division of bound integers": (t) => t.sql.exec("SELECT 5/? AS v", 2).one(),
  "json_array of a bound integer": (t) => t.sql.exec("SELECT json_array(?, ?, ?) AS v", 1, "1", null).one(),
  "concatenation of a bound integer": (t) => t.sql.exec("SELECT 'n' || ? AS v", 1).one(),
  "columns keep or convert": (t) => {
    t.sql.exec("CREATE TABLE c (i INTEGER, n NUMERIC, r REAL, x TEXT, b BLOB, bo BOOLEAN, d DATETIME, none)");
    t.sql.exec("INSERT INTO c VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)", 3);
    t.sql.exec("INSERT INTO c VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)", "4");
    t.sql.exec("INSERT INTO c VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)", true);
    t.sql.exec("INSERT INTO c VALUES (?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)", 2.5);
    const types = ["i", "n", "r", "x", "b", "bo", "d", "none"].map((c) => `typeof(${c}) AS t${c}, ${c}`).join(", ");
    return t.sql.exec(`SELECT ${types} FROM c`).raw().toArray();
  },
  "STRICT columns": (t) => {
    t.sql.exec("CREATE TABLE s (i INTEGER, x TEXT) STRICT");
    return outcomes({
      integral: () => t.sql.exec("INSERT INTO s (i) VALUES (?) RETURNING i", 3).one(),
      fraction: () => t.sql.exec("INSERT INTO s (i) VALUES (?)", 1.5),
      number_as_text: () => t.sql.exec("INSERT INTO s (x) VALUES (?) RETURNING x", 1).one(),
      blob_as_text: () => t.sql.exec("INSERT INTO s (x) VALUES (?)", new ArrayBuffer(2)),
    });
  },
  "LIMIT and OFFSET take numbers": (t) => t.sql.exec("SELECT value FROM json_each('[1,2,3,4]') LIMIT ? OFFSET ?", 2, 1).toArray(),
  "large integers come back as numbers": (t) => t.sql.exec("SELECT 9007199254740993 AS a, 9223372036854775807 AS b, -9223372036854775808 AS c").one(),
  "a bound large number": bound(9007199254740993),
  "integers and reals come back": (t) => t.sql.exec("SELECT 1 AS a, 1.0 AS b, 1e300 AS c, -2 AS d").one(),
  "a blob comes back as an ArrayBuffer": (t) => t.sql.exec("SELECT x'00ff10' AS v").one(),
  "an empty blob comes back": (t) => t.sql.exec("SELECT x'' AS v").one(),
  "numbered and named parameters": (t) => outcomes({
    numbered: () => t.sql.exec("SELECT ?2 AS a, ?1 AS b", "one", "two").one(),
    repeated: () => t.sql.exec("SELECT ?1 AS a, ?1 AS b", "one").one(),
    named: () => t.sql.exec("SELECT :x AS a, @y AS b, $z AS c, :x AS d", 1, 2, 3).one(),
    gap: () => t.sql.exec("SELECT ?3 AS a", 1, 2, 3).one(),
    object: () => t.sql.exec("SELECT :x AS a", { x: 1 }).one(),
  }),
  "the number of parameters must match": (t) => outcomes({
    few: () => t.sql.exec("SELECT ?, ?", 1),
    many: () => t.sql.exec("SELECT ?", 1, 2),
    none: () => t.sql.exec("SELECT ?"),
    needless: () => t.sql.exec("SELECT 1", 1),
  }),
  "a lone surrogate": (t) => outcome(() => t.sql.exec("SELECT hex(?) AS h", "\ud800").one()),
  "comparison of a stored boolean": (t) => {
    t.sql.exec("CREATE TABLE todo (id INTEGER PRIMARY KEY, done BOOLEAN)");
    t.sql.exec("INSERT INTO todo (done) VALUES (?), (?)", true, false);
    return [
      t.sql.exec("SELECT id FROM todo WHERE done").toArray(),
      t.sql.exec("SELECT id FROM todo WHERE done = 1").toArray(),
      t.sql.exec("SELECT id FROM todo WHERE done = ?", true).toArray(),
    ];
  },
  "the query is converted to text": (t) => outcomes({
    number: () => t.sql.exec(1),
    object: () => t.sql.exec({ toString: () => "SELECT 7 AS v" }).one(),
    nothing: () => t.sql.exec(),
    null: () => t.sql.exec(null),
  }),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
