import { both, equal, ok, test, throws } from "harness";

const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
both("parts", ({ URL }) => ["https://u:p@ex.com:8080/a/b?x=1#h", "http://EX.com:80", "file:///a", "https://ex.com/a b?q=ü"].map((t) => {
  const u = new URL(t);
  return [...PARTS.map((p) => u[p]), `${u}`, JSON.stringify(u)];
}));
both("base", ({ URL }) => [["../x", "http://a/b/c"], ["//h/p", "https://a"], ["?q", "http://a/b?c#d"]].map(([u, b]) => new URL(u, b).href));
both("setters", ({ URL }) => {
  const out = [];
  for (const [part, value] of [["protocol", "http"], ["host", "x:1"], ["hostname", "y"], ["port", "99"], ["port", "abc"], ["pathname", "q/r"],
    ["search", "a=b"], ["search", ""], ["hash", "z"], ["username", "me"], ["password", "s"], ["href", "http://new/"]]) {
    const u = new URL("https://u:p@ex.com:8080/a/b?x=1#h");
    u[part] = value;
    out.push(u.href);
  }
  return out;
});
test("invalid", () => {
  throws(() => new URL("/a"), "TypeError", "Invalid URL");
  throws(() => new URL("a", "b"), "TypeError");
  throws(() => new URL(), "TypeError");
  const u = new URL("http://a/");
  throws(() => (u.href = "nope"), "TypeError");
  equal(u.href, "http://a/");
});
test("canParse and parse", () => {
  equal([URL.canParse("http://a"), URL.canParse("a"), URL.canParse("a", "http://b")], [true, false, true]);
  equal([URL.parse("http://a").href, URL.parse("a")], ["http://a/", null]);
});
test("a URL keeps its parts when the next one is parsed", () => {
  const first = new URL("http://a/1");
  const same = new URL("http://a/1");
  same.pathname = "/2";
  equal([first.href, same.href, new URL("http://a/1").href], ["http://a/1", "http://a/2", "http://a/1"]);
});
both("searchParams live both ways", ({ URL }) => {
  const u = new URL("http://a/?x=1&y=2#h");
  const p = u.searchParams;
  const out = [p === u.searchParams];
  p.append("z", "ü &");
  out.push(u.href, u.search);
  u.search = "?q=5";
  out.push([...p], p.get("x"));
  p.delete("q");
  out.push(u.href);
  u.href = "http://b/?n=1";
  out.push([...p]);
  p.set("n", "2");
  p.sort();
  out.push(u.href);
  return out;
});

const QUERIES = ["", "?", "a=b", "?a=b&c=d", "a", "a=", "=b", "&&a=1&&", "a=b=c", "a+b=c+d", "%20=%26", "a=%zz", "a=%", "%e2%82%ac=%ff", "ü=ö", "a=1&a=2", "%F0%9F%98%80", "a=%e2%82", "+"];
both("parse", ({ URLSearchParams }) => QUERIES.map((q) => [[...new URLSearchParams(q)], new URLSearchParams(q).toString()]));
both("serialise", ({ URLSearchParams }) => {
  let all = "";
  for (let i = 0; i < 300; i++) all += String.fromCharCode(i);
  const p = new URLSearchParams();
  p.append(all, "€😀\ud800");
  return p.toString();
});
both("constructors", ({ URLSearchParams }) => [
  [["a", "1"], ["b", "2"]], { a: 1, b: "x" }, new Map([["m", "1"]]), undefined, 12, new URLSearchParams("q=1"), { "\ud800": 1, "\ufffd": 2 }, [],
].map((init) => new URLSearchParams(init).toString()));
test("null is the text null", () => equal(new URLSearchParams(null).toString(), "null="));
test("constructor refuses", () => {
  throws(() => new URLSearchParams([["a"]]), "TypeError");
  throws(() => new URLSearchParams([["a", "b", "c"]]), "TypeError");
  throws(() => new URLSearchParams([1]), "TypeError");
  throws(() => new URLSearchParams().append("a"), "TypeError");
});
both("methods", ({ URLSearchParams }) => {
  const p = new URLSearchParams("a=1&b=2&a=3&c=4");
  const out = [p.get("a"), p.get("z"), p.getAll("a"), p.has("a"), p.has("a", "3"), p.has("a", "9"), p.size];
  p.set("a", "9");
  out.push(`${p}`);
  p.append("b", "7");
  p.delete("b", "2");
  out.push(`${p}`);
  p.delete("b");
  out.push(`${p}`);
  p.set("new", undefined);
  out.push(`${p}`);
  return out;
});
both("sort is stable and by code unit", ({ URLSearchParams }) => {
  const p = new URLSearchParams("z=1&a=2&z=0&\ufffd=1&\ud83c\udf08=2&a=1&=e");
  p.sort();
  return `${p}`;
});
both("iteration", ({ URLSearchParams }) => {
  const p = new URLSearchParams("a=1&b=2&c=3");
  const seen = [];
  for (const [name] of p) {
    seen.push(name);
    if (name === "a") p.delete("b");
  }
  p.forEach(function (value, name, all) { seen.push(value, name, all === p, this.x); }, { x: 1 });
  const it = p.entries();
  return [seen, [...p.keys()], [...p.values()], it.next(), Object.prototype.toString.call(it), it[Symbol.iterator]() === it];
});
test("iterator is branded", () => throws(() => URLSearchParams.prototype.entries.call({}), "TypeError"));
test("members are as Web IDL wants", () => {
  ok(Object.keys(URL.prototype).includes("href"), "enumerable");
  equal([URL.name, `${new URLSearchParams()}`, Object.prototype.toString.call(new URL("a:b"))], ["URL", "", "[object URL]"]);
});
