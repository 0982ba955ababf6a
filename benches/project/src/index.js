/** `/<object>/<code>/<what>`: the object of that name does `<what>` in its facet, which runs the code of that id. */
export { Runner } from "./runner.js";

export default {
  async fetch(request, env) {
    const [, object] = new URL(request.url).pathname.split("/");
    if (!object) return new Response("Nothing here", { status: 404 });
    return env.RUNNERS.getByName(object).fetch(request);
  },
};
