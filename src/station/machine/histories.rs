//! Histories of the simulations: how many are run, and how many of them are broken.

use std::ops::Range;

/// How many of these histories are broken, and how the first was.
pub(super) fn count_broken(
    seeds: Range<u64>,
    run: impl Fn(u64) -> Result<(), String>,
) -> (usize, String) {
    let mut broken_ones = seeds.filter_map(|seed| {
        let rule = run(seed).err()?;
        Some(format!("history {seed}: {rule}"))
    });
    let first = broken_ones.next();
    let count = usize::from(first.is_some()) + broken_ones.count();
    (count, first.unwrap_or_default())
}

/// How many histories are run of a script, of which there are so many of all usually: as many more as the variable says.
pub(super) fn how_many(variable: &str, usually: u64, of_all: u64) -> u64 {
    let asked = std::env::var(variable).ok();
    let asked = asked.map_or(of_all, |asked| asked.parse().expect("a number"));
    (usually * asked).div_ceil(of_all)
}

/// Declares mutants: the name of each, its script, the histories in which it is tried, and the rule that it has.
macro_rules! mutants {
    ($($(#[$about:meta])* $name:ident, $test:ident, $script:ident, $seeds:expr, { $($rule:item)* })*) => {$(
        $(#[$about])*
        #[derive(Debug)]
        struct $name;

        impl Rules for $name {
            $($rule)*
        }

        #[test]
        fn $test() {
            let (broken, first) = count_broken::<$name>(Script::$script, $seeds);
            println!("{}: {broken} of {:?} are broken; {first}", stringify!($name), $seeds);
            assert!(broken > 0, "no history shows what the rule is good for");
        }
    )*};
}

pub(super) use mutants;
