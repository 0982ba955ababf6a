// Libraries that apps written by an AI often bring along; each answers under its own name.
/** @jsxImportSource preact */
import { DurableObject } from "cloudflare:workers";
import { addDays, differenceInCalendarDays, format, formatDistance, formatISO, parseISO, startOfWeek } from "date-fns";
import { de } from "date-fns/locale";
import { Effect, Schedule, Schema } from "effect";
import { produce, produceWithPatches, enablePatches } from "immer";
import * as jose from "jose";
import { chunk, cloneDeep, debounce, groupBy, merge, orderBy, template } from "lodash-es";
import { marked } from "marked";
import { render } from "preact-render-to-string";
import superjson from "superjson";
import { match, P } from "ts-pattern";
import { decodeTime, monotonicFactory } from "ulid";
import { v1, v3, v4, v5, v7, validate, version } from "uuid";
import { assign, createActor, createMachine } from "xstate";
import * as Y from "yjs";

const DAY = new Date("2026-03-01T12:34:56.789Z");
enablePatches();

const toggle = createMachine({
  id: "toggle", initial: "off", context: { count: 0 },
  states: {
    off: { on: { FLIP: { target: "on", actions: assign({ count: ({ context }) => context.count + 1 }) } } },
    on: { after: { 5: "off" }, on: { FLIP: "off" } },
  },
});

async function tokens() {
  const secret = new TextEncoder().encode("a secret of thirty-two bytes or so");
  const signed = await new jose.SignJWT({ role: "admin" }).setProtectedHeader({ alg: "HS256" }).setSubject("ada").setIssuedAt(1_700_000_000).setExpirationTime(4_102_444_800).sign(secret);
  const encrypted = await new jose.EncryptJWT({ secret: true }).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret.slice(0, 32));
  const results: Record<string, unknown> = { signed, payload: (await jose.jwtVerify(signed, secret)).payload, decrypted: (await jose.jwtDecrypt(encrypted, secret.slice(0, 32))).payload };
  for (const alg of ["ES256", "RS256", "PS256", "EdDSA", "ES384"]) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const token = await new jose.SignJWT({ alg }).setProtectedHeader({ alg }).sign(privateKey);
    const jwk = await jose.exportJWK(publicKey);
    const local = jose.createLocalJWKSet({ keys: [{ ...jwk, alg, kid: "one" }] });
    const pem = await jose.exportSPKI(publicKey);
    const again = await jose.importSPKI(pem, alg);
    results[alg] = [Object.keys(jwk), (await jose.jwtVerify(token, local)).payload, (await jose.jwtVerify(token, again)).payload];
  }
  for (const alg of ["RSA-OAEP-256", "ECDH-ES+A256KW", "ECDH-ES"]) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg);
    const sealed = await new jose.CompactEncrypt(new TextEncoder().encode(alg)).setProtectedHeader({ alg, enc: "A128CBC-HS256" }).encrypt(publicKey);
    results[alg] = new TextDecoder().decode((await jose.compactDecrypt(sealed, privateKey)).plaintext);
  }
  for (const bad of [`${signed}x`, "a.b.c", "", signed.replace(/\..*\./, ".e30.")]) {
    results[`bad ${bad.length}`] = await jose.jwtVerify(bad, secret).catch((error) => [error.name, error.code, error.message]);
  }
  results.late = await jose.jwtVerify(signed, secret, { currentDate: new Date("2101-01-01") }).catch((error) => [error.name, error.code, error.message, error.claim]);
  results.thumbprint = await jose.calculateJwkThumbprint({ kty: "oct", k: "AAAA" });
  return results;
}

function Page({ items }: { items: string[] }) {
  return <main style={{ color: "red", lineHeight: 2 }}>{items.map((item) => <p key={item} data-x={item}>{item}</p>)}<input disabled value={'"'} /><div dangerouslySetInnerHTML={{ __html: "<b>raw</b>" }} /></main>;
}

const Person = Schema.Struct({ name: Schema.String, age: Schema.Number });
class NotThere extends Error { readonly _tag = "NotThere"; }

