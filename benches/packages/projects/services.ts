// Clients of services, and libraries that sign, parse and format; no request leaves the object.
import Anthropic from "@anthropic-ai/sdk";
import bcrypt from "bcryptjs";
import * as cheerio from "cheerio/slim";
import { DurableObject } from "cloudflare:workers";
import dayjs from "dayjs";
import Decimal from "decimal.js";
import { compressSync, decompressSync } from "fflate";
import * as yaml from "js-yaml";
import jwt from "jsonwebtoken";
import OpenAI from "openai";
import pLimit from "p-limit";
import Papa from "papaparse";
import PostalMime from "postal-mime";
import qs from "qs";
import Stripe from "stripe";
import * as v from "valibot";

const answering = (make: () => Response) => (async () => make()) as typeof fetch;
const EVENTS = ["he", "y"].map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`).join("");
const MAIL = "From: A <a@example.com>\r\nSubject: =?utf-8?q?h=C3=A4?=\r\nContent-Type: text/html\r\n\r\n<b>x</b>";

const answers: Record<string, () => unknown> = {
  anthropic: () => new Anthropic({ apiKey: "none", fetch: answering(() => Response.json({ content: [{ type: "text", text: "hi" }] })) })
    .messages.create({ model: "m", max_tokens: 1, messages: [] }).then(({ content }) => content),
  "anthropic's error": () => new Anthropic({ apiKey: "none", maxRetries: 0, fetch: answering(() => Response.json({ error: { type: "t", message: "bad" } }, { status: 400 })) })
    .messages.create({ model: "m", max_tokens: 1, messages: [] }).catch((error) => [error.message, error.status]),
  openai: async () => {
    const client = new OpenAI({ apiKey: "none", fetch: answering(() => new Response(`${EVENTS}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } })) });
    let text = "";
    for await (const chunk of await client.chat.completions.create({ model: "m", messages: [], stream: true })) text += chunk.choices[0].delta.content;
    return text;
  },
  stripe: async () => {
    const stripe = new Stripe("sk_test_none", { httpClient: Stripe.createFetchHttpClient(answering(() => Response.json({ id: "cus_1", object: "customer" }))) });
    const { id } = await stripe.customers.create({ email: "a@example.com" });
    return [id, await stripe.webhooks.generateTestHeaderStringAsync({ payload: "{}", secret: "whsec", timestamp: 1_700_000_000 })];
  },
  bcryptjs: async () => [bcrypt.compareSync("a", await bcrypt.hash("a", 4)), bcrypt.hashSync("x", "$2a$04$abcdefghijklmnopqrstuu")],
  jsonwebtoken: () => {
    const token = jwt.sign({ a: 1, iat: 1 }, "secret");
    try { jwt.verify(token, "other"); } catch (error) { return [token, jwt.verify(token, "secret"), String(error)]; }
  },
  papaparse: () => Papa.parse('a,b\n1,"x,y"\n', { header: true }).data,
  cheerio: () => cheerio.load("<ul><li class=a>1<li>2</ul>", { xml: false })("li.a").text(),
  "js-yaml": () => [yaml.load("a: [1, 2]\nb: 2026-01-01"), yaml.dump({ a: [1, { b: "x: y" }] })],
  dayjs: () => dayjs(new Date(0)).add(1, "month").format("YYYY-MM-DD HH:mm"),
  "decimal.js": () => new Decimal("0.1").plus("0.2").sqrt().toString(),
  qs: () => [qs.parse("a[b]=1&a[c][]=2"), qs.stringify({ a: [1, 2] })],
  "p-limit": () => Promise.all([1, 2, 3].map((n) => pLimit(1)(async () => n * 2))),
  valibot: () => v.safeParse(v.object({ a: v.pipe(v.string(), v.email()) }), { a: "x" }).issues,
  fflate: () => new TextDecoder().decode(decompressSync(compressSync(new TextEncoder().encode("hello hello")))),
  "postal-mime": () => PostalMime.parse(MAIL),
};

export class App extends DurableObject {
  async fetch(request: Request) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    try {
      return Response.json(await answers[name]());
    } catch (error) {
      return Response.json({ failed: String(error) }, { status: 500 });
    }
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
