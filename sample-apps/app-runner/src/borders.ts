/**
 * What may pass between the world and an app. The app's own server code is held by its sandbox; these rules hold
 * the pages it sends, which run in the same browser, under the same host, as the home page and the other apps.
 */

/** Whether a page of another site sent this. Programs and address bars send no Origin with what they ask for. */
export function comesFromElsewhere(request: Request): boolean {
  const origin = request.headers.get("Origin");
  if (origin === null) return false;
  if (!URL.canParse(origin)) return true;
  return new URL(origin).host !== new URL(request.url).host;
}

/**
 * The request as the app sees it: its own root instead of the prefix, and without what tells who is asking, since that
 * was meant for this host and not for the app.
 */
export function inward(request: Request, prefix: string): Request {
  const url = new URL(request.url);
  url.pathname = url.pathname.slice(prefix.length - 1);
  const headers = new Headers(request.headers);
  headers.delete("Cookie");
  headers.delete("Authorization");
  headers.set("X-Forwarded-Prefix", prefix);
  return new Request(url, { method: request.method, headers, body: request.body, redirect: "manual" });
}

/** The app's answer: its redirects stay under its prefix, and its page can reach nothing but the app itself. */
export function outward(response: Response, request: Request, prefix: string): Response {
  const answer = new Response(response.body, response);
  const own = `${new URL(request.url).host}${prefix}`;
  answer.headers.delete("Set-Cookie");
  answer.headers.append(
    "Content-Security-Policy",
    `sandbox allow-scripts allow-same-origin allow-forms allow-modals allow-downloads; connect-src ${own}; ` +
      `form-action ${own}; worker-src ${own}; frame-src 'none'; object-src 'none'; base-uri ${own}`,
  );
  const location = answer.headers.get("Location");
  if (location !== null) answer.headers.set("Location", underPrefix(location, new URL(request.url), prefix));
  return answer;
}

/** `location` as the world must see it: an app that says "/list" means the "/list" of its own. */
function underPrefix(location: string, page: URL, prefix: string): string {
  if (!URL.canParse(location, page)) return location;
  const target = new URL(location, page);
  if (target.host !== page.host) return location;
  const path = target.pathname.startsWith(prefix) ? target.pathname : prefix + target.pathname.slice(1);
  return path + target.search + target.hash;
}
