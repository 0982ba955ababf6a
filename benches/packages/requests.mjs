// The requests that each project of projects/ answers on both runtimes, in order.

const get = (path, headers = {}) => ({ method: "GET", path, headers });
const send = (method, path, body, headers = {}) => ({ method, path, headers, body });
const json = (method, path, value) => send(method, path, JSON.stringify(value), { "content-type": "application/json" });
const post = (path, value) => json("POST", path, value);
const socket = (path, ...messages) => ({ method: "WebSocket", path, messages });

const MCP = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const rpc = (method, params) => send("POST", "/json", JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), MCP);

const FORM = "application/x-www-form-urlencoded";
const PARTS = ["--cut", 'Content-Disposition: form-data; name="a"', "", "one", "--cut",
  'Content-Disposition: form-data; name="f"; filename="ä.txt"', "Content-Type: text/plain", "", "content", "--cut--", ""].join("\r\n");

const ada = { name: "  Ada ", email: "ada@example.com", age: "36" };

export const REQUESTS = {
  "hono.tsx": [
    get("/tasks"), post("/tasks", { title: "write" }), post("/tasks", { title: "<read>" }), post("/tasks", { title: "" }),
    send("POST", "/tasks", "{bad", { "content-type": "application/json" }), send("POST", "/tasks", "text", { "content-type": "text/plain" }),
    post("/tasks", { title: "write" }), json("PATCH", "/tasks/1"), json("PATCH", "/tasks/99"), json("PATCH", "/tasks/x"),
    get("/"), get("/template"), get("/unique"), send("DELETE", "/tasks/2"), get("/tasks"),
    send("POST", "/form", "a=1&a=2&b=%C3%A4+c", { "content-type": FORM }),
    send("POST", "/form", PARTS, { "content-type": "multipart/form-data; boundary=cut" }),
    get("/cookies/set"), get("/cookies", { cookie: 'plain="q%20uoted"; other=1; signed=trusted.bad' }), get("/cookies/delete"),
    get("/cookies", { cookie: "signed=trusted.nFBoX%2F2ttSaWXcyBrhI6xPXwCHaY%2F4gRGVZ%2BqQ0hT7E%3D" }),
    get("/stream"), get("/text"), get("/events"), get("/broken"), get("/compressed", { "accept-encoding": "gzip" }), get("/compressed"),
    get("/fail"), get("/cors/data", { origin: "https://example.com" }), get("/cors/data", { origin: "https://evil.example" }),
    send("OPTIONS", "/cors/data", undefined, { origin: "https://example.com", "access-control-request-method": "PUT", "access-control-request-headers": "x-a, x-b" }),
    get("/etag"), get("/etag", { "if-none-match": '"9e3c6c2a"' }), get("/secure"), get("/pretty?pretty"), send("POST", "/small", "12345678"),
    send("POST", "/small", "123456789"), get("/private/data"), get("/private/data", { authorization: `Basic ${btoa("ada:byron")}` }),
    get("/private/data", { authorization: `Basic ${btoa("ada:wrong")}` }), send("POST", "/csrf", "a=1", { "content-type": FORM, origin: "https://evil.example" }),
    get("/redirect"), get("/query?a=1&tag=x&tag=y%20z", { "x-asked": "yes" }), get("/jwt"), get("/files/a/b%20c/d"), get("/sub/api/x"), get("/sub/api"),
    get("/mounted/inside"), get("/nowhere"), send("HEAD", "/tasks"), send("PUT", "/tasks"), socket("/socket", "one", "two", "ä"), get("/socket"), get("/tasks"),
  ],
  "itty-router.ts": [
    get("/notes"), post("/notes", { text: "first <b>", tag: "x" }), post("/notes", { text: "second" }), post("/notes", {}),
    send("POST", "/notes", "{bad", { "content-type": "application/json" }), send("POST", "/notes", "a=b", { "content-type": FORM }),
    send("POST", "/notes", "text=from+form&tag=f", { "content-type": FORM }), get("/notes"), get("/notes/1"), get("/notes/99"),
    json("PUT", "/notes/1", { text: "changed" }), send("DELETE", "/notes/2"), send("DELETE", "/notes/2"), get("/html"), get("/page"), get("/template"),
    get("/cookies?a=1&a=2&b", { cookie: "one=1; two=b=c" }), get("/throws"), get("/bad-json"), get("/bad-sql"), get("/png"),
    get("/greedy/a/b/c"), get("/file.txt"), get("/nowhere"),
    send("OPTIONS", "/notes", undefined, { origin: "https://a.example", "access-control-request-method": "PUT" }), get("/notes", { origin: "https://b.example" }),
  ],
  "zod.ts": [
    post("/people", ada), post("/people", ada), post("/people", { name: "G", email: "nobody", age: 200, extra: 1 }),
    post("/people", { name: "Grace", email: "grace@example.com", role: "queen", tags: ["a", "b", "c", "d"], address: { street: "", zip: "12" } }),
    post("/people", { name: "Grace", email: "grace@example.com", born: "1906-12-09", site: "https://example.com", key: "123e4567-e89b-42d3-a456-426614174000", tags: ["navy"] }),
    post("/people", { name: "Grace", email: "g@example.com", born: "1906-13-09", site: "no site", key: "zz" }), post("/people", [1]),
    send("POST", "/people", "{bad", { "content-type": "application/json" }), get("/people"), get("/people?limit=1"), get("/people?limit=50"), get("/people?limit=x"),
    post("/check/shape", { kind: "circle", radius: 2 }), post("/check/shape", { kind: "line" }), post("/check/shape", { kind: "square", side: -1 }),
    post("/check/tree", { value: 1, children: [{ value: 2, children: [] }] }), post("/check/tree", { value: 1, children: [{ value: "2", children: [] }] }),
    post("/check/union", true), post("/check/record", { a: 1, b: "2" }), post("/check/tuple", ["a", 1, true, 2]), post("/check/tuple", ["a"]),
    post("/check/password", { a: "1", b: "2" }), post("/check/transformed", "ab"), post("/check/transformed", "abcd"), post("/check/date", "2031-01-01"),
    post("/check/date", "never"), post("/check/date", "2020-02-03T04:05:06Z"), post("/check/async", "taken"), post("/check/async", "free"), post("/check/ip", "1.2.3.256"),
    post("/check/ip", "::1"), post("/check/base64", "a==="), post("/check/emoji", "😀👍"), post("/check/emoji", "ab"), post("/check/big", "123456789012345678901234567890"),
    post("/check/big", "x"), post("/check/intersection", { a: "1" }), get("/schema"), get("/mini"), get("/nowhere"),
  ],
  "drizzle-orm.ts": [
    "migrate-again", "insert", "posts", "select", "get", "none", "join", "left", "group", "relations", "first", "update", "upsert", "run", "values", "all", "prepared",
    "duplicate", "foreign", "rollback", "select", "nested", "async-transaction", "blob", "cascade", "sql", "join",
  ].map((step) => get(`/${step}`)),
  "kysely.ts": ["migrate", "migrate", "insert", "select", "update", "count", "stream", "raw", "duplicate", "missing", "tables"].map((step) => get(`/${step}`)),
  "libraries.tsx": [
    "jose", "uuid", "ulid", "date-fns", "superjson", "preact", "marked", "lodash", "lodash template", "immer", "xstate", "ts-pattern", "effect", "yjs",
  ].map((name) => get(`/${encodeURIComponent(name)}`)),
  "mcp.ts": [
    rpc("initialize", { protocolVersion: "2025-03-26", capabilities: {}, clientInfo: { name: "c", version: "1" } }), rpc("tools/list"), rpc("tools/call", { name: "remember", arguments: { fact: "water is wet" } }),
    rpc("tools/call", { name: "remember", arguments: { fact: "x" } }), rpc("tools/call", { name: "fail" }), rpc("tools/call", { name: "none" }), rpc("resources/read", { uri: "fact://1" }),
    rpc("resources/read", { uri: "fact://9" }), rpc("resources/templates/list"), rpc("prompts/get", { name: "ask", arguments: { about: "cats" } }), rpc("nowhere"), rpc("ping"),
    { ...rpc("ping"), path: "/stream" }, { ...rpc("tools/list"), path: "/stream" }, send("POST", "/json", "{bad", MCP), send("POST", "/json", "{}", { accept: "text/html" }), send("DELETE", "/json"), send("PUT", "/json"),
  ],
  "partyserver.ts": [
    get("/parties/app/lobby"), socket("/parties/app/lobby?nick=ada", "hello", "ä", "bye"), get("/parties/app/lobby"), get("/parties/none/lobby"), get("/elsewhere"), send("OPTIONS", "/parties/app/lobby"),
  ],
  "nanoid.ts": [get("/make?url=a"), get("/make?url=b"), get("/forms"), get("/")],
  "services.ts": [
    "anthropic", "anthropic's error", "openai", "stripe", "bcryptjs", "jsonwebtoken", "papaparse", "cheerio", "js-yaml", "dayjs",
    "decimal.js", "qs", "p-limit", "valibot", "fflate", "postal-mime",
  ].map((name) => get(`/${encodeURIComponent(name)}`)),
};
