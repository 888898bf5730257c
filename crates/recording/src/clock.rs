//! One clock for all processes of a recording.
//!
//! The time stamp counter, where the kernel itself trusts it (constant, never stopping, equal on all processors): reading it
//! takes about 10 ns and no memory, a third of `clock_gettime`. Elsewhere the monotonic clock in nanoseconds. A recording
//! says which, and holds pairs of (ticks, nanoseconds) from which the reader computes the rate: no rate is assumed.

#![allow(unsafe_code)] // reads the counter, asks libc for the monotonic clock

/// [`Control::clock`](crate::layout::Control::clock): ticks are the processor's time stamp counter.
pub const TSC: u32 = 0;
/// Ticks are nanoseconds of `CLOCK_MONOTONIC`.
pub const MONOTONIC: u32 = 1;

/// Ticks now, on the clock `source`.
#[inline(always)]
#[must_use]
pub fn now(source: u32) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if source == TSC {
        // SAFETY: every x86_64 processor has RDTSC; the command chooses TSC only where user programs may read it.
        return unsafe { core::arch::x86_64::_rdtsc() };
    }
    nanoseconds(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds of a libc clock; vDSO, so usually no system call.
#[must_use]
pub fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is ours and writable. clock_gettime cannot fail for the two clocks bsock asks for.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// The best clock of this machine.
#[must_use]
pub fn choose() -> u32 {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let sources = std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/available_clocksource");
    choose_from(&cpu, &sources.unwrap_or_default())
}

/// The choice of [`choose`], from the texts that the kernel gives.
fn choose_from(cpu: &str, sources: &str) -> u32 {
    let flags = cpu.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    let invariant =
        ["constant_tsc", "nonstop_tsc"].iter().all(|name| flags.split_ascii_whitespace().any(|word| word == *name));
    let trusted = sources.split_ascii_whitespace().any(|word| word == "tsc");
    if cfg!(target_arch = "x86_64") && invariant && trusted { TSC } else { MONOTONIC }
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Ticks.
    pub ticks: u64,
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub nanoseconds: u64,
}

impl Pair {
    /// Now.
    #[must_use]
    pub fn now(source: u32) -> Self {
        Self { ticks: now(source), nanoseconds: nanoseconds(libc::CLOCK_MONOTONIC) }
    }
}

/// Converts ticks to nanoseconds since the beginning of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    first: Pair,
    last: Pair,
}

impl Scale {
    /// From the first and the last pair of a recording. Equal ones give a rate of one tick a nanosecond.
    #[must_use]
    pub const fn new(first: Pair, last: Pair) -> Self {
        Self { first, last }
    }

    /// Nanoseconds from the beginning of the recording to `ticks`; 0 for what lies before it.
    #[must_use]
    pub fn since_start(&self, ticks: u64) -> u64 {
        self.duration(ticks.saturating_sub(self.first.ticks))
    }

    /// Nanoseconds that a number of ticks takes.
    #[must_use]
    pub fn duration(&self, ticks: u64) -> u64 {
        let span_ticks = self.last.ticks.saturating_sub(self.first.ticks);
        let span = self.last.nanoseconds.saturating_sub(self.first.nanoseconds);
        if span_ticks == 0 || span == 0 {
            return ticks;
        }
        (u128::from(ticks) * u128::from(span) / u128::from(span_ticks)).try_into().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_stops_or_that_the_kernel_distrusts_is_not_used() {
        let good = "flags\t\t: fpu tsc constant_tsc nonstop_tsc\n";
        assert_eq!(
            choose_from(good, "kvm-clock tsc acpi_pm\n"),
            if cfg!(target_arch = "x86_64") { TSC } else { MONOTONIC }
        );
        assert_eq!(choose_from(good, "hpet acpi_pm\n"), MONOTONIC);
        assert_eq!(choose_from("flags\t: tsc constant_tsc\n", "tsc\n"), MONOTONIC);
        assert_eq!(choose_from("", ""), MONOTONIC);
    }

    #[test]
    fn the_scale_follows_the_two_pairs() {
        let at = |ticks, nanoseconds| Pair { ticks, nanoseconds };
        let scale = Scale::new(at(1000, 50), at(3000, 1050));
        assert_eq!(scale.since_start(2000), 500);
        assert_eq!(scale.since_start(10), 0);
        assert_eq!(scale.duration(u64::MAX), u64::MAX / 2);
        assert_eq!(Scale::new(at(1, 1), at(1, 1)).duration(7), 7);
    }
}
