//! Ids of durable objects: 32 bytes, derived from a name or random, bound to a namespace.
//!
//! The derivation is the reference's: with `key = SHA-256(unique key of the namespace)`, an id is
//! `a ‖ HMAC(key, a)[..16]`, where `a` is `HMAC(key, name)[..16]` or 16 random bytes. So an id
//! from a name is the same everywhere, and one of another namespace is recognised.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The id that `name` has in the namespace.
pub fn from_name(unique_key: &str, name: &str) -> String {
    let key = Sha256::digest(unique_key);
    finish(&key, half(&key, name.as_bytes()))
}

/// A new random id; fails only when the system has no randomness.
pub fn unique(unique_key: &str) -> Result<String, getrandom::Error> {
    let key = Sha256::digest(unique_key);
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(finish(&key, random))
}

/// Checks the text of an id; the error is a `TypeError`'s message.
pub fn from_string(unique_key: &str, text: &str) -> Result<String, &'static str> {
    let mut bytes = [0u8; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err("Invalid Durable Object ID: must be 64 hex digits");
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    let key = Sha256::digest(unique_key);
    if half(&key, &bytes[..16]) != bytes[16..] {
        return Err("Durable Object ID is not valid for this namespace.");
    }
    Ok(text.to_ascii_lowercase())
}

fn half(key: &[u8], message: &[u8]) -> [u8; 16] {
    // HMAC takes a key of any length
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any key length");
    mac.update(message);
    let full = mac.finalize().into_bytes();
    std::array::from_fn(|i| full[i])
}

fn finish(key: &[u8], a: [u8; 16]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    a.into_iter()
        .chain(half(key, &a))
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_reference() {
        assert_eq!(
            from_name("mykey", "name"),
            "3652ef6221834806dc8df802d1d216e27b7d07e0a6b7adf6cfdaeec90f06459a"
        );
    }

    #[test]
    fn ids_are_bound_to_their_namespace() {
        let id = unique("a").unwrap();
        assert_eq!(from_string("a", &id.to_uppercase()), Ok(id.clone()));
        assert_eq!(
            from_string("b", &id),
            Err("Durable Object ID is not valid for this namespace.")
        );
        assert_eq!(
            from_string("a", "12"),
            Err("Invalid Durable Object ID: must be 64 hex digits")
        );
        assert!(from_string("a", &"é".repeat(32)).is_err());
        assert_ne!(unique("a").unwrap(), id);
    }
}
