// zod with @hono/zod-validator: what schemas say about good and bad input.
import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";
import * as mini from "zod/mini";

const Address = z.object({ street: z.string().min(1), zip: z.string().regex(/^\d{5}$/) });
const Person = z.strictObject({
  name: z.string().trim().min(2).max(20),
  email: z.email(),
  age: z.coerce.number().int().min(0).max(150).optional(),
  born: z.iso.date().optional(),
  site: z.url().optional(),
  key: z.uuid().optional(),
  role: z.enum(["admin", "member"]).default("member"),
  tags: z.array(z.string()).max(3).default([]),
  address: Address.optional(),
});
const Shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number().positive() }),
  z.object({ kind: z.literal("square"), side: z.number().positive() }),
]);
type Tree = { value: number; children: Tree[] };
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(Tree) }));
const Others: Record<string, z.ZodType> = {
  shape: Shape,
  tree: Tree,
  union: z.union([z.string(), z.number(), z.null()]),
  record: z.record(z.string(), z.number()),
  tuple: z.tuple([z.string(), z.number()]).rest(z.boolean()),
  password: z.object({ a: z.string(), b: z.string() }).refine((both) => both.a === both.b, { message: "they differ", path: ["b"] }),
  transformed: z.string().transform((text) => text.length).pipe(z.number().min(3)),
  date: z.coerce.date().max(new Date("2030-01-01")),
  async: z.string().refine(async (text) => text !== "taken", "taken"),
  ip: z.union([z.ipv4(), z.ipv6()]),
  base64: z.base64(),
  emoji: z.emoji(),
  big: z.coerce.bigint().transform(String),
  intersection: z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
};

export class App extends DurableObject {
  app = new Hono();

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, data TEXT NOT NULL, email AS (data ->> 'email') STORED)");
    sql.exec("CREATE UNIQUE INDEX IF NOT EXISTS by_email ON people (email)");
    this.app
      .post("/people", zValidator("json", Person), (c) => {
        const { id } = sql.exec("INSERT INTO people (data) VALUES (?) RETURNING id", JSON.stringify(c.req.valid("json"))).one();
        return c.json({ id, ...c.req.valid("json") }, 201);
      })
      .get("/people", zValidator("query", z.object({ limit: z.coerce.number().max(10).default(5) })), (c) =>
        c.json(sql.exec("SELECT data FROM people ORDER BY email LIMIT ?", c.req.valid("query").limit).toArray().map((row) => Person.parse(JSON.parse(row.data as string)))))
      .post("/check/:schema", async (c) => {
        const result = await Others[c.req.param("schema")].safeParseAsync(await c.req.json());
        if (result.success) return c.json({ data: result.data });
        return c.json({ issues: result.error.issues, text: z.prettifyError(result.error), tree: z.treeifyError(result.error), flat: z.flattenError(result.error) }, 400);
      })
      .get("/schema", (c) => c.json(z.toJSONSchema(Person)))
      .get("/mini", (c) => c.json(mini.object({ a: mini.optional(mini.string()) }).safeParse({ a: 1 })))
      .onError((error, c) => c.text(`${error.name}: ${error.message}`, 500));
  }

  fetch(request: Request) {
    return this.app.fetch(request);
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
