//! Times as Python's `isoformat` writes them.

use std::time::Duration;

/// The time so long after 1970, in UTC: `2026-11-26T11:02:49.658508`.
pub(crate) fn timestamp(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let micros = since_1970.subsec_micros();
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{micros:06}",
        second % 60
    )
}

/// The year, the month and the day so many days after 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // In years that begin in March, of which 400 have as many days always; a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let is_next = u64::from(month >= 10);
    let month = if is_next == 1 { month - 9 } else { month + 3 };
    (era * 400 + year + is_next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_python_does() {
        for (seconds, micros, text) in [
            (0, 0, "1970-01-01T00:00:00.000000"),
            (951_782_399, 1, "2000-02-28T23:59:59.000001"),
            (951_782_400, 0, "2000-02-29T00:00:00.000000"),
            (1_795_690_969, 658_508, "2026-11-26T11:02:49.658508"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000"),
        ] {
            let time = Duration::from_secs(seconds) + Duration::from_micros(micros);
            assert_eq!(timestamp(time), text);
        }
    }
}
