// URLPattern.

import { Actor, differs, outcomes, program, show, stateless } from "../suite.js";

const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "hasRegExpGroups"];
const partsOf = (pattern) => PARTS.map((part) => pattern[part]).join(" ");
const name = (args) => args.map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg))).join(" , ");
const construct = (list) => outcomes(Object.fromEntries(list.map((args) => [name(args), () => partsOf(new URLPattern(...args))])));
// the reference's groups come in no order
const sorted = (groups) => Object.fromEntries(Object.entries(groups).sort());
const brief = (found) => found && PARTS.slice(0, 8).filter((part) => found[part].input !== "" || Object.keys(found[part].groups).join() !== "0")
  .map((part) => [part, found[part].input, show(sorted(found[part].groups))]);
const exec = (pattern, inputs) => outcomes(Object.fromEntries(inputs.map((args) => [name(args), () => brief(pattern.exec(...args))])));

const { worker, Place } = program({
  "from text": stateless(() => construct([
    ["http://x/a/:b"], ["/a", "http://x"], ["/a"], ["http://x"], ["http://x/"], ["http://x/*"], ["https://x/a", "http://y"], ["http://x/(\\d+)"], ["http://{sub.}?x.com/*"],
    ["http://*.x.com/"], ["http://x:8080"], ["http://x:80/"], ["https://x:443/"], ["http://x:*/"], ["http://x/a#b"], ["http://x/a#:b"], ["http://u:p@x/"],
    ["http{s}?://x/"], ["*://x/*"], [":protocol://x/"], ["http://x/:a/:b"], ["http://x/:a(\\d+)"], ["http://x/{a}"], ["http://x/{:a}?"], ["http://x/:a?"], ["http://x/:a+"], ["http://x/:a*"],
    ["http://x/a\\?b"], ["http://x/a\\:b"], ["http://x/é"], ["http://é.com/"], ["data:foo"], ["data\\:foo*"], ["javascript:x"], ["x", "nope"], ["", "http://x/a?b#c"], ["?a=b", "http://x/c?d#e"],
    ["#a", "http://x/c?d#e"], ["*", "http://x"], ["a", "http://x/b/c"], ["../a", "http://x/b/c"], ["(", "http://x"], [")", "http://x"], ["{", "http://x"], ["}", "http://x"], ["[", "http://x"],
    [":", "http://x"], ["::", "http://x"], ["\\", "http://x"], ["/:a:b", "http://x"], ["/:a/:a", "http://x"], ["/(a)(b)", "http://x"], ["http://x/%", undefined], ["http://x y/"], [""], [" "],
  ])),
  "from parts": stateless(() => construct([
    [], [{}], [undefined], [null], [{ pathname: "/a/:b" }], [{ pathname: "a" }], [{ pathname: "a", baseURL: "http://x/y/z" }], [{ baseURL: "http://x/y/z?a#b" }], [{ baseURL: "nope" }],
    [{ search: "?a=b" }], [{ search: "a=b" }], [{ hash: "#x" }], [{ hash: "x" }], [{ protocol: "http:" }], [{ protocol: "HTTP" }], [{ protocol: "ht tp" }], [{ protocol: "http{s}?" }],
    [{ hostname: "x.com" }], [{ hostname: "X.COM" }], [{ hostname: "bad host" }], [{ hostname: "a/b" }], [{ hostname: ":sub.x.com" }], [{ hostname: "*.x.com" }], [{ hostname: "é.com" }], [{ hostname: "[::1]" }],
    [{ port: "80" }], [{ protocol: "http", port: "80" }], [{ port: "x" }], [{ port: "99999" }], [{ port: "(80|443)" }], [{ username: "u", password: "p" }], [{ username: "é" }],
    [{ pathname: "/é" }], [{ pathname: "/ " }], [{ pathname: "/a/../b" }], [{ pathname: "/%41" }], [{ pathname: 5 }], [{ pathname: null }], [{ pathname: undefined }], [{ pathname: "" }],
    [{ pathname: "/(" }], [{ pathname: "/([" }], [{ pathname: "/(a(b))" }], [{ pathname: "/(?<a>b)" }], [{ pathname: "/(?:a|b)" }], [{ pathname: "/(a|b)" }], [{ pathname: "/(\\d{2,})" }], [{ pathname: "/()" }],
    [{ pathname: "/:a/:a" }], [{ pathname: "/:1" }], [{ pathname: "/:é" }], [{ pathname: "/:a-:b" }], [{ pathname: "/:a(.*)" }], [{ pathname: "/{a}{b}" }], [{ pathname: "/{a{b}}" }],
    [{ pathname: "/a?" }], [{ pathname: "/a+" }], [{ pathname: "/a*" }], [{ pathname: "/**" }], [{ pathname: "/*?" }], [{ pathname: "/\\*" }], [{ pathname: "/{*}" }], [{ pathname: "/{x:a}?" }], [{ pathname: "/:a{:b}?" }],
    [{ pathname: "/a" }, "http://b"], [{ pathname: "/a" }, { ignoreCase: true }], [{ pathname: "/a" }, {}], [{}, 5], [{}, "x"], [{}, null], [{ pathname: "/a" }, "http://b", {}], [5], [true], [[]],
  ])),
  "a slash in a class of characters": differs("the engine takes what the reference's refuses", { gave: "/:a([^/]+?)" }, stateless(() => new URLPattern({ pathname: "/:a([^/]+?)" }).pathname)),
  "options": stateless(() => outcomes({
    "ignore case": () => [new URLPattern({ pathname: "/A" }, { ignoreCase: true }).test("http://x/a"), new URLPattern({ pathname: "/A" }).test("http://x/a")],
    "with text": () => new URLPattern("http://x/a", { ignoreCase: true }).test("http://x/A"),
    "with a base": () => new URLPattern("/a", "http://x", { ignoreCase: true }).test("http://x/A"),
    "of any truth": () => new URLPattern({ pathname: "/A" }, { ignoreCase: 1 }).test("http://x/a"),
    "a null base": () => new URLPattern("/a", null).pathname,
    "an undefined base": () => new URLPattern("http://x/a", undefined).pathname,
    "search": () => new URLPattern({ search: "A=B" }, { ignoreCase: true }).test({ search: "a=b" }),
    "groups keep their case": () => new URLPattern({ pathname: "/:A" }, { ignoreCase: true }).exec("http://x/Bc").pathname.groups,
  })),
  "exec": stateless(() => exec(new URLPattern({ pathname: "/a/:b/*" }), [
    ["http://u:p@x:80/a/1/2/3?q=1#h"], ["http://x/"], ["nope"], [""], [], [null], [5], [{}], [{ pathname: "/a/1/2" }], [{ pathname: "a/1/2", baseURL: "http://x/" }], [{ baseURL: "http://x/a/1/2" }], [{ baseURL: "nope" }],
    ["/a/1/2", "http://x"], ["a/1/2", "http://x/y"], ["/a/1/2", "nope"], ["/a/1/2", 5], ["/a/1/2", null], ["http://x/a/é/%41"], ["http://x/a//2"], ["http://x/a/1/"], ["http://x/a/b/../c/d"], [{ pathname: 5 }], [{ protocol: "bad protocol" }], [{ port: "x" }],
  ])),
  "groups": () => {
    const all = {};
    for (const [pattern, inputs] of Object.entries({
      "/:a?": ["/x", "/", ""], "/:a+": ["/x/y", "/x", "/"], "/:a*": ["/x/y", "/"], "/:a(\\d+)": ["/12", "/ab"], "/(\\d+)/(.*)": ["/1/2", "/1/"], "/*": ["/", "/a/b"], "*": ["", "/x"], "/{a}?b": ["/ab", "/b"],
      "/:a-:b": ["/x-y", "/x-y-z"], "/:a.:ext": ["/x.js", "/x.y.js"], "/{:a}?/c": ["/b/c", "//c", "/c"], "/(a|b)": ["/a", "/c"], "/:a([a-c]+)": ["/abc", "/xyz"], "/\\:a": ["/:a"], "/:a(é)": ["/é"],
      "/é": ["/é", "/%C3%A9"], "/a/:x/../b": ["/a/1/../b", "/b"], "/:x/": ["/1/", "/1"], "/%20": ["/ ", "/%20"], "/([a-z]{2})": ["/ab", "/abc"], "/:a(.)": ["/x", "/xy"],
    })) all[pattern] = inputs.map((pathname) => { try { return show(new URLPattern({ pathname }).pathname && brief(new URLPattern({ pathname: pattern }).exec({ pathname }))); } catch (error) { return error.message; } });
    return all;
  },
  "hosts and ports": () => {
    const test = (init, ...urls) => urls.map((url) => new URLPattern(init).test(url));
    return outcomes({
      "subdomain": () => test({ hostname: "*.x.com" }, "http://a.x.com", "http://x.com", "http://a.b.x.com"),
      "optional": () => test({ hostname: "{:sub.}?x.com" }, "http://a.x.com", "http://x.com", "http://a.b.x.com"),
      "port": () => test({ port: "8080" }, "http://x:8080", "http://x", "http://x:80"),
      "default port": () => test({ protocol: "http", port: "80" }, "http://x:80", "http://x", "http://x:81"),
      "no port": () => test({ port: "" }, "http://x:80", "http://x", "https://x:443", "http://x:81"),
      "protocol": () => test({ protocol: "http{s}?" }, "http://x", "https://x", "ftp://x"),
      "search": () => test({ search: "a=:b" }, "http://x?a=1", "http://x?a=1&b=2", "http://x"),
      "hash": () => test({ hash: ":b" }, "http://x#a", "http://x"),
      "unicode": () => test({ hostname: "é.com" }, "http://é.com", "http://xn--9ca.com"),
      "user": () => test({ username: "u", password: "*" }, "http://u:p@x", "http://u@x", "http://x"),
      "text with a query": () => test("http://x/a?b=:c", "http://x/a?b=1", "http://x/a"),
      "other schemes": () => [new URLPattern({ protocol: "data", pathname: "text/*" }).test("data:text/plain,x"), new URLPattern("blob:*").test("blob:http://x/1")],
    });
  },
  "test and wrong input": stateless(() => {
    const pattern = new URLPattern({ pathname: "/a" });
    return outcomes({
      "parts and a base": () => pattern.test({ pathname: "/a" }, "http://x"), "exec with both": () => pattern.exec({ pathname: "/a" }, "http://x"), "nothing": () => pattern.test(), "null": () => pattern.test(null),
      "a URL": () => pattern.test(new URL("http://x/a")), "a request": () => pattern.test(new Request("http://x/a")), "a function": () => pattern.test(() => {}), "a pattern of a URL": () => partsOf(new URLPattern(new URL("http://x/a?b"))),
      "no new": () => { try { URLPattern({}); } catch (error) { return error.constructor.name; } },
    });
  }),
  "shape": stateless(() => {
    const pattern = new URLPattern({ pathname: "/:a?" });
    const found = pattern.exec("http://x/1");
    return [
      Object.keys(pattern), Object.getOwnPropertyNames(URLPattern.prototype).sort(), String(pattern), URLPattern.length, Object.keys(found), Object.keys(found.pathname), show(found.inputs),
      show(pattern.exec("/1", "http://x").inputs), show(pattern.exec({ pathname: "/1", hash: "x", other: 1 }).inputs), Object.getPrototypeOf(found.pathname.groups) === Object.prototype, show(pattern.exec({ pathname: "/" })?.pathname ?? "none"),
      JSON.stringify(pattern),
    ];
  }),
  "what is read of parts": stateless(() => {
    const read = (use) => { const seen = []; use(new Proxy({}, { get(_, key) { seen.push(String(key)); } })); return seen; };
    return [read((init) => new URLPattern(init)), read((init) => new URLPattern().exec(init)), read((init) => new URLPattern({}, init))];
  }),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
