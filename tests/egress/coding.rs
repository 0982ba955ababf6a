//! Bodies in gzip and Brotli: plain to workers, coded on the wire.

use std::io::{Read, Write};

use serde_json::json;

use crate::{Running, support::Place, upstream::Upstream};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    encoder.write_all(bytes).expect("it compresses");
    encoder.finish().expect("it ends")
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(bytes);
    decoder.read_to_end(&mut plain).expect("it is gzip");
    plain
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*bytes, &mut coded, &params).expect("it compresses");
    coded
}

fn unbrotli(mut bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    brotli::BrotliDecompress(&mut bytes, &mut plain).expect("it is Brotli");
    plain
}

const TEXT: &str = "hello hello hello hello";

/// Answers in the coding that the path names.
fn coding() -> Upstream {
    Upstream::start(|asked| {
        let gz = "content-encoding: gzip\r\n";
        match asked.path.as_str() {
            "/gzip" => asked.answer("200 OK", gz, gzip(TEXT.as_bytes()))?,
            "/br" => asked.answer("200 OK", "content-encoding: br\r\n", brotli(TEXT.as_bytes()))?,
            "/bad" => asked.answer("200 OK", gz, "no gzip at all, no")?,
            "/badbr" => asked.answer("200 OK", "content-encoding: br\r\n", [0xff; 30])?,
            "/cut" => asked.answer("200 OK", gz, &gzip(TEXT.as_bytes())[..20])?,
            "/other" => asked.answer("200 OK", "content-encoding: zstd\r\n", "as it is")?,
            "/bomb" => asked.answer("200 OK", gz, gzip(&vec![0; 50 << 20]))?,
            "/chunks" => {
                let coded = gzip(TEXT.as_bytes());
                asked.send(format!("HTTP/1.1 200 OK\r\n{gz}transfer-encoding: chunked\r\n\r\n"))?;
                for byte in coded {
                    asked.chunk(&[byte])?;
                }
                asked.chunk(b"")?;
            }
            _ => asked.echo()?,
        }
        Ok(true)
    })
}

#[test]
fn workers_read_plain_text() {
    let upstream = coding();
    let running = Running::with(
        &upstream,
        r#"
        async gzip() { const r = await fetch(S + "/gzip"); return [await r.text(), r.headers.get("content-encoding")]; },
        async br() { return (await fetch(S + "/br")).text(); },
        async chunks() { return (await fetch(S + "/chunks")).text(); },
        async other() { return (await fetch(S + "/other")).text(); },
        async clone() { const r = await fetch(S + "/gzip"); const c = r.clone(); return [await r.text(), await c.text()]; },
        async wrap() { const r = await fetch(S + "/br"); return new Response(r.body, r).text(); },
        async onward() { return (await (await fetch(S, { method: "POST", body: (await fetch(S + "/gzip")).body })).json()).body; },
        async head() { const r = await fetch(S + "/gzip", { method: "HEAD" }); return [r.body, r.headers.get("content-encoding")]; },
        async bad() { return (await fetch(S + "/bad")).text(); },
        async badbr() { return (await fetch(S + "/badbr")).text(); },
        async cut() { return (await fetch(S + "/cut")).text(); },
        async bomb() {
          let size = 0;
          for await (const chunk of (await fetch(S + "/bomb")).body) size += chunk.byteLength;
          return size;
        },
        async tasted() {
          const reader = (await fetch(S + "/bomb")).body.getReader();
          const { value } = await reader.read();
          await reader.cancel();
          return value.byteLength <= 65536;
        },
        "#,
    );
    assert_eq!(running.ok("gzip"), json!([TEXT, "gzip"]));
    assert_eq!(running.ok("br"), TEXT);
    assert_eq!(running.ok("chunks"), TEXT);
    assert_eq!(running.ok("other"), "as it is");
    assert_eq!(running.ok("clone"), json!([TEXT, TEXT]));
    assert_eq!(running.ok("wrap"), TEXT);
    assert_eq!(running.ok("onward"), TEXT);
    assert_eq!(running.error("bad"), "Gzip decompression failed.");
    assert_eq!(running.error("badbr"), "Brotli decompression failed.");
    assert_eq!(running.error("cut"), "Gzip compressed stream ended prematurely.");
    assert_eq!(running.ask("cut")["error"]["class"], "TypeError");
    assert_eq!(running.ok("bomb"), 50 << 20);
    assert_eq!(running.ok("tasted"), true);
}

#[test]
fn clients_get_the_coding_that_the_headers_name() {
    let upstream = coding();
    let place = Place::new();
    let source = r#"
        import { DurableObject } from "cloudflare:workers";
        const GZIP = { headers: { "content-encoding": "gzip" } };
        export class Place extends DurableObject {
          fetch(request) { return answer(new URL(request.url).pathname.replace("/object", ""), this.env, this.ctx); }
        }
        const answer = async (path, env) => {
          if (path.startsWith("/pass/")) return fetch(env.S + path.slice(5));
          if (path === "/wrapped") { const r = await fetch(env.S + "/gzip"); return new Response(r.body, r); }
          if (path === "/renamed") { const r = await fetch(env.S + "/gzip"); return new Response(r.body, { headers: { "content-encoding": "br" } }); }
          if (path === "/plain") { const r = await fetch(env.S + "/gzip"); return new Response(r.body); }
          if (path === "/own") return new Response("own own own", GZIP);
          if (path === "/stream") { const { readable, writable } = new TransformStream(); const w = writable.getWriter(); w.write(new TextEncoder().encode("own ")); w.write(new TextEncoder().encode("stream")); w.close(); return new Response(readable, GZIP); }
          if (path === "/manual") return new Response("as it is", { ...GZIP, encodeBody: "manual" });
          if (path === "/empty") return new Response(null, GZIP);
          return env.PLACE.getByName("x").fetch("http://x/" + path.slice("/via/".length));
        };
        export default { fetch(request, env) { return answer(new URL(request.url).pathname, env); } };
    "#;
    let allow = json!([format!("127.0.0.1:{}", upstream.port())]);
    let config = json!({ "lapidary": { "outbound": { "allow_private": allow } }, "vars": { "S": upstream.url() } });
    place.project_with("app", &["Place"], source, config);
    let server = place.serve();
    for via in ["", "/via"] {
        let get = |path: &str| server.get(&format!("{via}{path}"));
        let passed = get("/pass/gzip");
        assert_eq!(passed.header("content-encoding"), Some("gzip"));
        assert_eq!(passed.body, gzip(TEXT.as_bytes()), "what is passed on stays as it is");
        assert_eq!(unbrotli(&get("/pass/br").body), TEXT.as_bytes());
        let wrapped = get("/wrapped");
        assert_eq!(wrapped.header("content-encoding"), Some("gzip"));
        assert_eq!(gunzip(&wrapped.body), TEXT.as_bytes());
        assert_eq!(unbrotli(&get("/renamed").body), TEXT.as_bytes());
        assert_eq!(get("/plain").text(), TEXT);
        let own = get("/own");
        assert_eq!((own.header("content-encoding"), gunzip(&own.body)), (Some("gzip"), b"own own own".to_vec()));
        assert_eq!(gunzip(&get("/stream").body), b"own stream");
        assert_eq!(get("/manual").text(), "as it is");
        assert_eq!(get("/empty").body, b"");
    }
}
