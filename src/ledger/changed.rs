//! Which meters have counted something since the ledger last looked.

use std::sync::Arc;

use parking_lot::Mutex;

use super::Meter;

/// A meter, and the path of the node that it belongs to.
#[derive(Clone)]
pub struct Metered {
    /// Such as `worker/Class/id/facet`.
    pub node: Arc<str>,
    /// Its counters.
    pub meter: Arc<Meter>,
}

/// The meters to look at next: what is at rest costs the ledger nothing.
#[derive(Default)]
pub struct Changed(Mutex<Vec<Metered>>);

impl Changed {
    /// Something of `node` is counted now, before or after this call.
    pub fn note(&self, node: &Arc<str>, meter: &Arc<Meter>) {
        if meter.touch() {
            let (node, meter) = (node.clone(), meter.clone());
            self.0.lock().push(Metered { node, meter });
        }
    }

    /// Takes all that were noted; each must be asked for its counts, or it is not noted again.
    pub fn take(&self) -> Vec<Metered> {
        std::mem::take(&mut *self.0.lock())
    }
}
