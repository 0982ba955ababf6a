//! The Cache API's memory: answers that workers keep, each for as long as it says it is fresh.
//!
//! Every worker has its own, shared by all of its objects; the least recently used go first when
//! there are too many bytes.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;

use super::message::Headers;

/// What one worker may keep, bytes of bodies, headers and keys.
const MAX_BYTES: usize = 64 << 20;
/// The largest answer that is kept, bytes.
const MAX_ENTRY: usize = 16 << 20;
/// What an entry costs beside its bytes.
const OVERHEAD: usize = 200;
/// Caches of workers that this host remembers.
const MAX_WORKERS: usize = 1000;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its status.
    pub status: u16,
    /// Its reason phrase.
    pub status_text: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

struct Entry {
    kept: Kept,
    stored_ms: u64,
    expires_ms: u64,
    used: u64,
    size: usize,
}

/// Cache and URL.
type Key = (Option<String>, String);

#[derive(Default)]
struct Shelf {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    clock: u64,
    used: u64,
}

/// The caches of all workers, by worker.
#[derive(Default)]
pub struct Caches(Mutex<(HashMap<String, Shelf>, u64)>);

impl Caches {
    fn with<T>(&self, worker: &str, act: impl FnOnce(&mut Shelf) -> T) -> T {
        let (shelves, clock) = &mut *self.0.lock();
        *clock += 1;
        if !shelves.contains_key(worker) && shelves.len() >= MAX_WORKERS {
            let oldest = shelves.iter().min_by_key(|(_, shelf)| shelf.used);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                shelves.remove(&name);
            }
        }
        let shelf = shelves.entry(worker.into()).or_default();
        shelf.used = *clock;
        act(shelf)
    }

    /// Keeps an answer as long as it is fresh, if it may be kept and is not too large.
    pub fn put(&self, worker: &str, cache: Option<&str>, url: &str, kept: Kept, now_ms: u64) {
        let key = (cache.map(String::from), url.to_string());
        let lifetime_s = lifetime_s(&kept, now_ms);
        self.with(worker, |shelf| {
            shelf.remove(&key);
            let headers: usize = kept.headers.iter().map(|(k, v)| k.len() + v.len()).sum();
            let size = OVERHEAD + url.len() + headers + kept.body.len();
            if lifetime_s == 0 || size > MAX_ENTRY {
                return;
            }
            shelf.clock += 1;
            shelf.bytes += size;
            let entry = Entry {
                kept,
                stored_ms: now_ms,
                expires_ms: now_ms.saturating_add(lifetime_s.saturating_mul(1000)),
                used: shelf.clock,
                size,
            };
            shelf.entries.insert(key, entry);
            shelf.shrink();
        });
    }

    /// The answer that is kept, and its age in seconds.
    pub fn find(
        &self,
        worker: &str,
        cache: Option<&str>,
        url: &str,
        now_ms: u64,
    ) -> Option<(Kept, u64)> {
        let key = (cache.map(String::from), url.to_string());
        self.with(worker, |shelf| {
            shelf.clock += 1;
            let clock = shelf.clock;
            let entry = shelf.entries.get_mut(&key)?;
            if entry.expires_ms <= now_ms {
                shelf.remove(&key);
                return None;
            }
            entry.used = clock;
            Some((
                entry.kept.clone(),
                now_ms.saturating_sub(entry.stored_ms) / 1000,
            ))
        })
    }

    /// Forgets an answer; whether there was one that is fresh.
    pub fn delete(&self, worker: &str, cache: Option<&str>, url: &str, now_ms: u64) -> bool {
        let key = (cache.map(String::from), url.to_string());
        self.with(worker, |shelf| {
            shelf
                .remove(&key)
                .is_some_and(|expires_ms| expires_ms > now_ms)
        })
    }
}

impl Shelf {
    fn remove(&mut self, key: &Key) -> Option<u64> {
        let entry = self.entries.remove(key)?;
        self.bytes -= entry.size;
        Some(entry.expires_ms)
    }

    /// Lets the least recently used go; a quarter at once, so that it happens rarely.
    fn shrink(&mut self) {
        if self.bytes <= MAX_BYTES {
            return;
        }
        let mut by_use: Vec<(u64, Key)> = self
            .entries
            .iter()
            .map(|(key, entry)| (entry.used, key.clone()))
            .collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if self.bytes <= MAX_BYTES / 4 * 3 {
                break;
            }
            self.remove(&key);
        }
    }
}

