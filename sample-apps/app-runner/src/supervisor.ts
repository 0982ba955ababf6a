import { DurableObject } from "cloudflare:workers";
import { comesFromElsewhere, inward, outward } from "./borders.ts";
import type { Env } from "./env.ts";
import { problem } from "./pages.ts";
import { secondsToNextMinute, Usage } from "./usage.ts";
import { Versions } from "./versions.ts";

/** Longest source that is accepted, in UTF-16 units. */
const SOURCE_LIMIT = 1_000_000;

/** How an app is loaded. One second of processor time is plenty for one request of a small app. */
const APP_SETTINGS = {
  compatibilityDate: "2026-08-04",
  mainModule: "app.js",
  // The app's code can reach nothing but its own storage.
  globalOutbound: null,
  limits: { cpuMs: 1000 },
};

/**
 * Supervises one app. It keeps the app's source with its history, runs the class `App` of the current version as the
 * facet "app", and counts and gates every request on its way there. The app's own data lies in the facet's database,
 * which this object cannot read, and this object's data in its own, which the app cannot read.
 */
export class AppRunner extends DurableObject<Env> {
  #versions = new Versions(this.ctx.storage);
  #usage = new Usage(this.ctx.storage.sql);

  /** Takes requests under the same paths as the front door: `/apps/<name>/…` and `/api/apps/<name>…`. */
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/apps/")) return this.#serve(request);
    return this.#manage(request, url, url.pathname.split("/")[4]);
  }

  // ---- requests to the app

  async #serve(request: Request): Promise<Response> {
    const name = this.#name;
    const version = this.#versions.currentId;
    if (version === undefined) return this.#noSuchApp(request);
    if (comesFromElsewhere(request)) {
      return problem(request, 403, "Not from another site", `Pages of other sites may not send anything to "${name}".`);
    }
    if (!this.#enabled) {
      this.#usage.countRefusal();
      return problem(request, 403, `"${name}" is disabled`, "It answers again as soon as someone enables it on the home page. Its data is kept.");
    }
    const now = Date.now();
    const perMinute = Number(this.env.REQUESTS_PER_MINUTE);
    if (!this.#usage.admit(now, perMinute)) {
      this.#usage.countRefusal();
      const seconds = secondsToNextMinute(now);
      const refusal = problem(request, 429, `"${name}" is busy`, `It takes ${perMinute} requests a minute. Try again in ${seconds} s.`);
      refusal.headers.set("Retry-After", String(seconds));
      return refusal;
    }

    const prefix = `/apps/${name}/`;
    try {
      const response = await this.#facet("app", version).fetch(inward(request, prefix));
      if (response.status >= 500) this.#usage.countError();
      return outward(response, request, prefix);
    } catch (error) {
      this.#usage.countError();
      const { title, message } = explain(error);
      return problem(request, 500, `"${name}" ${title}`, message);
    }
  }

  /** The running facet of that name. It is started at the first use, with the class `App` of `version`. */
  #facet(facetName: string, version: string): Fetcher {
    return this.ctx.facets.get(facetName, () => {
      const worker = this.env.LOADER.get(version, () => ({
        ...APP_SETTINGS,
        modules: { "app.js": this.#versions.source(version) ?? "" },
      }));
      return { class: worker.getDurableObjectClass("App") };
    });
  }

  // ---- requests about the app

  async #manage(request: Request, url: URL, verb: string | undefined): Promise<Response> {
    if (request.method === "PUT" && !verb) return this.#save(request, url);
    if (this.#versions.currentId === undefined) return this.#noSuchApp(request);
    if (request.method === "GET" && !verb) return this.#describe(request, url);
    if (request.method === "DELETE" && !verb) return this.#remove();
    if (request.method === "POST" && verb === "enable") return this.#setEnabled(true);
    if (request.method === "POST" && verb === "disable") return this.#setEnabled(false);
    return problem(request, 405, "Not possible", `${request.method} ${url.pathname} is not something an app can do.`);
  }

  async #save(request: Request, url: URL): Promise<Response> {
    const source = await request.text();
    if (source.trim() === "") return problem(request, 400, "No source", "The body of the request must be the app's source.");
    if (source.length > SOURCE_LIMIT) {
      return problem(request, 413, "Too long", `An app's source can have ${SOURCE_LIMIT} characters; this has ${source.length}.`);
    }
    const isNew = this.#versions.currentId === undefined;
    this.#usage.prepare();
    const version = this.#versions.save(source, url.searchParams.get("note") ?? "");
    // The next request starts the new version. What the app has stored stays.
    this.ctx.facets.abort("app", new Error("A new version of this app was saved while it was answering."));
    return Response.json({ ...this.#summary(), problem: await this.#tryOut(version) }, { status: isNew ? 201 : 200 });
  }

  /**
   * Asks the version for its first page in a facet that is thrown away, so that whoever saved it learns at once
   * whether it works, and no data of the app is touched. Returns what went wrong, or null.
   */
  async #tryOut(version: string): Promise<string | null> {
    try {
      const response = await this.#facet("trial", version).fetch(`http://trial/`);
      await response.text();
      return response.status >= 500 ? `GET / answered with status ${response.status}.` : null;
    } catch (error) {
      const { title, message } = explain(error);
      return `The app ${title}: ${message}`;
    } finally {
      this.ctx.facets.delete("trial");
    }
  }

  #describe(request: Request, url: URL): Response {
    if (url.searchParams.has("summary")) return Response.json(this.#summary());
    const id = url.searchParams.get("version") ?? this.#versions.currentId!;
    const source = this.#versions.source(id);
    if (source === undefined) return problem(request, 404, "No such version", `"${this.#name}" has no version "${id}".`);
    return Response.json({ ...this.#summary(), version: id, source, versions: this.#versions.list() });
  }

  #setEnabled(enabled: boolean): Response {
    this.ctx.storage.kv.put("disabled", !enabled);
    if (!enabled) this.ctx.facets.abort("app", new Error("This app was disabled while it was answering."));
    return Response.json(this.#summary());
  }

  async #remove(): Promise<Response> {
    this.ctx.facets.delete("app");
    await this.ctx.storage.deleteAll();
    return Response.json({ name: this.#name, deleted: true });
  }

  #summary() {
    return {
      name: this.#name,
      url: `/apps/${this.#name}/`,
      enabled: this.#enabled,
      version: this.#versions.currentId,
      requests: this.#usage.read(Date.now()),
    };
  }

  get #enabled(): boolean {
    return this.ctx.storage.kv.get("disabled") !== true;
  }

  /** The app's name, by which the front door reached this object. */
  get #name(): string {
    return this.ctx.id.name!;
  }

  #noSuchApp(request: Request): Response {
    return problem(request, 404, "No such app", `There is no app called "${this.#name}" yet. Write it on the home page, or PUT its source to /api/apps/${this.#name}.`);
  }
}

/** An error of the app's code in words for whoever wrote it. */
function explain(error: unknown): { title: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (/no such actor class|no default actor class/i.test(message)) {
    return { title: "has no class App", message: `The source must export it: "export class App extends DurableObject { … }". (${message})` };
  }
  if (message.startsWith("Failed to start Worker")) return { title: "does not start", message };
  return { title: "threw an error", message };
}
