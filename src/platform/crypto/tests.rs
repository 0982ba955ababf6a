//! Known answers and round trips.

use super::rsa;

#[test]
fn time_of_rsa() {
    for bits in [1024, 2048, 3072, 4096] {
        let start = std::time::Instant::now();
        let key = rsa::generate(bits, 65537).unwrap();
        println!("{bits} generate {:?}", start.elapsed());
        let der = key.to_pkcs8().unwrap();
        let start = std::time::Instant::now();
        let key = super::key::Private::from_der(&der).unwrap();
        println!("{bits} parse {:?}", start.elapsed());
        let start = std::time::Instant::now();
        super::sign::sign(
            &key,
            super::sign::Scheme::Pkcs1(super::hash::Hash::Sha256),
            b"x",
        )
        .unwrap();
        println!("{bits} sign {:?}", start.elapsed());
    }
}
