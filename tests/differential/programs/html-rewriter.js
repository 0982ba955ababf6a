// HTMLRewriter.

import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

const encode = (text) => new TextEncoder().encode(text);
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const page = (html, type = "text/html") => new Response(html, { headers: { "content-type": type } });

/** Rewrites `html` with what `add` registers; gives text and what was noted. */
async function rewrite(html, add, body = html) {
  const notes = [];
  const rewriter = new HTMLRewriter();
  add(rewriter, (...all) => notes.push(all));
  const text = await outcome(() => rewriter.transform(page(body)).text());
  return notes.length === 0 ? text : [text, notes];
}

/** Applies `edit` to every `p` of `html`. */
const edit = (html, apply) => rewrite(html, (r, note) => r.on("p", { element: (e) => apply(e, note) }));

/** A body that comes in these parts. */
function parts(...texts) {
  return new ReadableStream({
    async start(controller) {
      for (const text of texts) {
        controller.enqueue(typeof text === "string" ? encode(text) : text);
        await later(1);
      }
      controller.close();
    },
  });
}

const SELECTORS = [
  "*", "p", "P", ".a", "#b", "p.a.b", "p#a", "[x]", "[x=y]", "[x='y z']", "[x~=y]", "[x^=y]", "[x$=y]", "[x*=y]", "[x|=y]", "[x=Y i]", "[x=y s]",
  "a b", "a > b", "a,b", "a, b > c", "p:first-child", "p:nth-child(2)", "p:nth-child(2n+1)", "p:nth-child(odd)", "p:first-of-type",
  "p:nth-of-type(3)", "p:not(.a)", "p:not(.a, .b)", "p:not(:not(.a))", "a b c > d", "é", "[x", "div >", ">a", "..", "", " ", "a:hover", "a::before",
  "a + b", "a ~ b", "svg|a", "*|a", ":not()", "#1", "a:is(b)", "a:where(b)", "a:has(b)", "a:empty", "a:root", "a:last-child", "a:nth-last-child(1)",
  "a:nth-child(x)", ".1a", "a >> b", "a||b", "a,", ",a", "[=x]", "[x=]", "a:only-child", "a:contains(x)", "a{}", "a;b", "\\", "a\\", "@", "!a", "a:not", 5, null, undefined,
];

const MARKUP = `<div id=b class="a b" x="y z"><p class=a>one</p><p x=y>two <b>bold</b></p><ul><li>1<li>2<li>3</ul><P CLASS="A" X=Yes>three</P></div><svg><p x="xyx"/></svg>`;
const FOUND = [
  "*", "p", "P", ".a", "#b", "p.a", "[x]", "[x=y]", "[x='y z']", "[x~=y]", "[x^=y]", "[x$=x]", "[x*=y]", "[x=yes i]", "div p", "div > p", "ul li", "b, li",
  "p:first-child", "p:nth-child(2)", "li:nth-child(odd)", "p:first-of-type", "li:nth-of-type(3)", "p:not(.a)", "svg p", "div > b",
];

