import { DurableObject } from "cloudflare:workers";
import counter from "../apps/counter.js.txt";
import notes from "../apps/notes.js.txt";
import poll from "../apps/poll.js.txt";
import type { Env } from "./env.ts";

/** Apps that a newcomer finds in place. */
const STARTERS: Record<string, string> = { counter, notes, poll };

/**
 * The list of all apps' names; what an app is and does, only its own supervising object knows.
 *
 *   GET    /names          {"names": […]}; the first time, the starters are saved before the answer
 *   PUT    /names/<name>   add a name
 *   DELETE /names/<name>   remove a name
 */
export class Directory extends DurableObject<Env> {
  #seeding: Promise<void> | undefined;

  async fetch(request: Request): Promise<Response> {
    const name = new URL(request.url).pathname.split("/")[2];
    if (request.method === "PUT") {
      await this.ctx.storage.put(`name/${name}`, Date.now());
    } else if (request.method === "DELETE") {
      await this.ctx.storage.delete(`name/${name}`);
    } else {
      // Visitors who arrive while the starters are being saved wait for the same work.
      this.#seeding ??= this.#seedOnce().finally(() => (this.#seeding = undefined));
      await this.#seeding;
      const entries = await this.ctx.storage.list({ prefix: "name/" });
      return Response.json({ names: [...entries.keys()].map((key) => key.slice("name/".length)) });
    }
    return new Response(null, { status: 204 });
  }

  async #seedOnce(): Promise<void> {
    if (await this.ctx.storage.get("seeded")) return;
    for (const [name, source] of Object.entries(STARTERS)) {
      await this.ctx.storage.put(`name/${name}`, Date.now());
      const saved = await this.env.APPS.getByName(name).fetch(`http://runner/api/apps/${name}?note=starter`, {
        method: "PUT",
        body: source,
      });
      if (!saved.ok) throw new Error(`The starter app "${name}" could not be saved: ${await saved.text()}`);
    }
    await this.ctx.storage.put("seeded", true);
  }
}
