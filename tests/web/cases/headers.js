import { both, equal, test, throws } from "harness";
import { makeIncomingRequest } from "web/request.js";

both("constructors", ({ Headers }) => [
  undefined, {}, { A: "1", b: 2 }, [["a", "1"], ["A", "2"]], new Headers({ x: "y" }), new Map([["m", "n"]]), { "Content-Type": " text/html\t" },
].map((init) => [...new Headers(init)]));
both("methods", ({ Headers }) => {
  const h = new Headers({ "X-One": "1" });
  const out = [h.get("x-one"), h.get("X-ONE"), h.has("nope"), h.get("nope")];
  h.append("x-one", "2");
  out.push(h.get("X-One"));
  h.append("b", "x");
  h.set("X-oNe", "3");
  out.push([...h]);
  h.delete("x-ONE");
  out.push([...h], h.has("x-one"));
  h.set("c", "");
  out.push([...h]);
  return out;
});
both("set replaces every value", ({ Headers }) => {
  const h = new Headers([["a", "1"], ["b", "2"], ["a", "3"], ["c", "4"], ["a", "5"]]);
  h.set("a", "9");
  return [...h];
});
both("sorted and combined", ({ Headers }) => [...new Headers([["z", "1"], ["a", "2"], ["Z", "3"], ["set-cookie", "x=1"], ["b", "0"], ["Set-Cookie", "y=2"]])]);
both("cookies", ({ Headers }) => {
  const h = new Headers([["Set-Cookie", "a=1"], ["set-cookie", "b=2"]]);
  return [h.getSetCookie(), h.get("set-cookie"), [...h.keys()], [...h.values()]];
});
test("getAll", () => {
  const h = new Headers([["Set-Cookie", "a=1, x"], ["set-cookie", "b=2"], ["other", "1"]]);
  equal(h.getAll("Set-Cookie"), ["a=1, x", "b=2"]);
  throws(() => h.getAll("other"), "TypeError", 'getAll() can only be used with the header name "Set-Cookie".');
});
both("iteration is live", ({ Headers }) => {
  const h = new Headers({ a: "1", b: "2", c: "3" });
  const seen = [];
  for (const [name, value] of h) {
    seen.push(name, value);
    if (name === "a") h.delete("b");
    if (name === "c") h.append("d", "4");
  }
  h.forEach((value, name) => seen.push(value + name));
  return [seen, Object.prototype.toString.call(h.entries())];
});
both("values lose white space", ({ Headers }) => ["\t a \r\n", "a b", "", "  "].map((v) => new Headers({ x: v }).get("x")));
test("invalid names and values", () => {
  const h = new Headers();
  for (const name of ["", "a b", "ü", "a:b", "a\n", "(x)"]) {
    throws(() => h.set(name, "1"), "TypeError", "Invalid header name.");
    throws(() => h.get(name), "TypeError", "Invalid header name.");
    throws(() => new Headers({ [name]: "1" }), "TypeError", "Invalid header name.");
  }
  for (const value of ["a\nb", "a\rb", "a\0b"]) throws(() => h.append("x", value), "TypeError", "Invalid header value.");
  throws(() => new Headers([["a"]]), "TypeError");
  throws(() => new Headers(["ab"]), "TypeError");
  throws(() => new Headers(5), "TypeError");
});
test("a name used before is still checked where it differs", () => {
  equal(new Headers({ "x-Case": "1" }).get("X-CASE"), "1");
  equal([...new Headers([["X-NEW-one", "1"], ["x-new-ONE", "2"]])], [["x-new-one", "1, 2"]]);
});
test("incoming headers cannot be changed", () => {
  const { headers } = makeIncomingRequest("GET", "http://a/", ["a", "1"], null);
  equal(headers.get("A"), "1");
  for (const change of [() => headers.set("a", "2"), () => headers.append("b", "1"), () => headers.delete("a")]) {
    throws(change, "TypeError", "Can't modify immutable headers.");
  }
  const copy = new Headers(headers);
  copy.set("a", "2");
  equal([headers.get("a"), copy.get("a")], ["1", "2"]);
});
