// Many URLs, queries, encodings and dates: what parses, and to what.

import { Actor, differs, outcome, program, stateless } from "../suite.js";

const parts = ["href", "username", "password", "host", "port", "pathname", "search", "hash", "origin"];

const parsed = (texts, base) => stateless(() => texts.map((text) => {
  try {
    const url = new URL(text, base);
    return parts.map((part) => url[part]);
  } catch (error) {
    return [error.name, error.message];
  }
}));

const set = (href, part, values) => stateless(() => values.map((value) => {
  const url = new URL(href);
  url[part] = value;
  return url.href;
}));

const { worker, Place } = program({
  "hosts": parsed(["http://EXAMPLE.com", "http://example.com.", "http://ex%41mple.com", "http://1.2.3.4", "http://1.2.3", "http://0x7f.1", "http://256.1.1.1", "http://[::1]", "http://[1:0::2]:80", "http://[::1", "http://bücher.de", "http://xn--bcher-kva.de", "http://a_b.c", "http://a b", "http://a<b", "http://", "http:///a", "http://a%00b", "http://日本語。jp", "http://-a-.b", "http://a..b"]),
  "ports": parsed(["http://a:80", "http://a:0", "http://a:65535", "http://a:65536", "http://a:", "http://a:08", "https://a:443", "https://a:80", "http://a:x", "ws://a:80", "wss://a:443", "ftp://a:21"]),
  "paths": parsed(["http://a/./b/../c/", "http://a/%2e/b/%2E%2e/c", "http://a//b//", "http://a/b c", "http://a/ü", "http://a/%zz", "http://a/a|bc`d{e}", "http://a\\b\\c", "http://a/..", "http://a/.", "http://a/b/.", "http://a/;p=1", "http://a/\u0000", "http://a/%ff", "http://a/😀"]),
  "slashes and carets": differs("the parser follows an earlier edition of the standard", { gave: ["http://a/^", "TypeError"] }, stateless(async () =>
    [new URL("http://a/^").href, await outcome(() => new URL("///b", "http://h/x").href).then((r) => r.gave ?? r.threw.name)])),
  "queries and fragments": parsed(["http://a?x", "http://a/?", "http://a/#", "http://a/?#", "http://a/?a=b&c=d#e?f", "http://a/?ü=é#ñ", "http://a/?'\"<>` ", "http://a/# <>`\"", "http://a/?a=%zz", "http://a/?a\tb\nc", "http://a/?\u0000"]),
  "credentials": parsed(["http://u@a", "http://u:p@a", "http://u:@a", "http://:p@a", "http://@a", "http://u:p:q@a", "http://u@v@a", "http://u%40:p%3a@a", "http://ü:é@a"]),
  "schemes": parsed(["HTTP://a", "http:a", "http:/a", "http:\\\\a", "x:y", "x://y/z?q#f", "x:/y", "x:", "mailto:a@b.c", "data:text/html,<p> x", "file:///c:/a", "file://host/a", "javascript:alert(1)", "about:blank", "1x://y", "a+b-c.d://e", "://x", ""]),
  "white space": parsed(["  http://a/b  ", "http://a/\tb", "ht\ntp://a", "\u0000http://a", "http://a/ b/ "]),
  "relative": parsed(["b", "./b", "../b", "../../../b", "/b", "//b/c", "?b", "#b", "", "b:c", "http:b", "https:b", "//", "\\b", "b?c#d", ".", ".."], "http://u:p@h:81/x/y/z?q#f"),
  "relative to others": parsed(["a", "/a", "#a", "?a"], "x://y/z"),
  "relative to opaque": parsed(["a", "#a"], "mailto:x@y"),
  "setting protocol": set("http://a:81/b?c#d", "protocol", ["https", "https:", "ftp", "x", "", "1", "file"]),
  "setting host": set("http://a:81/b?c#d", "host", ["x", "x:90", "x:", ":90", "", "x/y", "x?y", "1.2.3", "[::2]", "ü", "a b"]),
  "setting hostname": set("http://a:81/b?c#d", "hostname", ["x", "x:90", "", "x/y", "ü"]),
  "setting port": set("http://a:81/b?c#d", "port", ["90", "80", "", "0", "65536", "9x", "x9", " 9"]),
  "setting pathname": set("http://a:81/b?c#d", "pathname", ["x", "/x/../y", "", "a b?c#d", "//x", "ü"]),
  "setting search": set("http://a:81/b?c#d", "search", ["x", "?x", "", "??x", "a b#c", "ü'"]),
  "setting hash": set("http://a:81/b?c#d", "hash", ["x", "#x", "", "##x", "a b", "ü`"]),
  "setting credentials": stateless(() => { const u = new URL("http://a/"); u.username = "a:b@c/ü"; u.password = "p@:/?"; const one = u.href; u.username = ""; u.password = ""; return [one, u.href]; }),
  "setting href": stateless(async () => { const u = new URL("http://a/"); u.href = "https://b/c"; return [u.href, await outcome(() => { u.href = "nope"; }), u.href]; }),
  "queries as lists": stateless(() => ["", "?", "a", "a=", "=a", "=", "&", "a&b", "a=b=c", "a+b=c+d", "%61=%zz", "a=b;c=d", "ü=é", "a=1&a=2", "a%00b=c", "%F0%9F%98%80=x"].map((text) => [[...new URLSearchParams(text)], String(new URLSearchParams(text))])),
  "what a query escapes": stateless(() => String(new URLSearchParams({ a: " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u007f\u0000\n\r\n ü😀\ud800" }))),
  "changing while going through": stateless(() => { const p = new URLSearchParams("a=1&b=2&c=3"); const seen = []; for (const [k] of p) { seen.push(k); if (k === "a") p.delete("b"); } p.forEach((v, k) => seen.push(k + v)); return seen; }),
  "bytes that are no UTF-8": stateless(() => [[0xc0, 0x80], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xfe, 0xff], [0x41, 0xc2, 0x42], [0xf0, 0x80, 0x80, 0x41], [0xef, 0xbf, 0xbd], [0xc2]].map((bytes) => new TextDecoder().decode(new Uint8Array(bytes)))),
  "labels of encodings": stateless(() => ["utf8", "UTF-8", " utf-8 ", "unicode-1-1-utf-8", "latin1", "ascii", "iso-8859-1", "utf-16", "utf-16be", "shift_jis", "euc-kr", "gbk", "windows-1251", "koi8-r", "macintosh", "big5", "iso-8859-15"].map((label) => new TextDecoder(label).encoding)),
  "other encodings": stateless(() => [["shift_jis", [0x82, 0xa0]], ["euc-kr", [0xb0, 0xa1]], ["gbk", [0xc4, 0xe3]], ["windows-1251", [0xcf]], ["iso-8859-15", [0xa4]], ["utf-16be", [0, 65]], ["big5", [0xa7, 0x41]], ["koi8-r", [0xc1]]].map(([label, bytes]) => new TextDecoder(label).decode(new Uint8Array(bytes)))),
  "base64": stateless(async () => { const all = []; for (const text of ["", "YQ==", "YQ=", "YQ", "Y", "YWI=", " Y Q = = ", "YQ==YQ==", "Y-Q_", "YQ===", "=", "\u00e9", "YQ\n==", "Zm9v"]) all.push(await outcome(() => atob(text)).then((r) => r.gave ?? r.threw.name)); return all; }),
  "encodeURI and friends": stateless(() => [encodeURIComponent("a b&c/ü😀'()*!~"), encodeURI("http://a/b c?ü#d[1]"), decodeURIComponent("%C3%BC%20+"), decodeURI("%2F%20"), escape("ü a+"), unescape("%FC%20%u20AC")]),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
