// nanoid: ids of rows; random, so the answers tell their form.
import { DurableObject } from "cloudflare:workers";
import { customAlphabet, customRandom, nanoid, random, urlAlphabet } from "nanoid";
import { nanoid as insecure } from "nanoid/non-secure";

const digits = customAlphabet("0123456789", 12);
const seeded = customRandom("abc", 8, (size) => new Uint8Array(size).map((_, at) => at * 7));

export class App extends DurableObject {
  fetch(request: Request) {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS links (id TEXT PRIMARY KEY, url TEXT NOT NULL)");
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/make") {
      const made = Array.from({ length: 200 }, () => sql.exec("INSERT INTO links VALUES (?, ?) RETURNING id", nanoid(), searchParams.get("url")).one().id as string);
      return Response.json({ count: new Set(made).size, valid: made.every((id) => /^[\w-]{21}$/.test(id)) });
    }
    if (pathname === "/forms") {
      return Response.json({
        digits: /^\d{12}$/.test(digits()), short: nanoid(5).length, none: nanoid(0), seeded: seeded(), bytes: random(4).length,
        insecure: insecure(7).length, alphabet: urlAlphabet,
      });
    }
    return Response.json(sql.exec("SELECT count(*) AS n, min(length(id)) AS length, url FROM links GROUP BY url").toArray());
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
