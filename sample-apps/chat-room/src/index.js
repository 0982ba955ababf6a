/**
 * chat-room: rooms by name, one durable object for each. Whoever opens the same address is in the same room.
 *
 *   GET  /                               choose a room
 *   GET  /room/<name>                    the room's page; it asks for new messages every two seconds
 *   GET  /room/<name>/messages?after=5   {"messages": […]} with ids above 5, oldest first
 *   POST /room/<name>/messages           say something: {"author", "text"}
 */
import { ChatRoom } from "./room.js";
import lobbyPage from "./lobby.html";
import roomPage from "./room.html";

export { ChatRoom };

const ROOM_NAME_LENGTH = 60;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return page(lobbyPage);
    if (pathname === "/favicon.ico") return new Response(null, { status: 204 });

    const [area, encodedName, rest] = pathname.split("/").slice(1);
    const name = decode(encodedName ?? "");
    if (area !== "room" || !name || name.length > ROOM_NAME_LENGTH) return new Response("Not found", { status: 404 });
    if (rest === undefined) return page(roomPage);
    if (rest === "messages") return env.ROOMS.getByName(name).fetch(request);
    return new Response("Not found", { status: 404 });
  },
};

function page(html) {
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}

/** The text that a part of a path stands for; empty if it stands for none. */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
