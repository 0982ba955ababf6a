// One request, and all of its answer that must be the same on both runtimes.

import http from "node:http";
import { gunzipSync } from "node:zlib";
import { installed } from "./install.mjs";

/** Headers that say how an answer was carried, not what it is. */
const CARRIAGE = ["connection", "date", "keep-alive", "server", "transfer-encoding"];
const TIMEOUT_MS = 20_000;

/** Text: the status line, the headers in order of name, the body's bytes as Latin-1. */
export function ask(port, request) {
  return request.method === "WebSocket" ? talk(port, request) : exchange(port, request);
}

function exchange(port, { method, path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers: { host: "packages.localhost", ...headers }, agent: false, timeout: TIMEOUT_MS };
    const sent = http.request(options, (answer) => {
      const chunks = [];
      const show = (end) => resolve([`${answer.statusCode} ${answer.statusMessage}`, ...kept(answer.rawHeaders), "", content(answer, chunks).toString("latin1") + end].join("\n"));
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", () => show("\n(the connection broke)"));
      answer.on("end", () => show(""));
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer to ${method} ${path} in ${TIMEOUT_MS} ms`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Two compressors may say the same in different bytes, so what they say is compared, and how often it was wrapped. */
function content(answer, chunks) {
  let body = Buffer.concat(chunks);
  if (answer.headers["content-encoding"] !== "gzip") return body;
  let layers = 0;
  for (; body[0] === 0x1f && body[1] === 0x8b; layers++) body = gunzipSync(body);
  return Buffer.concat([body, Buffer.from(`\n(compressed ${layers} times)`)]);
}

function kept(rawHeaders) {
  const lines = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (!CARRIAGE.includes(name)) lines.push([name, rawHeaders[i + 1]]);
  }
  // A stable sort: several of one name stay in their order.
  return lines.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map((line) => line.join(": "));
}

/** Sends each message when the one before it was answered. */
function talk(port, { path, messages }) {
  const WebSocket = installed("ws");
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host: "packages.localhost" }, handshakeTimeout: TIMEOUT_MS });
    const left = [...messages];
    const heard = [];
    const timer = setTimeout(() => socket.terminate(), TIMEOUT_MS);
    const next = () => (left.length > 0 ? socket.send(left.shift()) : socket.close(1000, "done"));
    socket.on("open", next);
    socket.on("message", (data, binary) => {
      heard.push(`${binary ? "bytes" : "text"} ${data}`);
      next();
    });
    socket.on("error", reject);
    socket.on("close", (code, reason) => {
      clearTimeout(timer);
      resolve([...heard, `closed with ${code} ${reason}`].join("\n"));
    });
  });
}
