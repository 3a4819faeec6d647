//! Values that are typed in more than one command.

use std::time::Duration;

/// A time with its unit; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string());
    }
    humantime::parse_duration(text).map_err(|error| format!("{error} (as `5s`, `200ms`, `1m 30s`)"))
}
