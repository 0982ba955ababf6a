//! Round trips of every algorithm, and what is refused. Known answers are compared with the
//! reference's in tests/differential.

use proptest::prelude::*;

use super::{
    Error, aes, agree, derive,
    hash::Hash,
    key::{Private, Public},
    rsa::{self, Padding},
    sign::{self, Scheme},
};

const HASHES: [Hash; 8] = [
    Hash::Md5,
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
    Hash::Sha512To256,
    Hash::Ripemd160,
];
const CURVES: [&str; 5] = ["P-256", "P-384", "P-521", "ed25519", "x25519"];

fn aes_key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(16), Just(24), Just(32)]
        .prop_flat_map(|size: usize| prop::collection::vec(any::<u8>(), size))
}

fn hash() -> impl Strategy<Value = Hash> {
    prop::sample::select(HASHES.to_vec())
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..200)
}

proptest! {
    #[test]
    fn a_digest_in_pieces_is_the_digest_of_the_whole(
        hash in hash(),
        pieces in prop::collection::vec(data(), 0..6),
        last in data(),
    ) {
        let mut state = Vec::new();
        for piece in &pieces {
            state = hash.update(&state, piece).unwrap();
        }
        let whole = [pieces.concat(), last.clone()].concat();
        prop_assert_eq!(hash.finish(&state, &last).unwrap(), hash.digest(&whole));
        prop_assert_eq!(hash.digest(&whole).len(), hash.size());
    }

    #[test]
    fn a_state_that_is_none_is_refused(hash in hash(), state in prop::collection::vec(any::<u8>(), 1..20)) {
        prop_assert!(hash.update(&state, b"x").is_err());
    }

    #[test]
    fn gcm_gives_back_what_it_took(
        key in aes_key(),
        iv in prop::collection::vec(any::<u8>(), 1..40),
        aad in data(),
        data in data(),
        tag_size in 4usize..=16,
    ) {
        let closed = aes::gcm_encrypt(&key, &iv, &aad, tag_size, &data).unwrap();
        prop_assert_eq!(closed.len(), data.len() + tag_size);
        prop_assert_eq!(aes::gcm_decrypt(&key, &iv, &aad, tag_size, &closed).unwrap(), data);
        let mut changed = closed.clone();
        changed[closed.len() / 2] ^= 1;
        prop_assert!(aes::gcm_decrypt(&key, &iv, &aad, tag_size, &changed).is_err());
    }

    #[test]
    fn gcm_in_pieces_is_gcm(key in aes_key(), iv in prop::collection::vec(any::<u8>(), 1..20), data in data(), at in 0usize..200) {
        let at = at.min(data.len());
        let head = aes::gcm_stream(&key, &iv, 0, &data[..at]).unwrap();
        let tail = aes::gcm_stream(&key, &iv, at as u64, &data[at..]).unwrap();
        let ciphertext = [head, tail].concat();
        let tag = aes::gcm_tag(&key, &iv, b"aad", &ciphertext).unwrap();
        let whole = aes::gcm_encrypt(&key, &iv, b"aad", 16, &data).unwrap();
        prop_assert_eq!([ciphertext, tag.to_vec()].concat(), whole);
    }

    #[test]
    fn cbc_and_ecb_give_back_what_they_took(key in aes_key(), iv in any::<[u8; 16]>(), data in data()) {
        let closed = aes::cbc_encrypt(&key, &iv, true, &data).unwrap();
        prop_assert_eq!(closed.len(), (data.len() / 16 + 1) * 16);
        prop_assert_eq!(&aes::cbc_decrypt(&key, &iv, true, &closed).unwrap(), &data);
        let whole = &data[..data.len() / 16 * 16];
        let closed = aes::cbc_encrypt(&key, &iv, false, whole).unwrap();
        prop_assert_eq!(aes::cbc_decrypt(&key, &iv, false, &closed).unwrap(), whole);
        let closed = aes::ecb(&key, true, whole).unwrap();
        prop_assert_eq!(aes::ecb(&key, false, &closed).unwrap(), whole);
    }

    #[test]
    fn ctr_gives_back_what_it_took(key in aes_key(), counter in any::<[u8; 16]>(), bits in 4u32..=128, data in data()) {
        let closed = aes::ctr(&key, &counter, bits, &data).unwrap();
        prop_assert_eq!(aes::ctr(&key, &counter, bits, &closed).unwrap(), data);
    }

    #[test]
    fn ctr_is_a_stream_of_blocks(key in aes_key(), counter in any::<u128>(), bits in 4u32..=128) {
        // each block is the cipher of its counter, whose upper bits never change
        let mask = u128::MAX >> (128 - bits);
        let stream = aes::ctr(&key, &counter.to_be_bytes(), bits, &[0; 160]).unwrap();
        for (n, block) in stream.chunks(16).enumerate() {
            let this = (counter & !mask) | (counter.wrapping_add(n as u128) & mask);
            prop_assert_eq!(block, &aes::ecb(&key, true, &this.to_be_bytes()).unwrap()[..]);
        }
    }

    #[test]
    fn a_wrapped_key_is_unwrapped(key in aes_key(), words in 2usize..20, byte in any::<u8>()) {
        let data = vec![byte; words * 8];
        let wrapped = aes::wrap(&key, &data).unwrap();
        prop_assert_eq!(aes::unwrap(&key, &wrapped).unwrap(), data);
        let mut changed = wrapped;
        changed[3] ^= 1;
        prop_assert!(aes::unwrap(&key, &changed).is_err());
    }

    #[test]
    fn rubbish_is_no_key(bytes in data()) {
        prop_assert!(Private::from_der(&bytes).is_err());
        prop_assert!(Public::from_spki(&bytes).is_err());
        prop_assert!(Public::from_pkcs1(&bytes).is_err());
    }

    #[test]
    fn damaged_keys_are_refused_or_other_keys(at in 0usize..120, bit in 0u8..8) {
        let key = Private::generate("P-256").unwrap();
        let mut der = key.to_pkcs8().unwrap();
        let at = at % der.len();
        der[at] ^= 1 << bit;
        // no panic is what counts; a key that is read can be written
        if let Ok(other) = Private::from_der(&der) {
            prop_assert!(other.to_pkcs8().is_ok());
        }
    }
}

