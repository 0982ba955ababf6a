import { DurableObject } from "cloudflare:workers";
import appSource from "./app.js.txt";

/** The supervising class: nothing but what every one has to do, so that the way to the facet is what is measured. */
export class Runner extends DurableObject {
  async fetch(request) {
    const url = new URL(request.url);
    const [, , code, what] = url.pathname.split("/");
    // `?facet=` asks for another one than the usual: many facets of one supervisor.
    const name = url.search.startsWith("?facet=") ? url.search.slice(7) : "app";
    const facet = this.ctx.facets.get(name, () => {
      const worker = this.env.LOADER.get(code, () => ({
        compatibilityDate: "2026-08-04",
        mainModule: "app.js",
        // Different text for every id, so that no cache by content can serve one code for another.
        modules: { "app.js": `${appSource}\n// ${code}\n` },
        globalOutbound: null,
      }));
      return { class: worker.getDurableObjectClass("App") };
    });
    if (what === "socket") return facet.fetch(request);
    return facet.fetch(`http://app/${what}${url.search}`);
  }
}
