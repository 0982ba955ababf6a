//! Diffie-Hellman on elliptic curves: ECDH and X25519.

use x25519_dalek::{PublicKey, StaticSecret};

use super::{
    Error, Result,
    key::{Private, Public},
};

/// The secret that both sides get: as long as the curve's field. An error when the keys are not of
/// one curve, or when X25519's public key makes the secret all zeros.
pub fn shared_secret(private: &Private, public: &Public) -> Result<Vec<u8>> {
    match (private, public) {
        (Private::P256(a), Public::P256(b)) => Ok(a.diffie_hellman(b).raw_secret_bytes().to_vec()),
        (Private::P384(a), Public::P384(b)) => Ok(a.diffie_hellman(b).raw_secret_bytes().to_vec()),
        (Private::P521(a), Public::P521(b)) => Ok(a.diffie_hellman(b).raw_secret_bytes().to_vec()),
        (Private::X25519(a), Public::X25519(b)) => {
            let secret = StaticSecret::from(*a).diffie_hellman(&PublicKey::from(*b));
            if secret.was_contributory() {
                Ok(secret.to_bytes().to_vec())
            } else {
                Err(Error::Invalid("public key: a point of small order"))
            }
        }
        _ => Err(Error::Invalid("pair of keys: they are of two curves")),
    }
}