#[test]
fn keys_are_read_as_they_were_written() {
    for kind in CURVES {
        let key = Private::generate(kind).unwrap();
        let public = key.public();
        assert_eq!(public.kind(), kind);
        let der = key.to_pkcs8().unwrap();
        let spki = public.to_spki().unwrap();
        assert_eq!(Private::from_der(&der).unwrap().to_pkcs8().unwrap(), der);
        assert_eq!(Public::from_spki(&spki).unwrap().to_spki().unwrap(), spki);
        let raw = Public::from_raw(kind, &public.to_raw().unwrap()).unwrap();
        assert_eq!(raw.to_spki().unwrap(), spki);
        let owned = key.parts();
        let parts: Vec<_> = owned.iter().map(|(n, b)| (*n, b.as_slice())).collect();
        let joined = Private::from_parts(kind, &parts).unwrap();
        assert_eq!(joined.to_pkcs8().unwrap(), der);
        assert_eq!(
            Public::from_parts(kind, &parts).unwrap().to_spki().unwrap(),
            spki
        );
        let trailing = [der, vec![0, 0]].concat();
        assert_eq!(
            Private::from_der(&trailing).unwrap_err(),
            Error::Trailing(2)
        );
        if let Ok(sec1) = key.to_traditional() {
            let again = Private::from_der(&sec1).unwrap();
            assert_eq!(again.public().to_spki().unwrap(), spki);
        }
    }
}

#[test]
fn rsa_keys_are_read_as_they_were_written() {
    let key = rsa::generate(1024, 65537).unwrap();
    let der = key.to_pkcs8().unwrap();
    let spki = key.public().to_spki().unwrap();
    let pkcs1 = key.to_traditional().unwrap();
    assert_eq!(Private::from_der(&pkcs1).unwrap().to_pkcs8().unwrap(), der);
    let public = Public::from_pkcs1(&key.public().to_pkcs1().unwrap()).unwrap();
    assert_eq!(public.to_spki().unwrap(), spki);
    let owned = key.parts();
    let parts: Vec<_> = owned.iter().map(|(n, b)| (*n, b.as_slice())).collect();
    let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["n", "e", "d", "p", "q", "dp", "dq", "qi"]);
    let joined = Private::from_parts("rsa", &parts).unwrap();
    assert_eq!(joined.to_pkcs8().unwrap(), der);
    let without_primes = Private::from_parts("rsa", &parts[..3]).unwrap();
    assert_eq!(without_primes.public().to_spki().unwrap(), spki);
    let mut swapped = parts.clone();
    swapped[3].1 = parts[4].1;
    assert!(Private::from_parts("rsa", &swapped).is_err());
}