/// The value of a header, if it is there.
pub fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let found = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// How long an answer is fresh, seconds; 0 when it must not be kept. Explicit lifetimes win;
/// without one, the platform's usual ones by status.
fn lifetime_s(kept: &Kept, now_ms: u64) -> u64 {
    let control = header(&kept.headers, "cache-control")
        .unwrap_or("")
        .to_ascii_lowercase();
    let directives: Vec<&str> = control.split(',').map(str::trim).collect();
    let has = |name: &str| directives.contains(&name);
    if has("no-store") || has("private") || has("no-cache") {
        return 0;
    }
    let sets_cookie = header(&kept.headers, "set-cookie").is_some();
    if sets_cookie
        && !directives
            .iter()
            .any(|d| d.replace('"', "") == "private=set-cookie")
    {
        return 0;
    }
    let seconds = |name: &str| {
        let value = directives
            .iter()
            .find_map(|d| d.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"').parse::<u64>().unwrap_or(0))
    };
    if let Some(given) = seconds("s-maxage").or_else(|| seconds("max-age")) {
        return given;
    }
    if let Some(expires) = header(&kept.headers, "expires") {
        let at_ms = http_date_ms(expires).unwrap_or(0);
        return at_ms.saturating_sub(now_ms) / 1000;
    }
    match kept.status {
        200 | 203 | 300 | 301 | 308 => 7200,
        302 | 303 | 307 => 1200,
        404 | 410 => 180,
        _ => 0,
    }
}

/// A date of HTTP, milliseconds since 1970.
pub fn http_date_ms(text: &str) -> Option<u64> {
    let parsed = jiff::fmt::rfc2822::parse(text).ok()?;
    u64::try_from(parsed.timestamp().as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    fn kept(status: u16, headers: &[(&str, &str)], body: usize) -> Kept {
        let headers = headers.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        Kept {
            status,
            status_text: String::new(),
            headers: headers.collect(),
            body: vec![0; body].into(),
        }
    }

    #[test]
    fn answers_say_how_long_they_are_fresh() {
        let lifetime = |headers: &[(&str, &str)]| lifetime_s(&kept(200, headers, 0), NOW);
        assert_eq!(lifetime(&[("cache-control", "max-age=60")]), 60);
        assert_eq!(lifetime(&[("Cache-Control", "max-age=60, s-maxage=5")]), 5);
        assert_eq!(lifetime(&[("cache-control", "private, max-age=60")]), 0);
        assert_eq!(lifetime(&[("set-cookie", "a=b")]), 0);
        assert_eq!(
            lifetime(&[
                ("set-cookie", "a=b"),
                ("cache-control", "private=Set-Cookie, max-age=9")
            ]),
            9
        );
        assert_eq!(lifetime(&[("expires", "Tue, 14 Nov 2023 22:13:25 GMT")]), 5);
        assert_eq!(lifetime(&[("expires", "0")]), 0);
        assert_eq!(lifetime(&[]), 7200);
        assert_eq!(lifetime_s(&kept(500, &[], 0), NOW), 0);
    }

    #[test]
    fn what_is_stale_is_not_found() {
        let caches = Caches::default();
        caches.put(
            "w",
            None,
            "http://x/",
            kept(200, &[("cache-control", "max-age=5")], 3),
            NOW,
        );
        assert_eq!(
            caches
                .find("w", None, "http://x/", NOW + 4000)
                .map(|(_, age)| age),
            Some(4)
        );
        assert!(caches.find("w", Some("other"), "http://x/", NOW).is_none());
        assert!(caches.find("v", None, "http://x/", NOW).is_none());
        assert!(caches.find("w", None, "http://x/", NOW + 5000).is_none());
        assert!(!caches.delete("w", None, "http://x/", NOW));
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let caches = Caches::default();
        let put = |n: usize| {
            caches.put(
                "w",
                None,
                &format!("http://x/{n}"),
                kept(200, &[], 8 << 20),
                NOW,
            )
        };
        let has = |n: usize| {
            caches
                .find("w", None, &format!("http://x/{n}"), NOW)
                .is_some()
        };
        (0..7).for_each(put);
        assert!(has(0));
        put(7);
        assert!(has(0) && !has(1) && has(7));
        put(100);
        caches.put("w", None, "http://x/large", kept(200, &[], 17 << 20), NOW);
        assert!(caches.find("w", None, "http://x/large", NOW).is_none());
    }
}
