import { both, bytes, equal, ok, rejects, test, throws, utf8 } from "harness";

const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
both("digest", async ({ crypto }) => {
  const out = [];
  for (const name of ["SHA-1", "sha-256", "SHA-384", { name: "SHA-512" }]) {
    const buffer = await crypto.subtle.digest(name, new Uint8Array([97, 98, 99]));
    out.push(Array.from(new Uint8Array(buffer)));
  }
  return out;
});
test("MD5 and unknown digests", async () => {
  equal(hex(await crypto.subtle.digest("MD5", utf8("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  await rejects(crypto.subtle.digest("SHA-3", utf8("abc")), "NotSupportedError", "Unrecognized");
  await rejects(crypto.subtle.digest("SHA-1", "text"), "TypeError");
});
both("HMAC", async ({ crypto }) => {
  const out = [];
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    for (const size of [1, 64, 200]) {
      const key = await crypto.subtle.importKey("raw", new Uint8Array(size).fill(size), { name: "HMAC", hash }, true, ["sign", "verify"]);
      const signature = await crypto.subtle.sign("HMAC", key, new Uint8Array([1, 2, 3]));
      out.push(Array.from(new Uint8Array(signature)), await crypto.subtle.verify("HMAC", key, signature, new Uint8Array([1, 2, 3])), await crypto.subtle.verify("HMAC", key, signature, new Uint8Array([1, 2])),
        await crypto.subtle.verify("HMAC", key, new Uint8Array(3), new Uint8Array([1, 2, 3])), (await crypto.subtle.exportKey("jwk", key)).k, key.type, key.usages, key.algorithm.name);
    }
  }
  return out;
});
test("HMAC keys", async () => {
  const hash = "SHA-256";
  const key = await crypto.subtle.generateKey({ name: "HMAC", hash }, true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", key);
  const again = await crypto.subtle.importKey("jwk", jwk, { name: "HMAC", hash: { name: hash } }, false, ["sign"]);
  equal(hex(await crypto.subtle.sign("HMAC", again, utf8("x"))), hex(await crypto.subtle.sign("HMAC", key, utf8("x"))));
  equal([key.algorithm, (await crypto.subtle.exportKey("raw", key)).byteLength], [{ name: "HMAC", hash: { name: hash }, length: 512 }, 64]);
  await rejects(crypto.subtle.exportKey("raw", again), "InvalidAccessError");
  await rejects(crypto.subtle.verify("HMAC", key, bytes(1), bytes(1)), "InvalidAccessError", "verify");
  await rejects(crypto.subtle.importKey("raw", bytes(1), { name: "HMAC", hash }, true, ["encrypt"]), "SyntaxError");
  await rejects(crypto.subtle.importKey("raw", bytes(1), { name: "HMAC", hash: "SHA-3" }, true, ["sign"]), "NotSupportedError");
  await rejects(crypto.subtle.importKey("spki", bytes(1), { name: "HMAC", hash }, true, ["sign"]), "NotSupportedError", "spki");
  await rejects(crypto.subtle.sign("HMAC", {}, bytes(1)), "TypeError");
});
test("what is missing says so", async () => {
  for (const call of [() => crypto.subtle.importKey("raw", bytes(1), "ML-DSA-44", true, []), () => crypto.subtle.generateKey({ name: "ML-DSA-44" }, true, [])]) {
    await rejects(call(), "NotSupportedError", "ML-DSA-44");
  }
});
test("random", () => {
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
  ok(crypto.randomUUID() !== crypto.randomUUID());
  const array = new Uint32Array(64);
  ok(crypto.getRandomValues(array) === array && array.some((x) => x > 0));
  const part = new Uint8Array(8).subarray(2, 4);
  crypto.getRandomValues(part);
  equal(Array.from(new Uint8Array(part.buffer)).filter((b, i) => i < 2 || i > 3), [0, 0, 0, 0, 0, 0]);
  throws(() => crypto.getRandomValues(new Uint8Array(65537)), "QuotaExceededError", "65537");
  throws(() => crypto.getRandomValues(new Float64Array(1)), "TypeMismatchError");
  throws(() => crypto.getRandomValues([]), "TypeError");
  equal(crypto.getRandomValues(new Uint8Array(65536)).length, 65536);
});
test("timingSafeEqual", () => {
  equal([crypto.subtle.timingSafeEqual(bytes(1, 2), bytes(1, 2)), crypto.subtle.timingSafeEqual(bytes(1, 2), bytes(1, 3).buffer)], [true, false]);
  throws(() => crypto.subtle.timingSafeEqual(bytes(1), bytes(1, 2)), "TypeError", "Input buffers must have the same byte length.");
});
test("DigestStream", async () => {
  const stream = new crypto.DigestStream("SHA-256");
  const writer = stream.getWriter();
  writer.write(utf8("a"));
  writer.write(utf8("bc"));
  await writer.close();
  equal([hex(await stream.digest), stream.bytesWritten], [hex(await crypto.subtle.digest("SHA-256", utf8("abc"))), 3n]);
  const failing = new crypto.DigestStream("SHA-1");
  await failing.abort(new RangeError("x"));
  await rejects(failing.digest, "RangeError");
});
test("performance", () => {
  ok(Math.abs(performance.now() - Date.now()) < 1000 && performance.timeOrigin === 0);
  performance.mark("a", { startTime: 5 });
  performance.mark("b", { startTime: 9, detail: "d" });
  const m = performance.measure("m", "a", "b");
  equal([m.startTime, m.duration, m.entryType, m.name], [5, 4, "measure", "m"]);
  equal(performance.measure("n", { start: 2, duration: 3 }).toJSON(), { name: "n", entryType: "measure", startTime: 2, duration: 3, detail: null });
  equal(performance.getEntriesByType("mark").map((e) => e.name), ["a", "b"]);
  performance.clearMarks("a");
  equal(performance.getEntries().map((e) => e.name), ["n", "m", "b"]);
  throws(() => performance.measure("x", "none"), "SyntaxError");
});
test("navigator", () => equal([navigator.userAgent, navigator.hardwareConcurrency, navigator.platform], ["Cloudflare-Workers", 1, ""]));
test("globals are not enumerable, and can be replaced", () => {
  for (const name of ["Request", "URL", "console", "crypto", "setTimeout", "atob", "queueMicrotask", "scheduler", "navigator", "Body"]) {
    const d = Object.getOwnPropertyDescriptor(globalThis, name);
    equal([name, d?.writable, d?.enumerable, d?.configurable], [name, true, false, true]);
  }
});
test("classes have their names and tags", () => {
  for (const name of ["Request", "Response", "Headers", "URL", "URLSearchParams", "Blob", "File", "FormData", "ReadableStream", "WritableStream", "TransformStream", "AbortSignal", "TextEncoder", "Event", "DOMException"]) {
    const Class = globalThis[name];
    equal([Class.name, Class.prototype[Symbol.toStringTag]], [name, name]);
    throws(() => Class(), "TypeError");
  }
  equal([setTimeout.name, setTimeout.length, atob.length, console.log.name, Object.prototype.toString.call(console), Object.prototype.toString.call(crypto)], ["setTimeout", 0, 0, "log", "[object console]", "[object Crypto]"]);
});
both("prototype members", ({ Request, Response, Headers }) => {
  const expected = { Request: ["clone", "headers", "method", "redirect", "signal", "url"], Response: ["clone", "headers", "ok", "redirected", "status", "statusText", "type", "url"], Headers: ["append", "delete", "entries", "forEach", "get", "getSetCookie", "has", "keys", "set", "values"] };
  return Object.entries({ Request, Response, Headers }).map(([name, Class]) => expected[name].map((key) => Object.getOwnPropertyDescriptor(Class.prototype, key)?.enumerable));
});
