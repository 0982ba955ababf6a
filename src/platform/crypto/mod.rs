//! Cryptography for `crypto.subtle` and `node:crypto`, on RustCrypto's crates.
//!
//! | file | answers |
//! |---|---|
//! | [`hash`] | digests, also in pieces, and HMAC |
//! | [`aes`] | the modes of AES, key wrapping |
//! | [`derive`] | keys from passwords and from other keys |
//! | [`key`] | asymmetric keys, as DER and in parts |
//! | [`sign`] | signatures |
//! | [`rsa`] | RSA encryption, and the making of RSA keys |
//! | [`agree`] | Diffie-Hellman on elliptic curves |
//!
//! An asymmetric key lives in the sandbox as DER (SPKI or PKCS #8) and is read anew for every
//! operation, so the host keeps nothing on behalf of a guest. The CPU deadline does not stop host
//! code, so whatever a guest can make long is bounded here.

pub mod aes;
pub mod agree;
pub mod derive;
pub mod hash;
pub mod key;
pub mod rsa;
pub mod sign;

#[cfg(test)]
mod tests;

/// Why a computation was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no key, no ciphertext or no tag of the kind that is asked for.
    #[error("invalid input: {0}")]
    Invalid(&'static str),
    /// More bytes follow the key: how many.
    #[error("{0} trailing bytes")]
    Trailing(usize),
    /// The host would work too long; names the limit.
    #[error("{0}")]
    Limit(String),
    /// The system gave no randomness.
    #[error("no randomness: {0}")]
    Random(String),
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error.to_string())
    }
}

/// What a computation gives.
pub type Result<T> = std::result::Result<T, Error>;

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
