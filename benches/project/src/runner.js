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
    const times = Number(url.searchParams.get("times"));
    if (what === "call") return call(facet, times);
    if (what === "calls") return callTogether(facet, times);
    if (what === "socket") return facet.fetch(request);
    return facet.fetch(`http://app/${what}${url.search}`);
  }
}

async function call(facet, times) {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += await facet.double(i);
  return new Response(String(sum));
}

async function callTogether(facet, times) {
  let sum = 0;
  const one = async (first) => {
    for (let i = first; i < times; i += 16) sum += await facet.double(i);
  };
  await Promise.all(Array.from({ length: 16 }, (_, first) => one(first)));
  return new Response(String(sum));
}
