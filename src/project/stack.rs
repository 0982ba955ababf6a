//! Room for deeply nested sources: the parser and the walks over its trees recurse.

use std::panic::resume_unwind;
use std::thread;

/// Bytes of address space for the work's stack; memory is used only as far as it nests. A chain
/// of a hundred thousand `else if` or `+`, which generated code may have, fits.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Does the work on a thread with a large stack and waits for it. If no thread can be started the
/// work is done on the present one.
pub(super) fn with_large_stack<T: Send>(work: impl Fn() -> T + Send + Sync) -> T {
    thread::scope(|scope| {
        let started = thread::Builder::new()
            .name("project-parser".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, &work);
        match started.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => work(),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::project::{check_syntax, strip_types};

    #[test]
    fn deep_nesting_is_no_end() {
        let nested = format!("x = {}1{}", "(".repeat(20_000), ")".repeat(20_000));
        assert!(check_syntax("a.js", &nested, false).is_ok());
        let chain = format!("if (a) {{}}{}", " else if (b as any) {}".repeat(20_000));
        let javascript = strip_types("a.ts", &chain);
        assert!(javascript.is_ok_and(|it| it.len() == chain.len() && !it.contains("any")));
    }
}
