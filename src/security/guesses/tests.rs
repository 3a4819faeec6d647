//! Attackers, and the honest beside them.

use std::collections::{HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn source(number: u32) -> Source {
    Source::V4(number)
}

/// Tries once: whether it was judged, and enters if it was right.
fn tried(
    guesses: &mut Guesses,
    user: &str,
    secret: &str,
    right: &str,
    now: Instant,
) -> Option<bool> {
    let guess = guesses.guess(source(1), user.as_bytes(), secret.as_bytes());
    match guesses.begin(guess, now) {
        Attempt::Judge(ticket) => {
            guesses.finish(ticket, secret == right, now);
            Some(secret == right)
        }
        Attempt::Wrong => Some(false),
        Attempt::Later => None,
    }
}

#[test]
fn five_wrong_guesses_are_judged_and_then_fewer_and_fewer() {
    let (mut guesses, began) = (Guesses::new(), Instant::now());
    let mut judged = Vec::new();
    for moment in 0..6000 {
        let now = began + Duration::from_millis(100) * moment;
        let secret = format!("wrong {moment}");
        if tried(&mut guesses, "ann", &secret, "right", now).is_some() {
            judged.push((now - began).as_secs());
        }
    }
    assert_eq!(judged[..11], [0, 0, 0, 0, 0, 1, 3, 7, 15, 31, 63]);
    let pauses = judged[10..].windows(2).map(|it| it[1] - it[0]);
    assert!(pauses.clone().all(|pause| pause == 60), "{judged:?}");
}

#[test]
fn the_same_wrong_credentials_are_one_guess() {
    let (mut guesses, began) = (Guesses::new(), Instant::now());
    for moment in 0..10_000 {
        let now = began + Duration::from_millis(50) * moment;
        assert_eq!(tried(&mut guesses, "ann", "old", "right", now), Some(false));
    }
    let now = began + Duration::from_millis(50) * 10_000;
    assert_eq!(
        tried(&mut guesses, "ann", "right", "right", now),
        Some(true)
    );
}

#[test]
fn right_credentials_wait_for_their_own_users_delay_and_no_other() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    for number in 0..20 {
        tried(&mut guesses, "ann", &number.to_string(), "right", now);
    }
    assert_eq!(tried(&mut guesses, "ann", "right", "right", now), None);
    assert_eq!(
        tried(&mut guesses, "bob", "right", "right", now),
        Some(true)
    );
    let elsewhere = guesses.guess(source(2), b"ann", b"right");
    assert!(matches!(guesses.begin(elsewhere, now), Attempt::Judge(_)));
    let later = now + Duration::from_secs(1);
    assert_eq!(
        tried(&mut guesses, "ann", "right", "right", later),
        Some(true)
    );
}

#[test]
fn a_success_gives_no_more_guesses() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    let mut judged = 0;
    for number in 0..100 {
        let secret = format!("wrong {number}");
        judged += usize::from(tried(&mut guesses, "ann", &secret, "right", now).is_some());
        tried(&mut guesses, "ann", "right", "right", now);
    }
    assert_eq!(judged, 5);
}

#[test]
fn mending_a_user_ends_the_delay_of_that_user() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    for number in 0..20 {
        tried(&mut guesses, "ann", &number.to_string(), "right", now);
        tried(&mut guesses, "bob", &number.to_string(), "right", now);
    }
    guesses.forget_user(b"ann");
    assert_eq!(
        tried(&mut guesses, "ann", "right", "right", now),
        Some(true)
    );
    assert_eq!(tried(&mut guesses, "bob", "right", "right", now), None);
    guesses.clear();
    assert_eq!(
        tried(&mut guesses, "bob", "right", "right", now),
        Some(true)
    );
}

#[test]
fn a_known_user_enters_where_the_address_has_used_up_its_guesses() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    assert_eq!(
        tried(&mut guesses, "bob", "right", "right", now),
        Some(true)
    );
    for number in 0..1000 {
        tried(&mut guesses, &format!("user {number}"), "x", "right", now);
    }
    assert_eq!(tried(&mut guesses, "new", "right", "right", now), None);
    assert_eq!(
        tried(&mut guesses, "bob", "right", "right", now),
        Some(true)
    );
    // A guess at that user is counted, and answered by waiting.
    for number in 0..5 {
        assert_eq!(
            tried(&mut guesses, "bob", &number.to_string(), "right", now),
            None
        );
    }
    assert_eq!(tried(&mut guesses, "bob", "right", "right", now), None);
    let later = now + MINUTE;
    assert_eq!(
        tried(&mut guesses, "new", "right", "right", later),
        Some(true)
    );
    assert_eq!(
        tried(&mut guesses, "bob", "right", "right", later),
        Some(true)
    );
}

#[test]
fn a_known_user_enters_where_attackers_have_used_up_all_room() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    let right = |guesses: &mut Guesses| tried(guesses, "bob", "right", "right", now);
    assert_eq!(right(&mut guesses), Some(true));
    // From so many addresses that each may guess.
    for address in 2..1000 {
        for user in 0..50_u8 {
            let guess = guesses.guess(source(address), &[user], b"x");
            if let Attempt::Judge(ticket) = guesses.begin(guess, now) {
                guesses.finish(ticket, false, now);
            }
        }
    }
    assert_eq!(guesses.pairs.len(), BOUNDS.pairs);
    assert_eq!(right(&mut guesses), Some(true));
    assert_eq!(right(&mut guesses), Some(true));
    // With another password it is a guess like others.
    let other = tried(&mut guesses, "bob", "other", "right", now);
    assert_eq!(other, None);
}

