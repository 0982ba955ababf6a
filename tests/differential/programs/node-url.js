// flags: nodejs_compat
// node:url.

import url, * as namespace from "node:url";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const URLS = ["", "http://a.com", "http://a.com/", "HTTP://A.COM/B?C#D", "http://user:pass@host.com:8080/p/a/t/h?query=string#hash", "//host/path", "/path?x=1#y", "path", "?q", "#h", "http://a.com?x", "http://a.com#x", "http://a.com/a b", "http://a.com/<>\"`{}|\\^'", "javascript:alert('x')", "mailto:a@b.c", "mailto:foo@bar.com?subject=hello", "file:///etc/passwd", "file://localhost/x", "file:/x", "ftp://a/b", "ws://a", "x:y", "x://y/z", "http:", "http://", "http:///a", "http:a", "http://a@b@c/", "http://a@b?@c", "http://a\r\nb/c", "http://[::1]:80/x", "http://[fe80::1%25eth0]/", "http://a.com:", "http://a.com:80", "http://-a.com-/", "http://a_b.com/", "http://a.b.c.d/..", "  http://a.com  ", "http://münchen.de/ü", "http://a.com/?a=1&b=2&a=3", "http://a.com\\b\\c?d\\e", "coap://u@[1:2::3]:61616/.well-known/r?n=T#c", "http://a.com/%20%zz", "http://x.com/path?that'sall", "svn+ssh://foo/bar", "dash-test:foo/bar", "xmpp:isaacs@jabber.org", "http://google.com\" onload=\"alert(42)/", "http://user:pass@-;.tld.com/path", "git+http://user:pass@ex.com/p.git", "local1@domain1", "www.example.com", "HtTp://x.y.cOm;a/b/c?d=e#f g<h>i", "http://_jabber._tcp.google.com:80/test", "a:b@c", "data:text/plain,x"];
table("parse", URLS, (text) => url.parse(text));
table("parse with the query", ["http://a.com/?a=1&a=2&b=%20", "/x?y=z", "/x", "?", "http://a.com", "http://a/?"], (text) => url.parse(text, true));
table("parse: slashes denote the host", ["//a.com/b", "//a", "///a", "/a", "//u@h/p", "//some_path"], (text) => url.parse(text, false, true));
table("parse of what is no text", [5, null, undefined, {}, [[]], true], (value) => url.parse(value));
table("format of what was parsed", URLS, (text) => url.format(url.parse(text)));
table("format", [{ host: "a.com", protocol: "http" }, { hostname: "a.com", port: 8080, pathname: "x" }, { protocol: "http:", hostname: "::1", pathname: "/" }, { search: "a=1" }, { query: { a: 1, b: [2, 3] } }, { query: {} }, { hash: "h" }, { pathname: "/a?b#c" }, { protocol: "mailto", auth: "u", hostname: "h" }, { slashes: true, host: "h", pathname: "p" }, { auth: "u:p@", host: "h", slashes: true }, { protocol: "file", pathname: "/x" }, { search: "?a#b", pathname: "/" }, {}, "http://A.com/b c", 5, null, undefined, true, [[]]], (value) => url.format(value));
table("format of a URL", [[{}], [{ fragment: false }], [{ search: false }], [{ auth: false }], [{ unicode: true }], [{ fragment: 0, auth: "" }], [5], [null], ["x"]], (options) => url.format(new URL("http://u:p@xn--mnchen-3ya.de:81/p?q#f"), options));
const BASES = [["/one/two/three", "four"], ["http://example.com/", "/one"], ["http://example.com/one", "/two"], ["http://a/b/c/d;p?q", "g:h"], ["http://a/b/c/d;p?q", "g"], ["http://a/b/c/d;p?q", "./g"], ["http://a/b/c/d;p?q", "g/"], ["http://a/b/c/d;p?q", "/g"], ["http://a/b/c/d;p?q", "//g"], ["http://a/b/c/d;p?q", "?y"], ["http://a/b/c/d;p?q", "g?y"], ["http://a/b/c/d;p?q", "#s"], ["http://a/b/c/d;p?q", ""], ["http://a/b/c/d;p?q", "."], ["http://a/b/c/d;p?q", ".."], ["http://a/b/c/d;p?q", "../g"], ["http://a/b/c/d;p?q", "../../g"], ["http://a/b/c/d;p?q", "../../../g"], ["http://a/b/c/d;p?q", "/./g"], ["http://a/b/c/d;p?q", "g;x=1/../y"], ["http://a/b/c/d;p?q", "http:g"], [".", "#hash1"], ["..", "a"], ["/", "."], ["/a", ".."], ["a/b", "../../.."], ["http://u:p@h/x", "y"], ["http://u:p@h/x", "//i/y"], ["http://u:p@h/x", "http://h/y"], ["mailto:a@b", "c"], ["mailto:local1@domain1", "local2@domain2"], ["file:///a/b", "c"], ["http://a", "b"], ["http://a?x", "?y"], ["", "a"], ["a", ""], ["x:/a/b", "c"], ["http://example.com/b//c//d;p?q#blarg", "https:/a/b/c/d"], ["/users/../../../../etc/passwd", ""], ["http://localhost", "file://foo/Users"], ["fred:///s//a/b/c", "../../../g"], ["zz:abc", "/foo/../../../bar"], ["http://a.com/b/cd/./e.md.js", "../foo"]];
table("resolve", BASES, (from, to) => url.resolve(from, to));
table("resolveObject", BASES.slice(0, 12), (from, to) => url.resolveObject(from, to));
table("resolve of what is no text", [[5, "a"], ["a", 5], [null, "a"]], (...args) => url.resolve(...args));
table("fileURLToPath", ["file:///a/b", "file:///a%20b", "file:///%C3%A9", "file:///a%2fb", "file://host/a", "http://a", "x", "/a", 5, null, {}, new URL("file:///u"), "file:///", "file:///C:/a", "file:///a?b#c"], (value) => url.fileURLToPath(value));
table("fileURLToPath of Windows", ["file:///C:/a/b", "file://server/share/x", "file:///a", "file:///C:/a%5Cb", "file:///c:/a%20b"], (value) => url.fileURLToPath(value, { windows: true }));
table("pathToFileURL", ["/a/b", "/a b", "/a%b", "/a?b#c", "/é", "a", "", "/a/", "/a\\b", "/a\nb\tc", "/../x", 5, null], (value) => url.pathToFileURL(value).href);
table("pathToFileURL of Windows", ["C:\\a\\b", "C:/a b", "\\\\server\\share\\x", "a", "C:\\a\\"], (value) => url.pathToFileURL(value, { windows: true }).href);
table("domainToASCII", ["español.com", "中文.com", "xn--iñvalid.com", "a.com", "", "A.COM", "a b", "ü", 5, "xn--mnchen-3ya.de", "1.2.3"], (value) => url.domainToASCII(value));
table("domainToUnicode", ["xn--espaol-zwa.com", "xn--fiq228c.com", "xn--iñvalid.com", "a.com", "", "ü.de", 5], (value) => url.domainToUnicode(value));
table("without a domain", [[]], () => [outcome(() => url.domainToASCII())].length && url.domainToASCII());
table("urlToHttpOptions", ["http://u:p@a.com:81/p?q=1#h", "http://[::1]/", "https://a.com", "http://a%20b:c@x/"], (text) => ({ ...url.urlToHttpOptions(new URL(text)) }));
add("the module", () => [Object.keys(namespace), Object.keys(url), url.URL === URL, url.URLSearchParams === URLSearchParams, Object.keys(new url.Url()), Object.keys(url.Url.prototype).sort(), url.parse(url.parse("http://a")) instanceof url.Url]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

