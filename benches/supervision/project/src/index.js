import { DurableObject } from "cloudflare:workers";

const APP = `
import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/spin") for (;;);
    if (pathname === "/write") this.ctx.storage.kv.put("written", true);
    return new Response("pong");
  }
}`;

/** `/<room>/<what>`: the room's facet does `<what>`: ping, write or spin. */
export class Room extends DurableObject {
  fetch(request) {
    const [, , what] = new URL(request.url).pathname.split("/");
    const facet = this.ctx.facets.get("app", () => {
      const worker = this.env.LOADER.get("app", () => ({
        compatibilityDate: "2026-08-04",
        mainModule: "app.js",
        modules: { "app.js": APP },
        globalOutbound: null,
      }));
      return { class: worker.getDurableObjectClass("App") };
    });
    return facet.fetch(`http://app/${what}`);
  }
}

export default {
  fetch(request, env) {
    const [, room] = new URL(request.url).pathname.split("/");
    if (!room) return new Response("Nothing here", { status: 404 });
    return env.ROOMS.getByName(room).fetch(request);
  },
};