#[test]
fn signatures_verify_and_damaged_ones_do_not() {
    let rsa = rsa::generate(2048, 65537).unwrap();
    let mut keys: Vec<_> = CURVES[..4]
        .iter()
        .map(|kind| Private::generate(kind).unwrap())
        .collect();
    keys.push(rsa);
    for key in &keys {
        let public = key.public();
        for hash in HASHES {
            let salt = Some(hash.size() / 2);
            let schemes = match public.kind() {
                "rsa" => vec![Scheme::Pkcs1(hash), Scheme::Pss { hash, salt }],
                "ed25519" => vec![Scheme::Ed25519],
                _ => vec![Scheme::Ecdsa(hash), Scheme::EcdsaDer(hash)],
            };
            for scheme in schemes {
                let signature = sign::sign(key, scheme, b"data").unwrap();
                let valid = |s: &[u8], data| sign::verify(&public, scheme, s, data).unwrap();
                assert!(valid(&signature, b"data"), "{scheme:?}");
                assert!(!valid(&signature, b"other"), "{scheme:?}");
                assert!(!valid(&signature[1..], b"data"), "{scheme:?}");
                assert!(!valid(&[], b"data"), "{scheme:?}");
                let mut changed = signature.clone();
                *changed.last_mut().unwrap() ^= 1;
                assert!(!valid(&changed, b"data"), "{scheme:?}");
            }
        }
        let wrong = match public.kind() {
            "rsa" => Scheme::Ed25519,
            _ => Scheme::Pkcs1(Hash::Sha256),
        };
        assert!(sign::sign(key, wrong, b"data").is_err());
        assert!(sign::verify(&public, wrong, b"", b"data").is_err());
    }
}

#[test]
fn the_length_of_a_salt_counts_only_when_it_is_given() {
    let key = rsa::generate(1024, 3).unwrap();
    let pss = |salt| Scheme::Pss {
        hash: Hash::Sha256,
        salt,
    };
    let signature = sign::sign(&key, pss(Some(20)), b"data").unwrap();
    let valid = |salt| sign::verify(&key.public(), pss(salt), &signature, b"data").unwrap();
    assert!(valid(None) && valid(Some(20)) && !valid(Some(32)));
    assert!(sign::sign(&key, pss(Some(200)), b"data").is_err());
}

#[test]
fn rsa_decrypts_what_it_encrypted() {
    let key = rsa::generate(1024, 65537).unwrap();
    let other = rsa::generate(1024, 65537).unwrap();
    let label = b"label".as_slice();
    let paddings = [
        Padding::Pkcs1,
        Padding::Oaep {
            hash: Hash::Sha1,
            label: b"",
        },
        Padding::Oaep {
            hash: Hash::Sha256,
            label,
        },
    ];
    for padding in paddings {
        let closed = rsa::encrypt(&key.public(), padding, b"message").unwrap();
        assert_eq!(rsa::decrypt(&key, padding, &closed).unwrap(), b"message");
        assert_ne!(
            rsa::decrypt(&other, padding, &closed),
            Ok(b"message".to_vec())
        );
        assert!(rsa::encrypt(&key.public(), padding, &[0; 128]).is_err());
        assert!(rsa::decrypt(&key, padding, b"short").is_err());
    }
}

#[test]
fn both_sides_agree() {
    for kind in ["P-256", "P-384", "P-521", "x25519"] {
        let (a, b) = (
            Private::generate(kind).unwrap(),
            Private::generate(kind).unwrap(),
        );
        let secret = agree::shared_secret(&a, &b.public()).unwrap();
        assert_eq!(secret, agree::shared_secret(&b, &a.public()).unwrap());
        let stranger = Private::generate("ed25519").unwrap();
        assert!(agree::shared_secret(&a, &stranger.public()).is_err());
    }
    let zero = Public::from_raw("x25519", &[0; 32]).unwrap();
    assert!(agree::shared_secret(&Private::generate("x25519").unwrap(), &zero).is_err());
}

#[test]
fn work_without_end_is_refused() {
    let limit = |result| matches!(result, Err(Error::Limit(_)));
    let long = derive::pbkdf2(Hash::Sha256, b"", b"", u32::MAX, 32).map(drop);
    let wide = derive::pbkdf2(Hash::Sha256, b"", b"", 1000, 1 << 20).map(drop);
    assert!(limit(long) && limit(wide));
    assert!(limit(derive::scrypt(b"", b"", (30, 8, 1), 32).map(drop)));
    assert!(limit(derive::scrypt(b"", b"", (200, 8, 1), 32).map(drop)));
    assert!(limit(
        derive::hkdf(Hash::Sha512, b"", b"", b"", 2 << 20).map(drop)
    ));
    assert!(limit(rsa::generate(8192, 3).map(drop)));
    assert!(limit(rsa::generate(512, 3).map(drop)));
    let modulus = [vec![0x80; 1024], vec![1]].concat();
    let parts = [("n", modulus.as_slice()), ("e", &[3])];
    assert!(limit(Public::from_parts("rsa", &parts).map(drop)));
}
