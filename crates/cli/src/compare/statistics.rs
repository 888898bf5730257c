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
    /// The figures of durations that were taken by turns.
    pub(crate) fn of(libc: &[u32], bsock: &[u32]) -> Option<Self> {
        let in_floats = |times: &[u32]| -> Vec<f64> { times.iter().map(|time| f64::from(*time)).collect() };
        let [mut without, mut with] = [libc, bsock].map(in_floats);
        let (libc, bsock) = (middle(&mut without)?, middle(&mut with)?);
        // As far apart as the two medians may be.
        let interval = interval(&without).zip(interval(&with));
        let interval = interval.map(|((least, most), (low, high))| (low / most, high / least));
        Some(Self { libc, bsock, ratio: bsock / libc, interval, repetitions: with.len() })
    }
}

/// The middle of them, which may be of two. They are in order afterwards.
pub(crate) fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[half - 1], upper) })
}

/// Where the median of values, in order, lies with 97.5 % confidence, so that two medians do with 95 %. Whatever the
/// distribution: between two of the values, as many steps from both ends as a fair coin would hardly fall on one side.
fn interval(values: &[f64]) -> Option<(f64, f64)> {
    const DEVIATIONS: f64 = 2.24;
    let count = values.len() as f64;
    let steps = (count - DEVIATIONS * count.sqrt()) / 2.0;
    // Less than one step: the values are too few.
    let first = (steps as usize).checked_sub(1).filter(|_| steps >= 1.0)?;
    Some((values[first], values[values.len() - 1 - first]))
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
    fn the_interval_holds_the_ratio_and_is_narrow_where_the_values_agree() {
        let timing = Timing::of(&[1000; 101], &[1013; 101]).expect("there are some");
        assert_eq!(timing.interval, Some((1.013, 1.013)));
        let scattered: Vec<u32> = (0..101).map(|turn| 1000 + turn * 37 % 101).collect();
        let timing = Timing::of(&scattered, &scattered).expect("there are some");
        let (low, high) = timing.interval.expect("enough of them");
        assert!(low < 1.0 && high > 1.0 && low > 0.97 && high < 1.03, "{low} {high}");
        // 100 values: the 38th and the 63rd, since (100 - 22.4) / 2 is 38.8.
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(interval(&values), Some((38.0, 63.0)));
    }
}
