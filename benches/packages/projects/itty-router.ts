// itty-router with mustache: AutoRouter in front of an object, and HTML from templates with partials.
import { DurableObject } from "cloudflare:workers";
import { AutoRouter, cors, createResponse, error, html, json, png, status, StatusError, text, withContent, withCookies, withParams } from "itty-router";
import mustache from "mustache";

const { preflight, corsify } = cors({ origin: ["https://a.example", "https://b.example"], credentials: true });
const page = createResponse("text/html; charset=utf-8");
const LIST = "<h1>{{title}}</h1>{{#notes}}{{>note}}{{/notes}}{{^notes}}none{{/notes}}{{#upper}}end{{/upper}}";
const NOTE = "<li data-id={{id}}>{{text}} {{{text}}}{{#tag}} #{{.}}{{/tag}}</li>\n";
const list = (notes: Array<Record<string, SqlStorageValue>>) => mustache.render(LIST, {
  title: "Notes & more",
  notes,
  upper: () => (inner: string, render: (text: string) => string) => render(inner).toUpperCase(),
}, { note: NOTE });

export class App extends DurableObject {
  router = AutoRouter({ before: [preflight, withCookies], finally: [corsify], catch: (problem) => error(problem as StatusError) });

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, tag TEXT)");
    const all = () => sql.exec("SELECT * FROM notes ORDER BY id").toArray();
    this.router
      .get("/notes", all)
      .get("/notes/:id", withParams, ({ id }) => sql.exec("SELECT * FROM notes WHERE id = ?", id).toArray()[0])
      .post("/notes", withContent, ({ content }) => {
        if (!content?.text) throw new StatusError(422, { error: "text is missing", got: content ?? null });
        return json(sql.exec("INSERT INTO notes (text, tag) VALUES (?, ?) RETURNING *", content.text, content.tag ?? null).one(), { status: 201 });
      })
      .put("/notes/:id", withContent, ({ id, content }) => sql.exec("UPDATE notes SET text = ? WHERE id = ? RETURNING *", content.text, id).toArray())
      .delete("/notes/:id", ({ id }) => status(sql.exec("DELETE FROM notes WHERE id = ?", id).rowsWritten > 0 ? 204 : 404))
      .get("/html", () => html(list(all())))
      .get("/page", () => page(list(all())))
      .get("/template", () => text(mustache.render("{{#open}}", {})))
      .get("/cookies", ({ cookies, query }) => ({ cookies, query }))
      .get("/throws", () => { throw new Error("on purpose"); })
      .get("/bad-json", () => JSON.parse("{bad"))
      .get("/bad-sql", () => sql.exec("SELECT * FROM nowhere").toArray())
      .get("/png", () => png(new Uint8Array([137, 80, 78, 71])))
      .get("/greedy/:rest+", ({ rest }) => ({ rest }))
      .get("/file.:ext?", ({ ext }) => ({ ext: ext ?? null }));
  }

  fetch(request: Request) {
    return this.router.fetch(request);
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
