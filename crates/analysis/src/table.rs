//! The tables of the model and of the rules. Each event asks a dozen of them, by numbers: with the standard library's hasher a
//! third of the time went into hashing.
//!
//! The numbers of processes, threads, descriptors and sockets come from a recording, which somebody may have made up so that they
//! all fall into one place of a table. Against that every table has a seed of its own, which a file that was written before cannot
//! know; `foldhash` was made for this. `rustc-hash` was rejected: its seed shifts all hashes alike,
//! so that what falls together does so with any seed. The order of a table means nothing.

/// A table by key.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set.
pub(crate) type Set<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;
