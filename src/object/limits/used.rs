//! How far an object has used its limits, for whoever looks.

use std::sync::Arc;

use super::Limit;
use crate::object::actor::Actor;

impl Actor {
    /// What of a rate, or of what may be under way at once, is used now, in the limit's own unit;
    /// `None` where no such limit is set, or where the meter knows it rather than the guard.
    pub fn used_of(self: &Arc<Self>, limit: Limit) -> Option<u64> {
        let limits = self.limits();
        let most = limits.get(limit)?.value;
        match limit {
            Limit::ConcurrentRequests => Some(self.guard.under_way()),
            Limit::CpuMsPerMinute
            | Limit::RowsReadPerMinute
            | Limit::RowsWrittenPerMinute
            | Limit::AlarmsPerMinute => {
                let left = self.guard.left(&limits, limit, self.context.now_us());
                Some((most as f64 - left).max(0.0).round() as u64)
            }
            _ => None,
        }
    }
}