const answers: Record<string, (sql: SqlStorage) => unknown> = {
  jose: tokens,
  uuid: () => ({
    v3: v3("a", v3.URL), v5: v5("example.com", v5.DNS), versions: [v1(), v4(), v7()].map(version), valid: validate(v4()), invalid: validate("x"),
    fixed: v4({ random: new Uint8Array(16).fill(7) }),
  }),
  ulid: () => {
    const next = monotonicFactory();
    const [a, b] = [next(1_700_000_000_000), next(1_700_000_000_000)];
    return { length: a.length, ordered: a < b, time: decodeTime(a) };
  },
  "date-fns": () => [
    formatISO(addDays(DAY, 30)), format(DAY, "PPPPpppp"), format(DAY, "EEEE, d. MMMM yyyy HH:mm:ss.SSS xxx", { locale: de }), formatDistance(DAY, addDays(DAY, 400), { addSuffix: true }),
    differenceInCalendarDays(parseISO("2026-12-24"), DAY), startOfWeek(DAY, { weekStartsOn: 1 }),
  ],
  superjson: (sql) => {
    const value = { at: DAY, set: new Set([1, new Map([["k", 1n]])]), none: undefined, re: /a+/gi, url: new URL("https://example.com/a"), error: new RangeError("far"), nan: NaN, minus: -0 };
    sql.exec("CREATE TABLE IF NOT EXISTS saved (text TEXT)");
    sql.exec("INSERT INTO saved VALUES (?)", superjson.stringify(value));
    const { text } = sql.exec<{ text: string }>("SELECT text FROM saved").one();
    const back = superjson.parse<typeof value>(text);
    return { text, again: superjson.stringify(back) === text, date: back.at instanceof Date, error: String(back.error) };
  },
  preact: () => render(<Page items={["one", "<two>"]} />),
  marked: () => marked.parse("# Title\n\n* one\n* *two* `code` <b>\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```js\nlet a = 1 < 2;\n```\n\n[link](https://example.com \"title\") ~~gone~~\n\n1. x\n   - y\n"),
  lodash: () => ({
    chunks: chunk([1, 2, 3, 4, 5], 2), groups: groupBy(["one", "two", "three"], "length"), sorted: orderBy([{ a: 1, b: 2 }, { a: 2, b: 1 }, { a: 1, b: 3 }], ["a", "b"], ["desc", "asc"]),
    merged: merge({ a: { b: [1, 2] } }, { a: { b: [3], c: 4 } }), cloned: cloneDeep(new Map([["a", new Set([1])]])).get("a")?.has(1), debounced: typeof debounce(() => {}, 1),
  }),
  "lodash template": () => template("<%= a %>")({ a: 1 }),
  immer: () => {
    const before = { list: [{ done: false }], map: new Map() };
    const after = produce(before, (draft) => { draft.list[0].done = true; draft.list.push({ done: false }); });
    return { before, after, same: after.map === before.map, frozen: Object.isFrozen(after), patches: produceWithPatches(before, (draft) => { draft.list.length = 0; }).slice(1) };
  },
  xstate: async () => {
    const actor = createActor(toggle);
    const seen: unknown[] = [];
    actor.subscribe((snapshot) => seen.push([snapshot.value, snapshot.context]));
    actor.start();
    actor.send({ type: "FLIP" });
    await new Promise((done) => setTimeout(done, 20));
    actor.send({ type: "FLIP" });
    return { seen, saved: actor.getPersistedSnapshot() };
  },
  "ts-pattern": () => [{ type: "a", n: 1 }, { type: "b" }, [1, "x"], null].map((value) => match<unknown, string>(value)
    .with({ type: "a", n: P.number.gt(0) }, ({ n }) => `a ${n}`).with([P.number, P.string], ([, text]) => text).with(P.nullish, () => "nothing").otherwise(() => "other")),
  effect: async () => {
    const program = Effect.gen(function* () {
      const list = yield* Effect.all([Effect.succeed(1), Effect.promise(async () => 2), Effect.sync(() => 3)], { concurrency: "unbounded" });
      yield* Effect.sleep("2 millis");
      return list;
    });
    let tries = 0;
    const flaky = Effect.suspend(() => (++tries < 3 ? Effect.fail(new NotThere("not yet")) : Effect.succeed("there")));
    const decode = Schema.decodeUnknownSync(Person);
    let bad = "";
    try { decode({ name: "Ada", age: "x" }); } catch (error) { bad = String(error); }
    return { list: await Effect.runPromise(program), retried: await Effect.runPromise(Effect.retry(flaky, Schedule.recurs(5))), tries, good: decode({ name: "Ada", age: 36 }), bad };
  },
  yjs: (sql) => {
    sql.exec("CREATE TABLE IF NOT EXISTS updates (data BLOB)");
    const first = new Y.Doc();
    first.clientID = 1;
    first.on("update", (update: Uint8Array) => sql.exec("INSERT INTO updates VALUES (?)", update));
    first.getText("t").insert(0, "hello");
    first.getMap("m").set("k", { a: [1, null, "ä"] });
    first.getText("t").delete(0, 1);
    first.getArray("l").push([1, 2, 3]);
    const second = new Y.Doc();
    for (const { data } of sql.exec<{ data: ArrayBuffer }>("SELECT data FROM updates")) Y.applyUpdate(second, new Uint8Array(data));
    return { text: second.getText("t").toString(), json: second.toJSON(), state: [...Y.encodeStateAsUpdate(second)] };
  },
};

export class App extends DurableObject {
  async fetch(request: Request) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    try {
      return Response.json(await answers[name](this.ctx.storage.sql));
    } catch (error) {
      return Response.json({ failed: String(error) }, { status: 500 });
    }
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