#[test]
fn many_attempts_at_once_are_counted_before_they_are_judged() {
    let (mut guesses, now) = (Guesses::new(), Instant::now());
    let mut tickets = Vec::new();
    for number in 0..20 {
        let secret = format!("wrong {number}");
        let guess = guesses.guess(source(1), b"ann", secret.as_bytes());
        if let Attempt::Judge(ticket) = guesses.begin(guess, now) {
            tickets.push(ticket);
        }
    }
    assert_eq!(tickets.len(), 5);
    // The same right credentials, many times at once, are all judged.
    let right = guesses.guess(source(1), b"bob", b"right");
    let begun = [(); 20].map(|()| guesses.begin(right, now));
    for attempt in begun {
        match attempt {
            Attempt::Judge(ticket) => guesses.finish(ticket, true, now),
            other => panic!("not judged: {other:?}"),
        }
    }
    assert!(!guesses.is_held_up(&guesses.guess(source(1), b"bob", b"other"), now));
}

#[test]
fn what_is_kept_is_bounded() {
    let bounds = Bounds {
        pairs: 100,
        addresses: 10,
        known: 10,
    };
    let (mut guesses, began) = (Guesses::bounded(bounds), Instant::now());
    let mut wrong = 0;
    for number in 0..100_000_u32 {
        let now = began + Duration::from_millis(1) * number;
        let user = number.to_le_bytes();
        let guess = guesses.guess(source(number % 1000), &user, b"x");
        if let Attempt::Judge(ticket) = guesses.begin(guess, now) {
            let right = number % 7 == 0;
            wrong += u32::from(!right);
            guesses.finish(ticket, right, now);
        }
        assert!(guesses.pairs.len() <= 100);
        assert!(guesses.addresses.len() <= 10);
        assert!(guesses.known.len() <= 10);
    }
    // One for each that is kept, and as many as a single address may have in 100 s.
    assert!(wrong <= 100 + 50 + 84, "{wrong}");
    // In the end all is forgotten but what was right.
    guesses.sweep(began + Duration::from_secs(10_000));
    assert!(guesses.pairs.is_empty() && guesses.addresses.is_empty());
}

/// An attempt: after how many milliseconds, from where, at which user, with which of a few secrets, of which
/// the first is right.
type Step = (u64, u8, u8, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![8 => 0..50_u64, 2 => 0..2_000_u64, 1 => 0..700_000_u64];
    vec((pause, 0..3_u8, 0..3_u8, 0..60_u8), 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_attacker_gets_no_more_guesses_than_promised(steps in steps()) {
        let (mut guesses, mut now) = (Guesses::new(), Instant::now());
        let mut by_pair: HashMap<(u8, u8), Vec<Instant>> = HashMap::new();
        let mut by_address: HashMap<u8, Vec<Instant>> = HashMap::new();
        let mut known = HashSet::new();
        for (pause, address, user, secret) in steps {
            now += Duration::from_millis(pause);
            let guess = guesses.guess(source(address.into()), &[user], &[secret]);
            let is_new = !guesses.pairs.get(&guess.pair).is_some_and(|wrong| {
                wrong.remembered.iter().any(|it| it.credentials == guess.credentials)
            });
            if let Attempt::Judge(ticket) = guesses.begin(guess, now) {
                guesses.finish(ticket, secret == 0, now);
                if secret == 0 {
                    known.insert((address, user));
                } else if is_new {
                    by_pair.entry((address, user)).or_default().push(now);
                    by_address.entry(address).or_default().push(now);
                }
            }
        }
        let in_a_minute = |times: &[Instant], first: usize| {
            let minute = times[first..].iter();
            minute.take_while(|at| **at - times[first] < MINUTE).count()
        };
        for times in by_pair.values() {
            for first in 0..times.len() {
                prop_assert!(in_a_minute(times, first) <= 10);
            }
        }
        for times in by_address.values() {
            for first in 0..times.len() {
                prop_assert!(in_a_minute(times, first) <= 100);
            }
        }
    }

    #[test]
    fn an_honest_user_at_the_attackers_address_enters(steps in steps()) {
        let (mut guesses, mut now) = (Guesses::new(), Instant::now());
        let honest = |guesses: &mut Guesses, now| {
            let guess = guesses.guess(source(0), b"honest", b"right");
            match guesses.begin(guess, now) {
                Attempt::Judge(ticket) => guesses.finish(ticket, true, now),
                other => panic!("{other:?}"),
            }
        };
        honest(&mut guesses, now);
        for (pause, address, user, secret) in steps {
            now += Duration::from_millis(pause);
            let guess = guesses.guess(source(address.into()), &[user], &[secret]);
            if let Attempt::Judge(ticket) = guesses.begin(guess, now) {
                guesses.finish(ticket, false, now);
            }
            honest(&mut guesses, now);
        }
    }
}
