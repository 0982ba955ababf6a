/**
 * app-runner: the front door. It keeps nothing; it only knows which object answers what.
 *
 *   GET    /                          home page: all apps, and a place to paste a new one
 *   ANY    /apps/<name>/…             the app itself, through its supervisor
 *   GET    /api/apps                  all apps with their counters
 *   GET    /api/apps/<name>           one app: source, counters, versions (?version=<id> for an older source)
 *   PUT    /api/apps/<name>           save source (the body) as a new version (?note=… says what changed)
 *   DELETE /api/apps/<name>           remove the app, its versions and its data
 *   POST   /api/apps/<name>/disable   refuse its requests with 403 until …
 *   POST   /api/apps/<name>/enable    … it is enabled again
 *
 * An app is one JavaScript module that exports a class `App`:
 *
 *   import { DurableObject } from "cloudflare:workers";
 *   export class App extends DurableObject {
 *     fetch(request) { return new Response("Hello"); }
 *   }
 */
import { comesFromElsewhere } from "./borders.ts";
import type { Env } from "./env.ts";
import home from "./home.html";
import { problem } from "./pages.ts";

export { Directory } from "./directory.ts";
export { AppRunner } from "./supervisor.ts";

const HOME_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-cache",
  // No page may show this one in a frame and borrow its buttons.
  "Content-Security-Policy": "frame-ancestors 'none'",
};

const APP_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const [area, second, third] = url.pathname.split("/").slice(1);

    if (url.pathname === "/") {
      return new Response(home, { headers: HOME_HEADERS });
    }
    if (url.pathname === "/favicon.ico") return new Response(null, { status: 204 });

    if (area === "apps" && second) {
      if (!APP_NAME.test(second)) return badName(request, second);
      if (third === undefined) {
        // The apps build relative links, so an app's root needs its slash.
        return new Response(null, { status: 308, headers: { Location: `/apps/${second}/${url.search}` } });
      }
      return env.APPS.getByName(second).fetch(request);
    }

    if (area === "api" && second === "apps") {
      if (comesFromElsewhere(request)) {
        return problem(request, 403, "Not from another site", "Changes are accepted from this page and from programs, not from pages of other sites.");
      }
      if (!third) return Response.json({ apps: await listApps(env) });
      if (!APP_NAME.test(third)) return badName(request, third);
      return manage(request, env, third);
    }

    return problem(request, 404, "Nothing here", `There is no page at ${url.pathname}.`);
  },
};

/** Passes a management request to the app's supervisor, and keeps the directory in step. */
async function manage(request: Request, env: Env, name: string): Promise<Response> {
  const directory = env.DIRECTORY.getByName("all");
  const entry = `http://directory/names/${name}`;
  // In this order no app can exist that the directory does not list.
  if (request.method === "PUT") await directory.fetch(entry, { method: "PUT" });
  const response = await env.APPS.getByName(name).fetch(request);
  if (request.method === "DELETE" && response.ok) await directory.fetch(entry, { method: "DELETE" });
  return response;
}

/** Summaries of all apps, in order of name. A name whose app was never saved is left out. */
async function listApps(env: Env): Promise<unknown[]> {
  const answer = await env.DIRECTORY.getByName("all").fetch("http://directory/names");
  const { names } = (await answer.json()) as { names: string[] };
  const summaries = names.map(async (name) => {
    const response = await env.APPS.getByName(name).fetch(`http://runner/api/apps/${name}?summary`);
    const summary = await response.json();
    return response.ok ? summary : null;
  });
  return (await Promise.all(summaries)).filter((summary) => summary !== null);
}

function badName(request: Request, name: string): Response {
  return problem(request, 400, "Not a name for an app", `"${name}" cannot be an app's name. Use 1 to 40 small letters, digits and hyphens, beginning with a letter or digit.`);
}
