// @modelcontextprotocol/sdk: an MCP server with tools over a durable object's rows, spoken to by fetch.
import { DurableObject } from "cloudflare:workers";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";

export class App extends DurableObject {
  server() {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS facts (id INTEGER PRIMARY KEY, fact TEXT)");
    const server = new McpServer({ name: "facts", version: "1.0.0" });
    server.registerTool("remember", { description: "Keeps a fact", inputSchema: { fact: z.string().min(3) } }, async ({ fact }) => {
      const { id } = sql.exec("INSERT INTO facts (fact) VALUES (?) RETURNING id", fact).one();
      return { content: [{ type: "text", text: `kept as ${id}` }] };
    });
    server.registerTool("fail", { description: "Fails" }, () => { throw new Error("on purpose"); });
    server.registerResource("fact", new ResourceTemplate("fact://{id}", { list: undefined }), {}, async (uri, { id }) => ({
      contents: [{ uri: uri.href, text: sql.exec("SELECT fact FROM facts WHERE id = ?", id as string).one().fact as string }],
    }));
    server.registerPrompt("ask", { argsSchema: { about: z.string() } }, ({ about }) => ({ messages: [{ role: "user", content: { type: "text", text: `What of ${about}?` } }] }));
    return server;
  }

  async fetch(request: Request) {
    const plain = new URL(request.url).pathname === "/json";
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: plain });
    await this.server().connect(transport);
    return transport.handleRequest(request);
  }
}

export default {
  fetch: (request: Request, env: { APP: DurableObjectNamespace<App> }) => env.APP.getByName("one").fetch(request),
};
