//! Values of options that may be left without one.

/// The value of an option that may have none: the value itself, or an `Option` of it.
///
/// ```
/// use std::time::Duration;
/// use zeroless::Options;
///
/// let second = Duration::from_secs(1);
/// let options = Options::default().send_timeout(second);
/// assert_eq!(options, Options::default().send_timeout(Some(second)));
/// assert_eq!(options.send_timeout(None), Options::default());
/// ```
pub trait IntoSetting<T> {
    /// The value, or `None`.
    fn into_setting(self) -> Option<T>;
}

impl<T> IntoSetting<T> for T {
    fn into_setting(self) -> Option<T> {
        Some(self)
    }
}

impl<T> IntoSetting<T> for Option<T> {
    fn into_setting(self) -> Option<T> {
        self
    }
}
