import { both, bytes, equal, rejects, test, throws, utf8 } from "harness";

both("FormData", ({ FormData }) => {
  const f = new FormData();
  f.append("a", "1");
  f.append("b", 2);
  f.append("a", "3");
  const out = [f.get("a"), f.get("z"), f.getAll("a"), f.has("b"), [...f]];
  f.set("a", "9");
  f.set("n", "x");
  out.push([...f.entries()]);
  f.delete("a");
  out.push([...f.keys()], [...f.values()]);
  f.forEach((value, name) => out.push(value + name));
  return out;
});
both("FormData with blobs", async ({ FormData, Blob, File }) => {
  const f = new FormData();
  f.append("b", new Blob(["x"], { type: "a/b" }));
  f.append("n", new Blob(["x"]), "name.txt");
  f.append("f", new File(["y"], "own.txt"));
  f.append("r", new File(["y"], "own.txt"), "new.txt");
  return [...f].map(([name, file]) => [name, file.name, file.type, file.size]);
});
test("FormData refuses", () => {
  throws(() => new FormData().append("a"), "TypeError");
  throws(() => new FormData().append(), "TypeError");
});
both("round trip", async ({ FormData, File, Response }) => {
  const f = new FormData();
  f.append("plain", "a\nb\r\nc");
  f.append('na"me\r\n', "ü€");
  f.append("file", new File([new Uint8Array([0, 255, 13, 10, 45, 45])], 'q"ü.bin', { type: "a/b" }));
  f.append("empty", "");
  f.append("none", new File([], "e"));
  const back = await new Response(f).formData();
  const out = [];
  for (const [name, value] of back) out.push(name, typeof value === "string" ? value : [value.name, value.type, Array.from(new Uint8Array(await value.arrayBuffer()))]);
  return out;
});
test("strings only stay text", async () => {
  const f = new FormData();
  f.append("a", "ü");
  const r = new Response(f);
  const type = r.headers.get("content-type");
  const boundary = type.slice("multipart/form-data; boundary=".length);
  equal(await r.text(), `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nü\r\n--${boundary}--\r\n`);
});
both("urlencoded", async ({ Response, URLSearchParams }) => [...await new Response(new URLSearchParams("a=1&b=%20+&a=2")).formData()]);
const part = (text, type = "multipart/form-data; boundary=X") => new Response(text, { headers: { "content-type": type } });
test("parses by hand", async () => {
  const form = await part('--X\r\ncontent-disposition: form-data; name=bare\r\n\r\n1\r\n--X\r\nContent-Type: t/x\r\nContent-Disposition: form-data; filename="f"; name="q"\r\n\r\n--Y\r\n--X--').formData();
  equal([form.get("bare"), form.get("q").name, form.get("q").type, await form.get("q").text()], ["1", "f", "t/x", "--Y"]);
  const preamble = await part('skip\r\n--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--X--\r\n').formData();
  equal([...preamble], [["a", ""]]);
  equal([...await part("--X--\r\n").formData()], []);
  const quoted = await part('--a b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--a b--', 'multipart/form-data; boundary="a b"').formData();
  equal(quoted.get("a"), "1");
});
test("malformed bodies are TypeErrors", async () => {
  for (const text of ["", "nonsense", "--X", "--Xabc", "--X\r\n\r\n", '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nunfinished', "--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--", "--X\r\nx: y\r\n\r\nx\r\n--X--"]) {
    await rejects(part(text).formData(), "TypeError");
  }
  await rejects(part("", "multipart/form-data").formData(), "TypeError", "boundary");
  await rejects(part("", "text/plain").formData(), "TypeError", "Unrecognized Content-Type");
  await rejects(new Response(bytes(1)).formData(), "TypeError", "requires a Content-Type");
});
both("Blob", async ({ Blob }) => {
  const b = new Blob(["ab", new Uint8Array([99]), new Uint8Array([100, 101]).buffer, new Blob(["f"]), 7], { type: "A/B" });
  const s = b.slice(1, -1, "X/y");
  return [b.size, b.type, await b.text(), s.size, s.type, await s.text(), new Uint8Array(await s.arrayBuffer()), await b.slice(-2).text(), b.slice(5, 2).size, new Blob().size, await b.slice().text(), new Blob(["a\r\nb\nc\r"], { endings: "native" }).size, new Blob([], { type: "é" }).type];
});
test("Blob keeps its bytes", async () => {
  const source = bytes(1, 2);
  const b = new Blob([source]);
  source[0] = 9;
  (await b.bytes())[0] = 9;
  (await b.slice().bytes())[1] = 9;
  equal(await b.bytes(), bytes(1, 2));
  const reader = b.stream().getReader();
  (await reader.read()).value[0] = 9;
  equal(await b.bytes(), bytes(1, 2));
});
test("Blob stream and refusals", async () => {
  equal(await new Response(new Blob(["abc"]).stream()).text(), "abc");
  throws(() => new Blob("text"), "TypeError");
  throws(() => new Blob(5), "TypeError");
});
both("File", async ({ File, Blob }) => {
  const f = new File(["x"], "n.txt", { type: "t/x", lastModified: 5 });
  return [f.name, f.size, f.type, f.lastModified, f instanceof Blob, await f.text(), f.slice(0, 1) instanceof File, typeof new File([], "a").lastModified];
});
test("File refuses", () => throws(() => new File([]), "TypeError"));
test("utf8 of the harness", () => equal(utf8("é"), bytes(0xc3, 0xa9)));
