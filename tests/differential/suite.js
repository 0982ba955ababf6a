// What every program of the differential suite is made of.
//
// A program is a worker of its own. It names cases; each is a function that is given `t` (see
// `context`) and returns what it observed. A case runs inside a fresh durable object of the class
// `Place`, or in the stateless worker when it is wrapped in `stateless`. `differs` marks a case
// whose answer is another one than the reference's on purpose, and says which and why.
//
//   GET /            lists the cases
//   GET /?case=NAME  runs one and answers with its observation, as `show` writes it
//
// A case made with `exchange` is a request from outside, with the header `x-case`; what is compared
// is the answer as it comes over the wire: status, headers, body.
//
// Both sides run exactly this text; tests/differential/record.mjs keeps the reference's answers.

import { DurableObject } from "cloudflare:workers";

const STATELESS = Symbol("stateless");
const DIFFERS = Symbol("differs");
const EXCHANGE = Symbol("exchange");

/** A case that runs in the stateless worker. */
export const stateless = (run) => Object.assign(run, { [STATELESS]: true });

/** A case whose answer differs from the reference's on purpose: `answer`, because of `reason`. */
export const differs = (reason, answer, run) => Object.assign(run, { [DIFFERS]: { reason, answer } });

/** A case that answers `request` ({method, path, headers, body}) from outside with a Response. */
export const exchange = (request, answer) => Object.assign(answer, { [EXCHANGE]: request });

/** The worker and the class `Place` that run `cases`. */
export function program(cases) {
  class Place extends DurableObject {
    async fetch(request) {
      return answer(cases[caseOf(request)], context(this.ctx, this.env, this, caseOf(request)));
    }
  }
  const worker = {
    async fetch(request, env, ctx) {
      const name = request.headers.get("x-case") ?? caseOf(request);
      if (name === null) return Response.json(Object.entries(cases).map(listed));
      if (!(name in cases)) return new Response(`no case called ${name}`, { status: 404 });
      if (cases[name][EXCHANGE]) return cases[name](request, context(ctx, env, undefined, name));
      if (cases[name][STATELESS]) return answer(cases[name], context(ctx, env, undefined, name));
      return env.PLACES.getByName(name).fetch(request);
    },
  };
  return { worker, Place };
}

const caseOf = (request) => new URL(request.url).searchParams.get("case");
const listed = ([name, run]) => ({ name, differs: run[DIFFERS] ?? null, request: run[EXCHANGE] ?? null });

async function answer(run, t) {
  return new Response(JSON.stringify(await outcome(() => run(t)), null, 1));
}

/** What a case is given. */
function context(ctx, env, self, name) {
  return {
    ctx, env, self,
    storage: ctx.storage,
    sql: self && ctx.storage.sql,
    facets: ctx.facets,
    exports: ctx.exports,
    /** A stub of class `Subject`, one that no other case uses. */
    subject: (id = "one") => env.SUBJECTS.getByName(`${name}: ${id}`),
    /** Loads `source` as the main module of a dynamic worker; `more` adds to its WorkerCode. */
    load: (source, more = {}) => env.LOADER.load(code(source, more)),
  };
}

/** A WorkerCode around one module of text. */
export function code(source, more = {}) {
  const { modules, ...rest } = more;
  return {
    compatibilityDate: "2026-08-01",
    mainModule: "main.js",
    modules: { "main.js": source, ...modules },
    ...rest,
  };
}

/** A class whose fetch calls the method that `ask` names. */
export class Actor extends DurableObject {
  async fetch(request) {
    const [method, args] = await request.json();
    return new Response(JSON.stringify(show(await this[method](...args))));
  }
}

/** Calls a method of an `Actor`; answers with what `show` made of its result. */
export async function ask(stub, method, ...args) {
  const response = await stub.fetch("http://actor/", { method: "POST", body: JSON.stringify([method, args]) });
  return response.json();
}

/** Text of what a stub answers to a GET. */
export const textOf = async (stub, url = "http://stub/") => (await stub.fetch(url)).text();

/** What `run` returned or threw, written so that it can be compared. */
export async function outcome(run) {
  try {
    return { gave: show(await run()) };
  } catch (error) {
    return { threw: show(error) };
  }
}

/** The same for several, by name. */
export async function outcomes(runs) {
  const all = {};
  for (const [name, run] of Object.entries(runs)) all[name] = await outcome(run);
  return all;
}

/** Any value as JSON that tells apart what JSON does not. */
export function show(value, depth = 0) {
  if (depth > 12) return "too deep";
  const inner = (part) => show(part, depth + 1);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { $: "undefined" };
    case "bigint":
      return { $: "bigint", digits: String(value) };
    case "symbol":
      return { $: "symbol", text: String(value) };
    case "function":
      return { $: "function", name: value.name };
  }
  if (value === null) return null;
  if (value instanceof Error) return showError(value, inner);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof ArrayBuffer) return { $: "ArrayBuffer", bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) {
    return { $: value.constructor.name, bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  }
  if (value instanceof Date) return { $: "Date", ms: inner(value.getTime()) };
  if (value instanceof RegExp) return { $: "RegExp", text: String(value) };
  if (value instanceof Map) return { $: "Map", entries: Array.from(value, inner) };
  if (value instanceof Set) return { $: "Set", values: Array.from(value, inner) };
  if (value instanceof Headers) return { $: "Headers", entries: [...value] };
  const tag = Object.prototype.toString.call(value);
  if (tag !== "[object Object]") return { $: tag };
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
}

function showError(error, inner) {
  const shown = { $: error.constructor.name, name: error.name, message: error.message.replace(/reference = \w+/, "reference = X") };
  for (const key of Object.keys(error)) {
    if (["stack", "message", "name", "cause", "errors", "durableObjectId"].includes(key)) continue;
    shown[key] = inner(error[key]);
  }
  if ("cause" in error) shown.cause = inner(error.cause);
  if ("errors" in error) shown.errors = inner(error.errors);
  return shown;
}
