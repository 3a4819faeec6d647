//! Contenders that take turns.

/// Lets everybody take their turn in each round, and gives each one's measurements.
///
/// Noise that lasts hits all of them alike, so their ratios within a round hold.
pub fn in_turns<T: Copy, R>(rounds: usize, all: &[T], measure: impl Fn(T) -> R) -> Vec<Vec<R>> {
    let mut results: Vec<Vec<R>> = all.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..all.len() {
            let place = (turn + round) % all.len();
            results[place].push(measure(all[place]));
        }
    }
    results
}
