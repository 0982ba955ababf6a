//! The Cache API for a sandbox.

use super::Done;
use crate::{
    ledger::now_ms,
    object::{caches::Kept, live::Live},
    sandbox::wire::{Malformed, Reader, Writer},
};

impl Live {
    /// Whose caches this instance uses: its worker's; a dynamic worker has its own by its code.
    fn cache_owner(&self) -> String {
        let code = &self.code;
        if code.dynamic {
            format!("{} {} loaded", code.name, code.version)
        } else {
            code.name.to_string()
        }
    }

    /// * `cache.find(cache, url)`: status, its text, headers, body and age; null when it is not kept
    /// * `cache.put(cache, url, status, text, headers, body)`
    /// * `cache.delete(cache, url)`: whether it was kept
    ///
    /// `cache` is a name, or null for the default one.
    pub(super) fn cache_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        let (cache, url) = (args.value()?.to_text(), args.lossy()?);
        let (owner, cache) = (self.cache_owner(), cache.as_deref());
        let caches = &self.actor.context.caches;
        match verb {
            "find" => match caches.find(&owner, cache, &url, now_ms()) {
                Some((kept, age_s)) => {
                    answer
                        .list(5)
                        .int(i64::from(kept.status))
                        .text(&kept.status_text);
                    answer.list(kept.headers.len() * 2);
                    for (name, value) in &kept.headers {
                        answer.text(name).text(value);
                    }
                    answer.bytes(&kept.body).int(age_s as i64);
                }
                None => {
                    answer.null();
                }
            },
            "put" => {
                let (status, status_text) = (args.index()? as u16, args.lossy()?);
                let flat = args.value()?;
                let mut headers = Vec::new();
                for pair in flat.items().chunks(2) {
                    let [name, value] = pair else {
                        return Err(Malformed.into());
                    };
                    headers.push((
                        name.to_text().ok_or(Malformed)?,
                        value.to_text().ok_or(Malformed)?,
                    ));
                }
                let kept = Kept {
                    status,
                    status_text,
                    headers,
                    body: bytes::Bytes::copy_from_slice(args.bytes()?),
                };
                caches.put(&owner, cache, &url, kept, now_ms());
            }
            _ => {
                answer.bool(caches.delete(&owner, cache, &url, now_ms()));
            }
        }
        Ok(())
    }
}
