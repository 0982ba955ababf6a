//! What is charged: how counts become the quantities that prices are for.

use super::counts::{Count, Counts};

/// What stands at a node, as far as prices care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A worker's stateless side, or a dynamic worker's.
    Stateless,
    /// A durable object.
    Object,
    /// A facet of one.
    Facet,
}

impl NodeKind {
    /// What stands at a path.
    pub fn of(path: &str) -> Self {
        let mut parts = path.split('/');
        let first = parts.next();
        match (first, parts.count()) {
            (_, 0) | (Some("dynamic"), 1) => NodeKind::Stateless,
            (_, 1 | 2) => NodeKind::Object,
            _ => NodeKind::Facet,
        }
    }
}

/// Something that has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charge {
    /// Requests, calls, alarms and messages of durable objects.
    ObjectRequests,
    /// Time in which they are active.
    ObjectDuration,
    /// Rows read.
    RowsRead,
    /// Rows written.
    RowsWritten,
    /// What is stored, while it is.
    Stored,
    /// Requests and calls of stateless sides and of facets.
    WorkerRequests,
    /// CPU time of the same.
    WorkerCpu,
    /// Dynamic workers.
    DynamicWorkers,
}

/// Microseconds of activity in a GB-second: 10^9 bytes for a second, of which an object has 128
/// million.
const US_PER_GB_SECOND: u64 = 1_000_000 * 1_000 / 128;
/// Byte-seconds in a GB-month, which has 30 days.
const BYTE_SECONDS_PER_GB_MONTH: u64 = 1_000_000_000 * 30 * 86_400;

impl Charge {
    /// How many there are.
    pub const KINDS: usize = Self::ALL.len();

    /// All of them, in order.
    pub const ALL: [Charge; 8] = [
        Charge::ObjectRequests,
        Charge::ObjectDuration,
        Charge::RowsRead,
        Charge::RowsWritten,
        Charge::Stored,
        Charge::WorkerRequests,
        Charge::WorkerCpu,
        Charge::DynamicWorkers,
    ];

    /// Its name in price books, JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Charge::ObjectRequests => "object_requests",
            Charge::ObjectDuration => "object_duration",
            Charge::RowsRead => "rows_read",
            Charge::RowsWritten => "rows_written",
            Charge::Stored => "stored",
            Charge::WorkerRequests => "worker_requests",
            Charge::WorkerCpu => "worker_cpu_ms",
            Charge::DynamicWorkers => "dynamic_workers",
        }
    }

    /// What its quantities are counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Charge::ObjectRequests | Charge::WorkerRequests => "requests",
            Charge::ObjectDuration => "GB-s",
            Charge::RowsRead | Charge::RowsWritten => "rows",
            Charge::Stored => "GB-months",
            Charge::WorkerCpu => "ms",
            Charge::DynamicWorkers => "workers",
        }
    }

    /// How many grains, in which [`Charge::grains`] counts exactly, make a unit.
    pub fn grains_per_unit(self, messages_per_request: u64) -> u64 {
        match self {
            Charge::ObjectRequests | Charge::WorkerRequests => messages_per_request,
            Charge::ObjectDuration => US_PER_GB_SECOND,
            Charge::Stored => BYTE_SECONDS_PER_GB_MONTH,
            Charge::WorkerCpu => 1_000,
            Charge::RowsRead | Charge::RowsWritten | Charge::DynamicWorkers => 1,
        }
    }

    /// How much of it these counts are.
    pub fn grains(self, kind: NodeKind, counts: &Counts, messages_per_request: u64) -> u128 {
        let stateless = kind == NodeKind::Stateless;
        let object = kind == NodeKind::Object;
        let of = |count: Count| u128::from(counts[count]);
        let served = || of(Count::Requests) + of(Count::Calls) + of(Count::Alarms);
        // messages to a stateless side cost nothing
        let messages = || if stateless { 0 } else { of(Count::MessagesIn) };
        match self {
            Charge::ObjectRequests if object => {
                served() * u128::from(messages_per_request) + messages()
            }
            Charge::WorkerRequests if !object => {
                served() * u128::from(messages_per_request) + messages()
            }
            Charge::ObjectDuration if object => of(Count::ActiveUs),
            Charge::WorkerCpu if !object => of(Count::CpuUs),
            Charge::RowsRead => of(Count::RowsRead),
            Charge::RowsWritten => of(Count::RowsWritten),
            Charge::Stored => of(Count::StoredByteSeconds),
            Charge::DynamicWorkers => of(Count::DynamicWorkers),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_stands_there() {
        assert_eq!(NodeKind::of("w"), NodeKind::Stateless);
        assert_eq!(NodeKind::of("dynamic/app"), NodeKind::Stateless);
        assert_eq!(NodeKind::of("w/C/0f"), NodeKind::Object);
        assert_eq!(NodeKind::of("w/C/0f/app"), NodeKind::Facet);
        assert_eq!(NodeKind::of("w/C/0f/app/deeper"), NodeKind::Facet);
    }

    #[test]
    fn each_kind_of_node_is_charged_for_its_own() {
        let mut counts = Counts::default();
        for count in Count::ALL {
            counts[count] = 7;
        }
        let charged = |kind| {
            let grains = |charge: &Charge| charge.grains(kind, &counts, 20);
            Charge::ALL.iter().map(grains).collect::<Vec<u128>>()
        };
        assert_eq!(charged(NodeKind::Object), [427, 7, 7, 7, 7, 0, 0, 7]);
        assert_eq!(charged(NodeKind::Facet), [0, 0, 7, 7, 7, 427, 7, 7]);
        assert_eq!(charged(NodeKind::Stateless), [0, 0, 7, 7, 7, 420, 7, 7]);
    }
}
