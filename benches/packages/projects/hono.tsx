// hono: a durable object whose fetch is a Hono app: middleware, cookies, JSX, streams, a WebSocket.
/** @jsxImportSource hono/jsx */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { upgradeWebSocket } from "hono/cloudflare-workers";
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { sign, verify } from "hono/jwt";
import { prettyJSON } from "hono/pretty-json";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import { validator } from "hono/validator";
import { compress } from "hono/compress";

type Task = { id: number; title: string; done: number };

const Layout = ({ title, children }: { title: string; children?: unknown }) => (
  <html>
    <head><title>{title}</title></head>
    <body class="page">{children}</body>
  </html>
);

const Tasks = ({ tasks }: { tasks: Task[] }) => (
  <ul>
    {tasks.map((task) => (
      <li key={task.id} class={task.done ? "done" : undefined}>{task.title}<input type="checkbox" checked={task.done === 1} /></li>
    ))}
  </ul>
);

async function Late() {
  await new Promise((done) => setTimeout(done, 5));
  return <p>late</p>;
}

export class App extends DurableObject {
  app = new Hono();
  sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    this.sql.exec("CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, done INTEGER NOT NULL DEFAULT 0)");
    this.middleware();
    this.tasks();
    this.cookies();
    this.streams();
    this.others();
  }

  middleware() {
    const { app } = this;
    app.use("*", async (c, next) => {
      await next();
      c.header("X-Powered-By", "hono");
    });
    app.use("/cors/*", cors({ origin: "https://example.com", credentials: true, maxAge: 600 }));
    app.use("/etag", etag());
    app.use("/secure", secureHeaders());
    app.use("/pretty", prettyJSON());
    app.use("/small", bodyLimit({ maxSize: 8 }));
    app.use("/private/*", basicAuth({ username: "ada", password: "byron" }));
    app.use("/csrf", csrf());
    app.use("/compressed", compress());
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.json({ name: error.name, message: error.message }, 500)));
    app.notFound((c) => c.text(`nothing at ${c.req.path}`, 404));
  }

  tasks() {
    const { app, sql } = this;
    const all = () => sql.exec<Task>("SELECT * FROM tasks ORDER BY id").toArray();
    app.get("/tasks", (c) => c.json(all()));
    app.get("/", (c) => c.html(<Layout title={"<Tasks> & more"}><Tasks tasks={all()} /><Late /></Layout>));
    app.get("/template", (c) => c.html(html`<h1>${"<escaped>"}</h1>${all().map((task) => html`<p>${task.title}</p>`)}`));
    const valid = validator("json", (value, c) => {
      if (typeof value.title !== "string" || value.title === "") return c.json({ error: "title is missing" }, 400);
      return { title: value.title as string };
    });
    app.post("/tasks", valid, (c) => {
      const row = sql.exec("INSERT INTO tasks (title) VALUES (?) RETURNING *", c.req.valid("json").title).one();
      return c.json(row, 201);
    });
    app.patch("/tasks/:id{[0-9]+}", (c) => {
      const rows = sql.exec("UPDATE tasks SET done = 1 - done WHERE id = ? RETURNING *", c.req.param("id")).toArray();
      if (rows.length === 0) throw new HTTPException(404, { message: "no such task" });
      return c.json(rows[0]);
    });
    app.delete("/tasks/:id", (c) => {
      sql.exec("DELETE FROM tasks WHERE id = ?", c.req.param("id"));
      return c.body(null, 204);
    });
    app.post("/form", async (c) => {
      const body = await c.req.parseBody({ all: true });
      const shown = Object.entries(body).map(([name, value]) => [name, value instanceof File ? `${value.name} ${value.type} ${value.size}` : value]);
      return c.json(shown);
    });
  }

  cookies() {
    const { app } = this;
    app.get("/cookies/set", async (c) => {
      setCookie(c, "plain", "some value; yes", { path: "/", maxAge: 1000, httpOnly: true, sameSite: "Strict" });
      setCookie(c, "secure", "1", { prefix: "host", secure: true, path: "/" });
      await setSignedCookie(c, "signed", "trusted", "secret");
      return c.text("set");
    });
    app.get("/cookies", async (c) => c.json({ all: getCookie(c), one: getCookie(c, "plain") ?? null, signed: await getSignedCookie(c, "secret", "signed") ?? null }));
    app.get("/cookies/delete", (c) => c.text(String(deleteCookie(c, "plain"))));
  }

  streams() {
    const { app } = this;
    app.get("/stream", (c) => stream(c, async (out) => {
      for (let i = 0; i < 3; i++) await out.write(new Uint8Array([65 + i]));
      await out.pipe(new Response(" piped").body!);
    }));
    app.get("/text", (c) => streamText(c, async (out) => {
      for (const word of ["one", "two"]) {
        await out.writeln(word);
        await out.sleep(3);
      }
    }));
    app.get("/events", (c) => streamSSE(c, async (out) => {
      for (let id = 0; id < 3; id++) await out.writeSSE({ data: `line ${id}\nmore`, event: "tick", id: String(id) });
    }));
    app.get("/broken", (c) => streamText(c, async (out) => {
      await out.write("before");
      throw new Error("midway");
    }, async (error, out) => { await out.write(` ${error.message}`); }));
    app.get("/compressed", (c) => c.text("x".repeat(5000)));
  }

  others() {
    const { app } = this;
    app.get("/fail", () => { throw new TypeError("on purpose"); });
    app.get("/unique", (c) => c.json(this.sql.exec("INSERT INTO tasks (title) VALUES ('a'), ('a')").toArray()));
    app.get("/cors/data", (c) => c.json({ shared: true }));
    app.get("/etag", (c) => c.text("the same each time"));
    app.get("/secure", (c) => c.text("secure"));
    app.get("/pretty", (c) => c.json({ pretty: [1, { two: 2 }] }));
    app.post("/small", async (c) => c.text(await c.req.text()));
    app.get("/private/data", (c) => c.text("private"));
    app.post("/csrf", (c) => c.text("safe"));
    app.get("/redirect", (c) => c.redirect("/tasks", 303));
    app.get("/query", (c) => c.json({ q: c.req.query(), all: c.req.queries("tag") ?? null, header: c.req.header("x-asked") ?? null }));
    app.get("/jwt", async (c) => {
      const token = await sign({ sub: "ada", exp: 4102444800 }, "secret", "HS256");
      const bad = await verify(`${token}x`, "secret", "HS256").catch((error: Error) => `${error.name}: ${error.message}`);
      return c.json({ token, read: await verify(token, "secret", "HS256"), bad });
    });
    app.get("/files/*", (c) => c.text(`rest of ${c.req.path}`));
    app.route("/sub", new Hono().basePath("/api").get("/:name?", (c) => c.json({ name: c.req.param("name") ?? "none" })));
    app.mount("/mounted", (request: Request) => new Response(new URL(request.url).pathname));
    app.get("/socket", upgradeWebSocket(() => ({
      onMessage: (event, socket) => {
        this.sql.exec("INSERT OR IGNORE INTO tasks (title) VALUES (?)", String(event.data));
        socket.send(`${event.data} is one of ${this.sql.exec("SELECT count(*) AS n FROM tasks").one().n}`);
      },
    })));
  }

  fetch(request: Request) {
    return this.app.fetch(request, this.env as object);
  }
}

const front = new Hono<{ Bindings: { APP: DurableObjectNamespace<App> } }>();
front.all("*", (c) => c.env.APP.getByName("one").fetch(c.req.raw));
export default front;