const { worker, Place } = program({
  "selectors": stateless(() => outcomes(Object.fromEntries(SELECTORS.map((selector) => [`${selector}`, () => String(new HTMLRewriter().on(selector, {}))])))),
  "what selectors find": async () => {
    const all = {};
    for (const selector of FOUND) {
      all[selector] = [];
      await new HTMLRewriter().on(selector, { element: (e) => { all[selector].push(e.tagName + [...e.attributes].join("|")); } }).transform(page(MARKUP)).text();
    }
    return all;
  },
  "wrong arguments": stateless(() => outcomes({
    "on()": () => new HTMLRewriter().on(),
    "no handlers": () => new HTMLRewriter().on("a"),
    "null": () => String(new HTMLRewriter().on("a", null)),
    "a number": () => new HTMLRewriter().on("a", 5),
    "a string": () => new HTMLRewriter().on("a", "x"),
    "a function": () => String(new HTMLRewriter().on("a", () => 1)),
    "element is a number": () => new HTMLRewriter().on("a", { element: 5 }),
    "element is null": () => new HTMLRewriter().on("a", { element: null }),
    "comments is an object": () => new HTMLRewriter().on("a", { comments: {} }),
    "text is a string": () => new HTMLRewriter().on("a", { text: "x" }),
    "undefined handlers": () => String(new HTMLRewriter().on("a", { element: undefined, other: 5 })),
    "a bad selector and bad handlers": () => new HTMLRewriter().on("a:hover", { element: 5 }),
    "onDocument()": () => new HTMLRewriter().onDocument(),
    "onDocument(null)": () => String(new HTMLRewriter().onDocument(null)),
    "end is a number": () => new HTMLRewriter().onDocument({ end: 1 }),
    "doctype is a string": () => new HTMLRewriter().onDocument({ doctype: "x" }),
    "transform()": () => new HTMLRewriter().transform(),
    "transform a string": () => new HTMLRewriter().transform("x"),
    "transform a request": () => new HTMLRewriter().transform(new Request("http://x/")),
    "transform null": () => new HTMLRewriter().transform(null),
  })),
  "shape": stateless(() => [
    Object.getOwnPropertyNames(HTMLRewriter.prototype).sort(), String(new HTMLRewriter()), Object.keys(new HTMLRewriter()), HTMLRewriter.length, HTMLRewriter.name,
    (() => { const r = new HTMLRewriter(); return [r.on("a", {}) === r, r.onDocument({}) === r]; })(),
  ]),
  "shapes of tokens": async () => {
    const all = {};
    const shape = (token) => { all[String(token)] = [Object.keys(token), Object.getOwnPropertyNames(Object.getPrototypeOf(token)).sort(), token.constructor.name]; };
    const handlers = { element(e) { shape(e); shape(e.attributes); e.onEndTag(shape); }, text: shape, comments: shape };
    await new HTMLRewriter().on("p", handlers).onDocument({ doctype: shape, end: shape }).transform(page("<!doctype html><p>t<!--c--></p>")).text();
    return all;
  },
  "responses": async () => {
    const empty = new Response(null);
    const full = new Response("<p>x", { status: 201, statusText: "fine", headers: { a: "b", "content-length": "4", "content-type": "text/html; charset=utf-8" } });
    const changed = new HTMLRewriter().on("p", { element(e) { e.append("!"); } }).transform(full);
    return [
      new HTMLRewriter().transform(empty) === empty, changed === full, full.bodyUsed, changed.bodyUsed, changed.status, changed.statusText, [...changed.headers],
      await changed.text(), await new HTMLRewriter().transform(new Response("")).text(), await new HTMLRewriter().transform(new Response("no <b>handlers")).text(),
    ];
  },
  "a used response": async () => {
    const used = new Response("x");
    await used.text();
    const locked = new Response("x");
    locked.body.getReader();
    return outcomes({ used: () => new HTMLRewriter().transform(used), locked: () => new HTMLRewriter().transform(locked) });
  },
  "the same rewriter twice": async () => {
    const rewriter = new HTMLRewriter().on("p", { element(e) { e.append("!"); } });
    return Promise.all([rewriter.transform(page("<p>1</p>")).text(), rewriter.transform(page("<p>2</p>")).text()]);
  },
  "handlers added later": async () => {
    const rewriter = new HTMLRewriter().on("p", { element(e) { e.append("1"); } });
    const first = rewriter.transform(page("<p></p>"));
    rewriter.on("p", { element(e) { e.append("2"); } });
    return [await first.text(), await rewriter.transform(page("<p></p>")).text()];
  },
  "elements": () => rewrite("<DIV a=1 B='2' c x=\"&amp;\">x<p/></DIV><br><svg viewBox=1><a/></svg><math>", (r, note) => r.on("*", {
    element(e) {
      note(e.tagName, e.namespaceURI, e.removed, [...e.attributes], e.getAttribute("b"), e.getAttribute("B"), e.getAttribute("none"), e.hasAttribute("C"), e.hasAttribute("none"), e.getAttribute("x"));
    },
  })),
  "attributes": () => outcomes({
    "set": () => edit("<p a=1>", (e) => { e.setAttribute("a", "2").setAttribute("B", "3"); }),
    "see what is set": () => edit("<p a=1>", (e, note) => { e.setAttribute("C", "3").removeAttribute("A"); note([...e.attributes], e.getAttribute("c"), e.hasAttribute("a")); }),
    "quotes": () => edit("<p>", (e) => { e.setAttribute("a", `"'<&>`); }),
    "a number": () => edit("<p>", (e) => { e.setAttribute("a", 5); }),
    "null": () => edit("<p>", (e) => { e.setAttribute("a", null); }),
    "undefined": () => edit("<p>", (e) => { e.setAttribute("a", undefined); }),
    "empty value": () => edit("<p>", (e) => { e.setAttribute("a", ""); }),
    "empty name": () => edit("<p>", (e) => { e.setAttribute("", "x"); }),
    ...Object.fromEntries([" ", "/", ">", "=", "\n", "\t", "\r", "\f", "a b", "<", "\"", "é"].map((name) => [`name ${JSON.stringify(name)}`, () => edit("<p>", (e) => { e.setAttribute(name, "x"); })])),
    "one argument": () => edit("<p>", (e) => { e.setAttribute("a"); }),
    "no argument": () => edit("<p>", (e) => { e.setAttribute(); }),
    "get without argument": () => edit("<p>", (e) => { e.getAttribute(); }),
    "has without argument": () => edit("<p>", (e) => { e.hasAttribute(); }),
    "remove without argument": () => edit("<p>", (e) => { e.removeAttribute(); }),
    "get a bad name": () => edit("<p>", (e, note) => { note(e.getAttribute("a b"), e.getAttribute(""), e.hasAttribute(" ")); }),
    "remove a bad name": () => edit("<p a>", (e) => { e.removeAttribute("a b"); }),
    "remove and set again": () => edit("<p a=1 b=2>", (e) => { e.removeAttribute("a"); e.setAttribute("a", "3"); }),
    "twice the same": () => edit("<p a=1 a=2>", (e, note) => { note([...e.attributes], e.getAttribute("a")); e.removeAttribute("a"); }),
    "changed while iterating": () => edit("<p a=1 b=2>", (e, note) => { for (const [name] of e.attributes) { note(name); if (name === "a") e.setAttribute("a", "x"); } }),
    "the iterator": () => edit("<p a=1>", (e, note) => { const i = e.attributes; note(i.next(), i.next(), i.next(), i[Symbol.iterator]() === i, Object.keys(i.next())); }),
  }),
  "tag names": () => outcomes(Object.fromEntries(["b", "DIV", "", "1a", "a b", "a>", "a/", "É", "a-b", "aé", "a\n", 5, null].map((name) => [`${name}`, () => edit("<p a>x</p>", (e, note) => { e.tagName = name; note(e.tagName); })]))),
  "content around": () => outcomes({
    "before and after": () => edit("<p>x</p>", (e) => { e.before("1").before("2").after("3").after("4"); }),
    "inside": () => edit("<p>x</p>", (e) => { e.prepend("1").prepend("2").append("3").append("4"); }),
    "html": () => edit("<p>x</p>", (e) => { e.before("<a>", { html: true }).after("<b>", { html: false }).append("<c>").prepend("<d>", { html: 1 }); }),
    "escapes": () => edit("<p>x</p>", (e) => { e.append(`<>&"'é`); }),
    "replace": () => edit("<p a>x<i>y</i></p>z", (e, note) => { e.replace("<new>", { html: true }); note(e.removed); }),
    "replace twice": () => edit("<p>x</p>", (e) => { e.replace("1").replace("2"); }),
    "inner": () => edit("<p a>x<i>y</i></p>z", (e, note) => { e.setInnerContent("<new>"); note(e.removed); }),
    "inner twice": () => edit("<p>x</p>", (e) => { e.setInnerContent("1"); e.setInnerContent("2"); }),
    "inner, then prepend and append": () => edit("<p>x</p>", (e) => { e.setInnerContent("1").prepend("0").append("2"); }),
    "append, then inner": () => edit("<p>x</p>", (e) => { e.append("2").prepend("0").setInnerContent("1"); }),
    "remove": () => edit("<p a>x<i>y</i></p>z", (e, note) => { e.remove(); note(e.removed); }),
    "remove, with something before": () => edit("<p a>x</p>z", (e) => { e.before("b").after("a").remove(); }),
    "remove and keep": () => edit("<p a>x<i>y</i></p>z", (e, note) => { e.removeAndKeepContent(); note(e.removed); }),
    "an unclosed element": () => edit("<div><p>x<p>y</div>z", (e) => { e.before("[").after("]").append("!"); }),
    "what each returns": () => edit("<p>x</p>", (e, note) => { note(...["before", "after", "prepend", "append", "replace", "setInnerContent"].map((name) => e[name]("") === e), e.remove() === e, e.removeAndKeepContent() === e, e.onEndTag(() => {})); }),
  }),
  "void elements": () => outcomes(Object.fromEntries(["before", "after", "prepend", "append", "replace", "setInnerContent", "remove", "removeAndKeepContent"].map((name) => [name, () => rewrite("a<br>b<img/>c", (r) => r.on("br, img", { element(e) { e[name]("V"); } }))]))),
  "what content can be": () => outcomes(Object.fromEntries(Object.entries({
    "nothing": [], "a number": [5], "null": [null], "undefined": [undefined], "an object": [{}], "a list": [[1, 2]], "a blob": [new Blob(["x"])], "a boolean": [true],
    "options are a number": ["x", 5], "options are null": ["x", null], "options are text": ["x", "html"], "html is text": ["<x>", { html: "yes" }], "html is undefined": ["<x>", { html: undefined }], "other options": ["<x>", { other: 1 }],
  }).map(([name, args]) => [name, () => edit("<p>x</p>", (e) => { e.before(...args); })]))),
  "content that streams": () => outcomes({
    "a response": () => edit("<p>x</p>", (e) => { e.before(new Response("<resp>")).after(new Response("<resp>"), { html: true }); }),
    "a stream": () => edit("<p>x</p>", (e) => { e.prepend(parts("<a", ">", "é")).append(parts("<b", ">"), { html: true }); }),
    "in order": () => edit("<p>x</p>", (e) => { e.append("1").append(new Response("2")).append("3"); }),
    "an empty response": () => edit("<p>x</p>", (e) => { e.append(new Response(null)).append(new Response("")); }),
  }),
  "end tags": () => outcomes({
    "before and after": () => edit("<p>x</p>", (e, note) => { e.onEndTag((tag) => { note(tag.name); tag.before("1").before("2").after("3").after("4"); }); }),
    "a new name": () => edit("<p>x</p>", (e, note) => { e.onEndTag((tag) => { tag.name = "B"; note(tag.name); }); }),
    "a strange name": () => edit("<p>x</p>", (e) => { e.onEndTag((tag) => { tag.name = "a b>"; }); }),
    "remove": () => edit("<p>x</p>", (e) => { e.onEndTag((tag) => { tag.remove(); }); }),
    "after a new tag name": () => edit("<p>x</p>", (e, note) => { e.tagName = "B"; e.onEndTag((tag) => note(tag.name)); }),
    "with append": () => edit("<p>x</p>", (e) => { e.append("1").after("2"); e.onEndTag((tag) => { tag.before("3").after("4"); }); }),
    "twice": () => edit("<p>x</p>", (e, note) => { e.onEndTag(() => note(1)); e.onEndTag(() => note(2)); }),
    "of two handlers": () => rewrite("<p>x</p>", (r, note) => r.on("p", { element(e) { e.onEndTag(() => note("first")); } }).on("*", { element(e) { e.onEndTag(() => note("second")); } })),
    "missing": () => edit("<p>x", (e, note) => { e.onEndTag(() => note("called")); }),
    "implied": () => rewrite("<div><p>x</div>", (r, note) => r.on("*", { element(e) { const { tagName } = e; e.onEndTag((tag) => note(tagName, tag.name)); } })),
    "implied, with edits": () => rewrite("<div><p>x<i>y</div>", (r) => r.on("p, i, div", { element(e) { const { tagName } = e; e.onEndTag((tag) => { tag.before(`[${tagName}`).after(`${tagName}]`); }); } })),
    "nested": () => rewrite("<div><div>x</div>y</div>", (r, note) => { let n = 0; r.on("div", { element(e) { const id = ++n; e.onEndTag(() => note(id)); } }); }),
    "of a void element": () => rewrite("<br>", (r) => r.on("br", { element(e) { e.onEndTag(() => {}); } })),
    "of a removed element": () => edit("<p>x</p>", (e, note) => { e.remove(); e.onEndTag((tag) => { note(tag.name); tag.after("!"); }); }),
    "no function": () => edit("<p>x</p>", (e) => { e.onEndTag(5); }),
    "no argument": () => edit("<p>x</p>", (e) => { e.onEndTag(); }),
    "async": () => edit("<p>x</p>", (e) => { e.onEndTag(async (tag) => { await later(1); tag.before("late"); }); }),
    "throws": () => edit("<p>x</p>", (e) => { e.onEndTag(() => { throw new RangeError("at the end"); }); }),
    "kept too long": () => edit("<p>x</p><p>y</p>", (e, note) => { e.onEndTag((tag) => { later.kept ??= tag; try { later.kept.name; note("fine"); } catch (error) { note(error.message); } }); }),
  }),
  "removed content": () => rewrite("<div><p>x<!--c--></p></div><p>y</p>", (r, note) => r.on("div", { element(e) { e.setInnerContent("new"); } })
    .on("p", { element(e) { note(e.tagName, e.removed); }, text(t) { note(t.text, t.removed); }, comments(c) { note(c.text, c.removed); } })),
  "edits in removed content": () => rewrite("<div><p>x</p></div>", (r) => r.on("div", { element(e) { e.remove(); } }).on("p", { element(e) { e.before("1").after("2").append("3"); }, text(t) { t.before("4"); } })),
  "texts": () => outcomes({
    "chunks": () => rewrite("<p>hello <b>x</b> w&amp;</p>", (r, note) => r.on("p", { text(t) { note(t.text, t.lastInTextNode, t.removed); } })),
    "before, after, replace": () => rewrite("<p>a</p>", (r) => r.on("p", { text(t) { if (t.text) t.before("<1>").after("<2>").replace("<3>", { html: true }); } })),
    "remove": () => rewrite("<p>a<b>c</b></p>", (r, note) => r.on("b", { text(t) { note(t.remove() === t, t.removed); } })),
    "at the last chunk": () => rewrite("<p>a</p>", (r) => r.on("p", { text(t) { if (t.lastInTextNode) t.after("!"); } })),
    "of a script": () => rewrite("<script>var a = '<p>';</script><title>&lt;</title><textarea><b></textarea>", (r, note) => r.on("*", { text(t) { note(t.text, t.lastInTextNode); } })),
    "replace without argument": () => rewrite("<p>a</p>", (r) => r.on("p", { text(t) { t.replace(); } })),
  }),
  "comments": () => outcomes({
    "read": () => rewrite("<p><!--hi--></p><!--out-->", (r, note) => r.on("p", { comments(c) { note(c.text, c.removed); } }).onDocument({ comments(c) { note("document", c.text); } })),
    "set": () => rewrite("<p><!--hi--></p>", (r, note) => r.on("p", { comments(c) { c.text = "new"; note(c.text); } })),
    ...Object.fromEntries(["a-->b", "--!>", ">", "->", "-", "--", "", "a--b", 5].map((text) => [`set ${text}`, () => rewrite("<p><!--hi--></p>", (r) => r.on("p", { comments(c) { c.text = text; } }))])),
    "around": () => rewrite("<p><!--hi--></p>", (r) => r.on("p", { comments(c) { c.before("<1>").after("<2>", { html: true }); } })),
    "replace": () => rewrite("<p><!--hi--></p>", (r, note) => r.on("p", { comments(c) { c.replace("x"); note(c.removed); } })),
    "remove": () => rewrite("<p><!--hi--></p>", (r, note) => r.on("p", { comments(c) { c.remove(); note(c.removed); } })),
    "strange ones": () => rewrite("<p><!a><?b?><!--c--!></p>", (r, note) => r.on("p", { comments(c) { note(c.text); } })),
  }),
  "doctypes": () => outcomes(Object.fromEntries(["<!doctype html>", "<!DOCTYPE HTML PUBLIC 'a' \"b\">", "<!doctype>", "<!doctype html system 'x'>", "<!doctype svg>", "x<!doctype html>"].map((html) => [html, () => rewrite(html, (r, note) => r.onDocument({ doctype(d) { note(d.name, d.publicId, d.systemId); } }))]))),
  "the document's end": () => outcomes({
    "append": () => rewrite("<p>", (r) => r.onDocument({ end(end) { end.append("<x>").append("<y>", { html: true }); } })),
    "of nothing": () => rewrite("", (r, note) => r.onDocument({ end(end) { note("end"); end.append("x"); } })),
    "a response": () => rewrite("<p>", (r) => r.onDocument({ end(end) { end.append(new Response("<z>"), { html: true }); } })),
    "no argument": () => rewrite("<p>", (r) => r.onDocument({ end(end) { end.append(); } })),
    "throws": () => rewrite("<p>", (r) => r.onDocument({ end() { throw new Error("at the end"); } })),
    "two of them": () => rewrite("<p>", (r) => r.onDocument({ end(end) { end.append("1"); } }).onDocument({ end(end) { end.append("2"); } })),
  }),
  "the order of handlers": () => rewrite("<div><p>t<!--c--></p></div>", (r, note) => r
    .on("p", { element() { note("1 element"); }, text(t) { note("1 text", t.text); }, comments() { note("1 comment"); } })
    .onDocument({ text(t) { note("document text", t.text); }, comments() { note("document comment"); }, end() { note("end"); } })
    .on("div p", { element() { note("2 element"); }, text(t) { note("2 text", t.text); }, comments() { note("2 comment"); } })
    .on("div", { text(t) { note("3 text", t.text); } })),
  "handlers see what others did": () => rewrite("<p a=1><!--c--></p>", (r, note) => r
    .on("p", { element(e) { e.setAttribute("a", "2"); e.tagName = "div"; e.remove(); }, comments(c) { c.text = "new"; } })
    .on("*", { element(e) { note(e.tagName, [...e.attributes], e.removed); }, comments(c) { note(c.text); } })),
  "this": () => rewrite("<p>t</p>", (r, note) => {
    const handlers = { element(e) { note(this === handlers); e.onEndTag(function () { note(this === undefined, typeof this); }); } };
    r.on("p", handlers);
    class Handler { element(e) { note(this instanceof Handler, e.tagName); } }
    r.on("p", new Handler());
  }),
  "tokens kept too long": async () => {
    const kept = {};
    await new HTMLRewriter().on("p", { element(e) { Object.assign(kept, { element: e, attributes: e.attributes }); }, text(t) { kept.text ??= t; }, comments(c) { kept.comment = c; } })
      .onDocument({ doctype(d) { kept.doctype = d; }, end(end) { kept.end = end; } }).transform(page("<!doctype html><p a=1>t<!--c--></p>")).text();
    return outcomes({
      tagName: () => kept.element.tagName, attributes: () => kept.element.attributes, setAttribute: () => kept.element.setAttribute("a", "b"), before: () => kept.element.before("x"),
      "before nothing": () => kept.element.before(), remove: () => kept.element.remove(), onEndTag: () => kept.element.onEndTag(() => {}), next: () => kept.attributes.next(), text: () => kept.text.text,
      comment: () => { kept.comment.text = "x"; }, "a comment with an end": () => { kept.comment.text = "-->"; }, doctype: () => kept.doctype.name, end: () => kept.end.append("x"), json: () => JSON.stringify(kept.element), removed: () => kept.text.removed,
    });
  },
  "handlers that wait": () => outcomes({
    "elements": () => rewrite("<p>1</p><p>2</p>", (r, note) => r.on("p", { async element(e) { note("start"); await later(2); e.append(" late"); note(e.tagName, "end"); } })),
    "texts": () => rewrite("<p>1</p>", (r) => r.on("p", { async text(t) { await later(1); if (t.text) t.replace("late"); } })),
    "end": () => rewrite("<p>", (r) => r.onDocument({ async end(end) { await later(1); end.append("late"); } })),
    "a promise of another kind": () => rewrite("<p>", (r, note) => r.on("p", { element() { return { then(resolve) { note("then"); resolve(); } }; } })),
    "storage": async () => rewrite("<p>", (r) => r.on("p", { async element(e) { e.append(await (await fetch("data:,x").catch(() => new Response("no"))).text()); } })),
  }),
  "handlers that throw": () => outcomes({
    "an error": () => edit("<p>x</p>", () => { throw new RangeError("mine"); }),
    "later": () => rewrite("<p>x</p>", (r) => r.on("p", { async element() { await later(1); throw new TypeError("late"); } })),
    "text": () => edit("<p>x</p>", () => { throw "text"; }),
    "in texts": () => rewrite("<p>x</p>", (r) => r.on("p", { text() { throw new Error("in text"); } })),
    "after some output": async () => {
      const reader = new HTMLRewriter().on("b", { element() { throw new Error("mine"); } }).transform(new Response(parts("<p>first</p>", "<b>"))).body.getReader();
      return [new TextDecoder().decode((await reader.read()).value), await outcome(() => reader.read()), await outcome(() => reader.closed)];
    },
    "and no others": () => rewrite("<p>x</p><p>y</p>", (r, note) => r.on("p", { element() { note("called"); throw new Error("once"); } }).onDocument({ end() { note("end"); } })),
  }),
  "input in parts": () => outcomes({
    "tags cut": () => rewrite("", (r, note) => r.on("p", { element(e) { note(e.getAttribute("class")); }, text(t) { note(t.text, t.lastInTextNode); } }), parts("<p>he", "llo</", "p><p cl", "ass=x>y</p>")),
    "characters cut": () => rewrite("", (r, note) => r.on("p", { text(t) { note(t.text, t.lastInTextNode); } }), parts("<p>", new Uint8Array([0xc3]), new Uint8Array([0xa9]), "</p>")),
    "a broken character": () => rewrite("", (r, note) => r.on("p", { text(t) { note(t.text); } }), parts("<p>", new Uint8Array([0xff, 0xc3]), "</p>")),
    "byte by byte": () => rewrite("", (r) => r.on("p", { element(e) { e.append("!"); } }), parts(..."<p a='1'>é</p><!--c--><br/>")),
    "an unfinished tag": () => rewrite("", (r, note) => r.on("*", { element(e) { note(e.tagName); } }), parts("<p><di")),
  }),
  "run without a reader": async () => {
    let count = 0;
    const changed = new HTMLRewriter().on("p", { element() { count++; } }).transform(page("<p>1<p>2"));
    await later(5);
    return [count, await changed.text()];
  },
  "cancelled": async () => {
    const changed = new HTMLRewriter().on("p", { element(e) { e.append("!"); } }).transform(page("<p>1</p>".repeat(100)));
    const reader = changed.body.getReader();
    await reader.read();
    return outcome(() => reader.cancel("enough"));
  },
  "a source that fails": differs("the reference never settles the body", { gave: { threw: { $: "RangeError", name: "RangeError", message: "source" } } }, async () => {
    const stream = new ReadableStream({ start(c) { c.enqueue(encode("<p>")); c.error(new RangeError("source")); } });
    return outcome(() => Promise.race([new HTMLRewriter().on("p", { element() {} }).transform(new Response(stream)).text(), later(300).then(() => "nothing came")]));
  }),
  "encodings": () => {
    const transform = async (bytes, type) => {
      const notes = [];
      const changed = new HTMLRewriter().on("p", { element(e) { e.append("é€"); }, text(t) { if (t.text) notes.push(t.text); } }).transform(new Response(bytes, { headers: { "content-type": type } }));
      return [new Uint8Array(await changed.arrayBuffer()), notes];
    };
    const latin = new Uint8Array([60, 112, 62, 233, 60, 47, 112, 62]);
    return outcomes(Object.fromEntries(["text/html; charset=latin1", "text/html;charset=\"windows-1252\"", "text/html; charset=utf-8", "text/html", "text/html; charset=nonsense", "text/html; charset=utf-16", "text/html; charset=", "text/html; charset=koi8-r", "text/html; charset=shift_jis", "text/plain", "text/html; x=y; CHARSET=Latin1"].map((type) => [type, () => transform(latin, type)])));
  },
  "ambiguous markup": () => outcomes({
    "title in select": () => rewrite("<select><div><title>x</title></div></select>", (r) => r.on("p", { element() {} })),
    "script in select": () => rewrite("<select><script>x</script></select>", (r) => r.on("p", { element() {} })),
    "no handlers": () => rewrite("<select><div><title>x</title></div></select>", () => {}),
    "plaintext": () => rewrite("<plaintext><p>x", (r) => r.on("p", { element(e) { e.append("!"); } })),
    "frameset": () => rewrite("<frameset><xmp>", (r) => r.on("*", { element(e) { e.before("!"); } })),
    "template": () => rewrite("<template><p>x</p></template>", (r) => r.on("p", { element(e) { e.append("!"); } })),
    "noscript": () => rewrite("<noscript><p>x</p></noscript>", (r) => r.on("p", { element(e) { e.append("!"); } })),
    "cdata": () => rewrite("<svg><![CDATA[<p>]]></svg><![CDATA[<p>]]>", (r, note) => r.on("*", { element(e) { note(e.tagName); }, text(t) { note(t.text); } })),
  }),
  "large documents": async () => {
    let count = 0;
    const html = "<li class=x>item</li>".repeat(5000);
    const text = await new HTMLRewriter().on("li", { element(e) { count++; e.setAttribute("n", String(count)); } }).transform(page(html)).text();
    return [count, text.length, text.slice(-40)];
  },
  "a token that is too large": async () => {
    const found = await outcome(() => new HTMLRewriter().on("p", { element() {} }).transform(new Response(parts("<p a='", ...Array(40).fill("x".repeat(100_000)), "'>"))).text());
    return found.threw ?? found.gave.length;
  },
  "a chain": () => outcome(() => {
    const add = (text) => new HTMLRewriter().on("p", { element(e) { e.append(text); } });
    return add("3").transform(add("2").transform(add("1").transform(page("<p>x</p>")))).text();
  }),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
