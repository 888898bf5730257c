//! What many durations of one call say: medians, their ratio, and how sure that ratio is.
//!
//! Nothing is subtracted, not the clock's own cost either, and nothing is left out: a median needs no trimming.

/// The durations of a call on both sides, taken by turns, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timing {
    /// libc's median.
    pub(crate) libc: f64,
    /// bsock's median.
    pub(crate) bsock: f64,
    /// bsock's median by libc's.
    pub(crate) ratio: f64,
    /// Where the ratio lies with 95 % confidence. `None` where the repetitions are too few to say.
    pub(crate) interval: Option<(f64, f64)>,
    /// How many times each side was measured.
    pub(crate) repetitions: usize,
}

impl Timing {
    /// The figures of durations of which those with the same index were taken one after the other.
    pub(crate) fn of(libc: &[u32], bsock: &[u32]) -> Option<Self> {
        let (without, with) = (median(libc)?, median(bsock)?);
        let mut added: Vec<f64> = libc.iter().zip(bsock).map(|(a, b)| f64::from(*b) - f64::from(*a)).collect();
        let interval = interval(&mut added).map(|(low, high)| (1.0 + low / without, 1.0 + high / without));
        Some(Self { libc: without, bsock: with, ratio: with / without, interval, repetitions: added.len() })
    }
}

/// The middle of them.
fn median(values: &[u32]) -> Option<f64> {
    let mut values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
    middle(&mut values)
}

/// The middle of them, which may be of two.
pub(crate) fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[half - 1], upper) })
}

/// Where the median lies with 95 % confidence, whatever the values' distribution: between two of them, as many steps from
/// both ends as a fair coin would hardly fall (the sign test turned around).
fn interval(values: &mut [f64]) -> Option<(f64, f64)> {
    let count = values.len();
    let rank = (count as f64 - 1.96 * (count as f64).sqrt()) / 2.0;
    if rank < 1.0 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let steps = rank as usize;
    Some((values[steps - 1], values[count - steps]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_their_ratio() {
        let timing = Timing::of(&[100, 900, 110], &[220, 210, 200]).expect("there are some");
        assert_eq!((timing.libc, timing.bsock, timing.repetitions), (110.0, 210.0, 3));
        assert!((timing.ratio - 210.0 / 110.0).abs() < 1e-9);
        assert_eq!(timing.interval, None, "three are too few");
        assert_eq!(Timing::of(&[], &[]), None);
        assert_eq!(middle(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_interval_is_that_of_the_differences_and_narrow_where_they_agree() {
        let libc: Vec<u32> = (0..101).map(|turn| 1000 + turn % 7 * 100).collect();
        let slower: Vec<u32> = libc.iter().map(|time| time + 13).collect();
        let timing = Timing::of(&libc, &slower).expect("there are some");
        let (low, high) = timing.interval.expect("enough of them");
        assert!((low - 1.01).abs() < 1e-9 && (high - 1.01).abs() < 1e-9, "13 ns of 1300: {low} {high}");
        // 100 values: the 40th and the 61st.
        let mut values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(interval(&mut values), Some((40.0, 61.0)));
    }
}
