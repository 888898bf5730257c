//! What was looked at: "no findings" means little without it.

/// Counts over a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls.
    pub calls: u64,
    /// Sockets that were created or accepted.
    pub sockets: u64,
    /// Processes.
    pub processes: u64,
    /// Bytes sent on sockets.
    pub sent: u64,
    /// Bytes received on sockets.
    pub received: u64,
    /// Calls that were not recorded.
    pub lost: u64,
    /// Sockets of which not everything that happened is known, so that no rule judges them any more.
    pub opaque: u64,
    /// Calls on sockets that were created before or outside the recording.
    pub unknown: u64,
    /// Calls of kinds that this version does not know.
    pub unrecognised: u64,
}
