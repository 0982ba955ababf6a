// kysely with a dialect for durable objects: what it takes to run a query builder over `ctx.storage.sql`.
import { DurableObject } from "cloudflare:workers";
import { CompiledQuery, Kysely, Migrator, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql, type DatabaseConnection, type Generated } from "kysely";

interface Tables {
  pets: { id: Generated<number>; name: string; kind: string; weight: number | null };
}

class Connection implements DatabaseConnection {
  constructor(readonly sql: SqlStorage) {}

  async executeQuery<Row>(query: CompiledQuery) {
    const cursor = this.sql.exec(query.sql, ...query.parameters);
    const rows = cursor.toArray() as Row[];
    return { rows, numAffectedRows: BigInt(cursor.rowsWritten) };
  }

  async *streamQuery<Row>(query: CompiledQuery) {
    for (const row of this.sql.exec(query.sql, ...query.parameters)) yield { rows: [row as Row] };
  }
}

const nothing = async () => {};
const dialect = (sql: SqlStorage) => ({
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createDriver: () => ({
    init: nothing, destroy: nothing, releaseConnection: nothing, beginTransaction: nothing, commitTransaction: nothing, rollbackTransaction: nothing,
    acquireConnection: async () => new Connection(sql),
  }),
});

export class App extends DurableObject {
  db = new Kysely<Tables>({ dialect: dialect(this.ctx.storage.sql) });
  steps: Record<string, () => Promise<unknown>> = {
    "/migrate": () => new Migrator({
      db: this.db,
      provider: { getMigrations: async () => ({ first: { up: (db) => db.schema.createTable("pets").addColumn("id", "integer", (c) => c.primaryKey()).addColumn("name", "text", (c) => c.notNull().unique()).addColumn("kind", "text").addColumn("weight", "real").execute() } }) },
    }).migrateToLatest().then(({ error, results }) => ({ error: error === undefined ? null : String(error), results })),
    "/insert": () => this.db.insertInto("pets").values([{ name: "Rex", kind: "dog", weight: 20.5 }, { name: "Tom", kind: "cat", weight: null }]).returningAll().execute(),
    "/select": () => this.db.selectFrom("pets").select(["name", (e) => e.fn.coalesce("weight", e.val(0)).as("weight")]).where("kind", "in", ["dog", "cat"]).orderBy("name", "desc").execute(),
    "/update": () => this.db.updateTable("pets").set((e) => ({ weight: e("weight", "+", 1) })).where("name", "=", "Rex").executeTakeFirst().then(({ numUpdatedRows }) => String(numUpdatedRows)),
    "/count": () => this.db.selectFrom("pets").select((e) => [e.fn.countAll().as("n"), e.fn.avg("weight").as("mean")]).groupBy("kind").execute(),
    "/stream": async () => {
      const names = [];
      for await (const { name } of this.db.selectFrom("pets").select("name").stream()) names.push(name);
      return names;
    },
    "/raw": () => sql`SELECT ${"bound"} AS a, json_object('b', 1) AS b`.execute(this.db).then(({ rows }) => rows),
    "/duplicate": () => this.db.insertInto("pets").values({ name: "Rex", kind: "fish", weight: 1 }).execute(),
    "/missing": () => this.db.selectFrom("pets").selectAll().where("id", "=", 77).executeTakeFirstOrThrow(),
    "/tables": () => this.db.introspection.getTables().then((tables) => tables.filter(({ name }) => name === "pets")),
  };

  async fetch(request: Request) {
    try {
      return Response.json(await this.steps[new URL(request.url).pathname]());
    } catch (error) {
      return Response.json({ failed: String(error) }, { status: 500 });
    }
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
