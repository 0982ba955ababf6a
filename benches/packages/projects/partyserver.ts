// partyserver: a hibernating chat whose connections carry state, routed by name.
import { routePartykitRequest, Server, type Connection, type ConnectionContext } from "partyserver";

export class App extends Server {
  static options = { hibernate: true };

  onStart() {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS said (text TEXT)");
  }

  onConnect(connection: Connection<{ nick: string }>, { request }: ConnectionContext) {
    connection.setState({ nick: new URL(request.url).searchParams.get("nick") ?? "nobody" });
    connection.send(JSON.stringify({ room: this.name, state: connection.state, tags: connection.tags.length }));
  }

  onMessage(connection: Connection<{ nick: string }>, message: string) {
    this.ctx.storage.sql.exec("INSERT INTO said VALUES (?)", message);
    this.broadcast(`${connection.state?.nick}: ${message}, of ${[...this.getConnections()].length}`);
  }

  onRequest() {
    return Response.json({ room: this.name, said: this.ctx.storage.sql.exec("SELECT text FROM said").toArray() });
  }
}

export default {
  async fetch(request: Request, env: Record<string, unknown>) {
    return (await routePartykitRequest(request, env)) ?? new Response("no such party", { status: 404 });
  },
};
