// drizzle-orm over a durable object's SQLite: its migrator, queries, relations, transactions, errors.
import { DurableObject } from "cloudflare:workers";
import { and, asc, count, desc, eq, gt, inArray, like, relations, sql, sum } from "drizzle-orm";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { blob, index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

const authors = sqliteTable("authors", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull(),
  settings: text("settings", { mode: "json" }).$type<{ dark: boolean }>(),
  since: integer("since", { mode: "timestamp" }),
}, (table) => [uniqueIndex("by_name").on(table.name)]);
const posts = sqliteTable("posts", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  author: integer("author_id").notNull().references(() => authors.id, { onDelete: "cascade" }),
  title: text("title").notNull(),
  published: integer("published", { mode: "boolean" }).notNull().default(false),
  score: real("score").notNull().default(0),
  raw: blob("raw", { mode: "buffer" }),
}, (table) => [index("by_author").on(table.author)]);
const authorRelations = relations(authors, ({ many }) => ({ posts: many(posts) }));
const postRelations = relations(posts, ({ one }) => ({ writer: one(authors, { fields: [posts.author], references: [authors.id] }) }));
const schema = { authors, posts, authorRelations, postRelations };

/** What `drizzle-kit generate` writes for these tables. */
const migrations = {
  journal: { entries: [
    { idx: 0, when: 1700000000000, tag: "0000_first", breakpoints: true },
    { idx: 1, when: 1700000001000, tag: "0001_second", breakpoints: true },
  ] },
  migrations: {
    m0000: "CREATE TABLE `authors` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`name` text NOT NULL,\n\t`settings` text,\n\t`since` integer\n);\n--> statement-breakpoint\nCREATE UNIQUE INDEX `by_name` ON `authors` (`name`);",
    m0001: "CREATE TABLE `posts` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`author_id` integer NOT NULL,\n\t`title` text NOT NULL,\n\t`published` integer DEFAULT false NOT NULL,\n\t`score` real DEFAULT 0 NOT NULL,\n\t`raw` blob,\n\tFOREIGN KEY (`author_id`) REFERENCES `authors`(`id`) ON UPDATE no action ON DELETE cascade\n);\n--> statement-breakpoint\nCREATE INDEX `by_author` ON `posts` (`author_id`);",
  },
};

export class App extends DurableObject {
  db = drizzle(this.ctx.storage, { schema, logger: false });

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(() => migrate(this.db, migrations));
  }

  steps: Record<string, (request: Request) => unknown> = {
    "/migrate-again": async () => {
      await migrate(this.db, migrations);
      return this.ctx.storage.sql.exec("SELECT name FROM sqlite_master ORDER BY name").toArray();
    },
    "/insert": () => this.db.insert(authors).values([
      { name: "Ada", settings: { dark: true }, since: new Date(1_700_000_000_000) },
      { name: "Grace", since: null },
    ]).returning(),
    "/posts": () => this.db.insert(posts).values([
      { author: 1, title: "Engines", published: true, score: 4.5 },
      { author: 1, title: "Notes", score: 2 },
      { author: 2, title: "Compilers", published: true, score: 5 },
    ]).returning(),
    "/select": () => this.db.select().from(posts).where(and(eq(posts.published, true), gt(posts.score, 3))).orderBy(desc(posts.score)).all(),
    "/get": () => this.db.select({ name: authors.name }).from(authors).where(eq(authors.id, 1)).get(),
    "/none": () => ({ none: this.db.select().from(authors).where(eq(authors.id, 99)).get() ?? "undefined" }),
    "/join": () => this.db.select().from(posts).innerJoin(authors, eq(posts.author, authors.id)).orderBy(asc(posts.id)),
    "/left": () => this.db.select().from(authors).leftJoin(posts, eq(posts.author, authors.id)).where(like(authors.name, "%a%")).orderBy(authors.id, posts.id),
    "/group": () => this.db.select({ name: authors.name, n: count(), total: sum(posts.score) }).from(posts).innerJoin(authors, eq(posts.author, authors.id)).groupBy(authors.id),
    "/relations": () => this.db.query.authors.findMany({ with: { posts: { columns: { title: true }, orderBy: desc(posts.title) } } }),
    "/first": () => this.db.query.posts.findFirst({ with: { writer: true }, extras: { upper: sql<string>`upper(${posts.title})`.as("upper") } }),
    "/update": () => this.db.update(posts).set({ score: sql`${posts.score} + 1` }).where(inArray(posts.id, [1, 2])).returning({ id: posts.id, score: posts.score }),
    "/upsert": () => this.db.insert(authors).values({ name: "Ada" }).onConflictDoUpdate({ target: authors.name, set: { settings: { dark: false } } }).returning(),
    "/run": () => Object.keys(this.db.run(sql`UPDATE posts SET title = title`) as object),
    "/values": () => this.db.values(sql`SELECT id, title FROM posts WHERE id < ${3}`),
    "/all": () => this.db.all(sql`SELECT 1 AS one, 'two' AS two, NULL AS three`),
    "/prepared": () => this.db.select().from(authors).where(eq(authors.id, sql.placeholder("id"))).prepare().all({ id: 2 }),
    "/duplicate": () => this.db.insert(authors).values({ name: "Ada" }),
    "/foreign": () => this.db.insert(posts).values({ author: 77, title: "Orphan" }).run(),
    "/rollback": () => this.db.transaction((tx) => {
      tx.delete(posts).run();
      tx.rollback();
    }),
    "/nested": () => this.db.transaction((tx) => {
      tx.insert(authors).values({ name: "Outer" }).run();
      try {
        tx.transaction((inner) => {
          inner.insert(authors).values({ name: "Inner" }).run();
          throw new Error("inner fails");
        });
      } catch {}
      return tx.select({ name: authors.name }).from(authors).all();
    }),
    "/async-transaction": () => this.db.transaction(async (tx) => tx.select({ n: count() }).from(authors)),
    "/cascade": async () => {
      await this.db.delete(authors).where(eq(authors.id, 1));
      return { posts: await this.db.$count(posts), authors: await this.db.$count(authors) };
    },
    "/blob": async () => {
      await this.db.insert(posts).values({ author: 2, title: "Raw", raw: Buffer.from([1, 2, 255]) });
      const [row] = await this.db.select({ raw: posts.raw }).from(posts).where(eq(posts.title, "Raw"));
      return { bytes: row.raw, kind: Object.prototype.toString.call(row.raw) };
    },
    "/sql": () => this.db.select().from(posts).where(eq(posts.id, 1)).limit(1).toSQL(),
  };

  async fetch(request: Request) {
    const step = this.steps[new URL(request.url).pathname];
    try {
      return Response.json(await step(request) ?? null);
    } catch (problem) {
      const { name, message, cause } = problem as Error;
      return Response.json({ name, message, cause: cause === undefined ? null : String(cause) }, { status: 500 });
    }
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
