//! Bodies in a content coding: plain to those who read them, and coded on the wire.
//!
//! A coded body that a worker only passes on stays as it is.

use bytes::Bytes;
use tokio::{runtime::Handle, sync::mpsc};

use super::message::{Body, Chunks, Headers, STREAM_DEPTH};
use crate::platform::compress::{Codec, CompressError, Flush, Format};

/// Bytes that go into and come out of one step.
const PIECE: usize = 64 << 10;

/// What a reader of a body is told that is not what it says it is, by the reference.
const CORRUPT: [&str; 2] = ["Gzip decompression failed.", "Brotli decompression failed."];
const CUT: [&str; 2] = [
    "Gzip compressed stream ended prematurely.",
    "Brotli compressed stream ended prematurely.",
];

/// Whether the failure of a stream is one of its coding.
pub(super) fn is_coding_failure(text: &str) -> bool {
    CORRUPT.contains(&text) || CUT.contains(&text)
}

/// The coding that headers name, if it is one that bodies are read in.
pub fn coding_of(headers: &Headers) -> Option<Format> {
    let mut named = headers
        .iter()
        .filter(|(name, _)| name == "content-encoding")
        .map(|(_, value)| value.as_str());
    match (named.next(), named.next()) {
        (Some("gzip"), None) => Some(Format::Gzip),
        (Some("br"), None) => Some(Format::Brotli),
        _ => None,
    }
}

/// A body's bytes, chunk by chunk.
pub(super) fn chunks_of(body: Body) -> Option<Chunks> {
    match body {
        Body::Empty => None,
        Body::Full { bytes, .. } => {
            let (sender, chunks) = mpsc::channel(1);
            // there is room for one
            let _ = sender.try_send(Ok(bytes));
            Some(chunks)
        }
        Body::Stream { chunks, .. } => Some(chunks),
    }
}

/// The same body, its bytes in `format`.
///
/// # Errors
/// The compressor cannot be made.
pub fn encode(body: Body, format: Format, tokio: &Handle) -> Result<Body, CompressError> {
    let codec = Codec::compressor(format, None)?;
    Ok(match chunks_of(body) {
        Some(chunks) => Body::Stream {
            chunks: recoded(codec, chunks, tokio, None),
            length: None,
        },
        None => Body::Empty,
    })
}

/// The plain bytes of a body in `format`.
pub(super) fn decode(body: Body, format: Format, tokio: &Handle) -> Body {
    match chunks_of(body) {
        Some(chunks) => Body::Stream {
            chunks: decode_chunks(chunks, format, tokio),
            length: None,
        },
        None => Body::Empty,
    }
}

/// The plain bytes of chunks in `format`.
pub(super) fn decode_chunks(chunks: Chunks, format: Format, tokio: &Handle) -> Chunks {
    let which = usize::from(format == Format::Brotli);
    let texts = Some((CORRUPT[which], CUT[which]));
    recoded(Codec::decompressor(format), chunks, tokio, texts)
}

/// What a decoder says of bytes that are corrupt, and of bytes that end too early.
type Texts = Option<(&'static str, &'static str)>;

fn recoded(codec: Codec, chunks: Chunks, tokio: &Handle, texts: Texts) -> Chunks {
    let (sender, recoded) = mpsc::channel(STREAM_DEPTH);
    tokio.spawn(recode(codec, chunks, sender, texts));
    recoded
}

/// Goes on as fast as what it makes is taken.
async fn recode(
    mut codec: Codec,
    mut chunks: Chunks,
    sender: mpsc::Sender<Result<Bytes, String>>,
    texts: Texts,
) {
    loop {
        let chunk = tokio::select! {
            chunk = chunks.recv() => chunk,
            () = sender.closed() => return,
        };
        // what was written should arrive, even if nothing more is written for long
        let (bytes, flush) = match chunk {
            Some(Ok(bytes)) => (bytes, Flush::Sync),
            None => (Bytes::new(), Flush::Finish),
            Some(failure) => return drop(sender.send(failure).await),
        };
        match feed(&mut codec, &bytes, flush, &sender).await {
            Ok(true) => return,
            Ok(false) if flush == Flush::Finish => {
                if let Some((_, cut)) = texts {
                    let _ = sender.send(Err(cut.into())).await;
                }
                return;
            }
            Ok(false) => {}
            Err(error) => {
                let text = texts.map_or_else(|| error.to_string(), |(corrupt, _)| corrupt.into());
                return drop(sender.send(Err(text)).await);
            }
        }
    }
}

/// Puts bytes through the codec; true when nothing more can come.
async fn feed(
    codec: &mut Codec,
    mut bytes: &[u8],
    flush: Flush,
    sender: &mpsc::Sender<Result<Bytes, String>>,
) -> Result<bool, CompressError> {
    loop {
        let (piece, flush) = match bytes.split_at_checked(PIECE) {
            Some((piece, rest)) if !rest.is_empty() => (piece, Flush::None),
            _ => (bytes, flush),
        };
        let mut output = Vec::new();
        let step = codec.step(piece, flush, &mut output, PIECE)?;
        bytes = &bytes[step.consumed..];
        if !output.is_empty() && sender.send(Ok(output.into())).await.is_err() {
            return Ok(true);
        }
        if step.ended || (!step.more && bytes.is_empty()) {
            return Ok(step.ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Body, runtime: &tokio::runtime::Runtime) -> Result<Vec<u8>, String> {
        let Some(mut chunks) = chunks_of(body) else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        while let Some(chunk) = runtime.block_on(chunks.recv()) {
            all.extend_from_slice(&chunk?);
        }
        Ok(all)
    }

    fn full(bytes: &[u8]) -> Body {
        Body::Full {
            bytes: Bytes::copy_from_slice(bytes),
            text: false,
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap()
    }

    #[test]
    fn what_is_encoded_decodes() {
        let runtime = runtime();
        let plain: Vec<u8> = (0..300_000u32).map(|n| (n % 7 * (n >> 12)) as u8).collect();
        for format in [Format::Gzip, Format::Brotli] {
            let coded = read(encode(full(&plain), format, runtime.handle()).unwrap(), &runtime);
            let coded = coded.unwrap();
            assert!(coded.len() < plain.len() && coded != plain);
            let back = read(decode(full(&coded), format, runtime.handle()), &runtime);
            assert_eq!(back.unwrap(), plain, "{format:?}");
            let cut = full(&coded[..coded.len() - 3]);
            let failed = read(decode(cut, format, runtime.handle()), &runtime).unwrap_err();
            assert!(failed.ends_with("ended prematurely.") && is_coding_failure(&failed));
            let wrong = read(decode(full(b"\xffnot coded at all"), format, runtime.handle()), &runtime);
            assert!(is_coding_failure(&wrong.unwrap_err()), "{format:?}");
        }
    }

    #[test]
    fn one_known_coding_is_named() {
        let named = |values: &[&str]| {
            let headers = values.iter().map(|it| ("content-encoding".into(), (*it).into()));
            coding_of(&headers.collect())
        };
        assert_eq!(named(&["gzip"]), Some(Format::Gzip));
        assert_eq!(named(&["br"]), Some(Format::Brotli));
        for other in [&["GZIP"][..], &["gzip, br"], &["gzip", "br"], &["deflate"], &[]] {
            assert_eq!(named(other), None);
        }
    }
}
