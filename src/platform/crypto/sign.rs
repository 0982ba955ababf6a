//! Signatures: RSA (PKCS #1 v1.5 and PSS), ECDSA, Ed25519.

use ::rsa::{Pkcs1v15Sign, Pss};
use ed25519_dalek::{Signer, Verifier};
use getrandom::SysRng;
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use sha2::Digest;

use super::{
    Error, Result,
    hash::{Hash, with_hash},
    key::{Private, Public, with_curve},
};

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1(Hash),
    /// RSASSA-PSS with MGF1 of the same hash; `salt` in bytes.
    Pss {
        /// Of the message and of the mask.
        hash: Hash,
        /// Length of the salt, bytes. `None` is as long as the digest when signing, and whatever
        /// it is when verifying.
        salt: Option<usize>,
    },
    /// ECDSA; the signature is r and s, each as long as the curve's order.
    Ecdsa(Hash),
    /// ECDSA; the signature is a DER sequence of r and s.
    EcdsaDer(Hash),
    /// Ed25519, which has its own hash.
    Ed25519,
}

const MISMATCH: Error = Error::Invalid("kind of key for this signature");

/// A digest as ECDSA takes it: the crates refuse one that is less than half as long as the curve's
/// field, though zeros before it change nothing.
fn prehash(hash: Hash, data: &[u8], field: usize) -> Vec<u8> {
    let digest = hash.digest(data);
    let pad = field.saturating_sub(digest.len());
    [vec![0; pad], digest].concat()
}

fn pss<D: Digest>(salt_len: Option<usize>) -> Pss<D> {
    Pss {
        blinded: true,
        digest: D::new(),
        salt_len,
    }
}

/// Signs `data`.
pub fn sign(key: &Private, scheme: Scheme, data: &[u8]) -> Result<Vec<u8>> {
    let failed = |_| Error::Invalid("signature: the key is too small for the digest");
    match (scheme, key) {
        (Scheme::Pkcs1(hash), Private::Rsa(key)) => {
            let digest = hash.digest(data);
            let padding = with_hash!(hash, D => Pkcs1v15Sign::new::<D>());
            key.sign_with_rng(&mut SysRng, padding, &digest)
                .map_err(failed)
        }
        (Scheme::Pss { hash, salt }, Private::Rsa(key)) => {
            let digest = hash.digest(data);
            with_hash!(hash, D => {
                key.sign_with_rng(&mut SysRng, pss::<D>(salt.or(Some(digest.len()))), &digest).map_err(failed)
            })
        }
        (Scheme::Ed25519, Private::Ed25519(seed)) => {
            let key = ed25519_dalek::SigningKey::from_bytes(seed);
            Ok(key.sign(data).to_bytes().to_vec())
        }
        (Scheme::Ecdsa(hash) | Scheme::EcdsaDer(hash), _) => with_curve!(Private, key, key => {
            let digest = prehash(hash, data, key.to_bytes().len());
            let signature: curve::ecdsa::Signature = curve::ecdsa::SigningKey::from(key)
                .sign_prehash(&digest)
                .map_err(|_| MISMATCH)?;
            Ok(match scheme {
                Scheme::EcdsaDer(_) => signature.to_der().as_bytes().to_vec(),
                _ => signature.to_bytes().to_vec(),
            })
        }, Err(MISMATCH)),
        _ => Err(MISMATCH),
    }
}

/// Whether `signature` is one of `data`.
pub fn verify(key: &Public, scheme: Scheme, signature: &[u8], data: &[u8]) -> Result<bool> {
    match (scheme, key) {
        (Scheme::Pkcs1(hash), Public::Rsa(key)) => {
            let digest = hash.digest(data);
            let padding = with_hash!(hash, D => Pkcs1v15Sign::new::<D>());
            Ok(key.verify(padding, &digest, signature).is_ok())
        }
        (Scheme::Pss { hash, salt }, Public::Rsa(key)) => {
            let digest = hash.digest(data);
            let valid = with_hash!(hash, D => {
                key.verify(pss::<D>(salt), &digest, signature).is_ok()
            });
            Ok(valid)
        }
        (Scheme::Ed25519, Public::Ed25519(bytes)) => {
            let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(bytes) else {
                return Ok(false);
            };
            let signature = ed25519_dalek::Signature::from_slice(signature);
            Ok(signature.is_ok_and(|signature| key.verify(data, &signature).is_ok()))
        }
        (Scheme::Ecdsa(hash) | Scheme::EcdsaDer(hash), _) => with_curve!(Public, key, key => {
            let parsed = match scheme {
                Scheme::EcdsaDer(_) => curve::ecdsa::Signature::from_der(signature),
                _ => curve::ecdsa::Signature::from_slice(signature),
            };
            let Ok(signature) = parsed else { return Ok(false) };
            let field = signature.to_bytes().len() / 2;
            let digest = prehash(hash, data, field);
            Ok(curve::ecdsa::VerifyingKey::from(key).verify_prehash(&digest, &signature).is_ok())
        }, Err(MISMATCH)),
        _ => Err(MISMATCH),
    }
}
