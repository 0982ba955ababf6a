import { DurableObject } from "cloudflare:workers";

const AUTHOR_LENGTH = 40;
const TEXT_LENGTH = 2000;
/** Messages in one answer. Who is further behind gets the latest. */
const MESSAGES_PER_ANSWER = 100;
/** A room forgets what is older than its last messages. */
const MESSAGES_KEPT = 5000;

/** One room: its messages, in its own database. */
export class ChatRoom extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      author TEXT NOT NULL,
      text TEXT NOT NULL,
      sent_at INTEGER NOT NULL
    )`);
  }

  async fetch(request) {
    if (request.method === "POST") return this.say(await request.json().catch(() => null));
    const after = Number(new URL(request.url).searchParams.get("after") ?? 0);
    if (!Number.isInteger(after)) return refuse("`after` must be the id of a message.");
    return Response.json({ messages: this.since(after) });
  }

  since(after) {
    return this.sql
      .exec("SELECT * FROM messages WHERE id > ? ORDER BY id DESC LIMIT ?", after, MESSAGES_PER_ANSWER)
      .toArray()
      .reverse();
  }

  say(message) {
    const author = String(message?.author ?? "").trim();
    const text = String(message?.text ?? "").trim();
    if (!author || author.length > AUTHOR_LENGTH) return refuse(`A name has 1 to ${AUTHOR_LENGTH} characters.`);
    if (!text || text.length > TEXT_LENGTH) return refuse(`A message has 1 to ${TEXT_LENGTH} characters.`);

    const said = this.sql
      .exec("INSERT INTO messages (author, text, sent_at) VALUES (?, ?, ?) RETURNING *", author, text, Date.now())
      .one();
    this.sql.exec("DELETE FROM messages WHERE id <= ?", said.id - MESSAGES_KEPT);
    return Response.json(said, { status: 201 });
  }
}

function refuse(error) {
  return Response.json({ error }, { status: 400 });
}
