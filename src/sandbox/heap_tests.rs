//! The heap of the engine (assets/engine/heap.c), seen through JavaScript's buffers and strings.

use std::sync::Arc;

use super::{
    instance::{Fault, Signals},
    tests::{MEMORY, engine, on_guest_thread, run},
};

/// Runs the pieces of code one after the other in one guest.
fn answers(pieces: &[&str]) -> Vec<Result<String, Fault>> {
    on_guest_thread(|| {
        let mut sandbox = engine()
            .instantiate(Arc::new(Signals::new(60_000)), MEMORY)
            .expect("room");
        pieces.iter().map(|code| run(&mut sandbox, code)).collect()
    })
}

fn answer(code: &str) -> String {
    answers(&[code]).remove(0).expect("the guest lives")
}

/// Things of random sizes come, go, grow and shrink, each filled with a number of its own.
const CHURN: &str = r#"
let seed = 12345;
const below = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;
const sizes = [40, 600, 5000, 70000, 900000];
const size = () => 1 + below(sizes[below(sizes.length)]);
const whole = (bytes, mark) => bytes.every((b) => b === mark);
const makers = {
  bytes(mark) {
    const fresh = new Uint8Array(size());
    if (!whole(fresh, 0)) throw Error("not zero");
    return fresh.fill(mark);
  },
  text: (mark) => String.fromCharCode(65 + mark % 26).repeat(size()),
  grown(mark) {
    const buffer = new ArrayBuffer(size(), { maxByteLength: 1000000 });
    new Uint8Array(buffer).fill(mark);
    return new Uint8Array(buffer.transferToFixedLength(size())).fill(mark);
  },
  list: (mark) => Array.from({ length: 1 + size() / 16 | 0 }, () => mark),
};
const check = ({ kind, mark, value }) => {
  const letter = String.fromCharCode(65 + mark % 26);
  const good = kind === "text" ? value === letter.repeat(value.length) : whole(value, mark);
  if (!good) throw Error(`spoilt ${kind}`);
};
const kinds = Object.keys(makers), held = [];
let made = 0;
for (let round = 0; round < 4000; round++) {
  const at = below(60), kind = kinds[below(kinds.length)], mark = below(256);
  if (held[at]) check(held[at]);
  held[at] = { kind, mark, value: makers[kind](mark) };
  if (kind === "list" && below(3) === 0) {
    held[at].value.push(...Array(below(2000)).fill(mark));
    held[at].value.length = 1 + below(held[at].value.length);
  }
  made++;
}
held.forEach(check);
made
"#;

#[test]
fn what_is_held_stays_whole_whatever_comes_and_goes() {
    assert_eq!(answer(CHURN), "4000");
}

/// Fills the memory with arrays of a size and answers how many there were.
const FILL: &str = r#"
globalThis.fill = (bytes) => {
  const held = [];
  let why = "";
  try { for (;;) held.push(new Uint8Array(bytes).fill(held.length)); } catch (e) { why = e.message; }
  const good = held.every((a, i) => a[0] === i % 256 && a[bytes - 1] === i % 256);
  return good ? `${why}: ${held.length}` : "spoilt";
};
"#;

#[test]
fn memory_is_used_up_to_its_limit_again_and_again() {
    let mut pieces = vec![FILL];
    for _ in 0..5 {
        pieces.extend(["fill(1 << 20)", "fill(100000)", "fill((10 << 20) + 1)"]);
    }
    let all = answers(&pieces);
    for (round, found) in all[1..].chunks(3).enumerate() {
        let counts: Vec<usize> = found
            .iter()
            .map(|one| {
                let text = one.as_ref().expect("the guest lives");
                let count = text.strip_prefix("out of memory: ");
                count.and_then(|n| n.parse().ok()).expect(text)
            })
            .collect();
        // of 64 MiB, some are the engine's
        assert!(counts[0] >= 55, "round {round}: {counts:?}");
        assert!(counts[1] >= 550, "round {round}: {counts:?}");
        assert!(counts[2] >= 4, "round {round}: {counts:?}");
    }
}

#[test]
fn a_size_that_is_no_power_of_two_takes_no_more_than_itself() {
    assert_eq!(answer("new Uint8Array(50 << 20).length"), "52428800");
}

#[test]
fn a_buffer_that_grows_at_the_end_needs_no_second_place() {
    let code = "const a = []; for (let i = 0; i < 5e6; i++) a.push(i); a[4999999]";
    assert_eq!(
        answer(&format!(
            "let last; for (let n = 0; n < 3; n++) last = (() => {{ {code}; return a.at(-1) }})(); last"
        )),
        "4999999"
    );
}

#[test]
fn strings_of_the_snapshot_may_be_replaced_and_freed() {
    let code = r#"
      for (const name of Reflect.ownKeys(globalThis).filter((k) => typeof k === "string")) if (!["__native", "globalThis", "String", "eval"].includes(name)) delete globalThis[name];
      let text = ""; for (let i = 0; i < 100000; i++) text += "abc"; text.length"#;
    assert_eq!(answer(code), "300000");
}
