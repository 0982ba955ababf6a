import message from "./message.html";

/** Says what is wrong: as a page to a browser, as JSON `{"error": {"title", "message"}}` to everyone else. */
export function problem(request: Request, status: number, title: string, text: string): Response {
  if (!request.headers.get("Accept")?.includes("text/html")) {
    return Response.json({ error: { title, message: text } }, { status });
  }
  const page = message
    .replaceAll("{{status}}", String(status))
    .replaceAll("{{title}}", () => escapeHtml(title))
    .replaceAll("{{text}}", () => escapeHtml(text));
  return new Response(page, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => names[character]);
}
