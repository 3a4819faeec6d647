//! An error of a module above this one, carried without knowing which.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// An error of a module that has errors of its own; see [`Error::Module`](super::Error::Module).
///
/// ```
/// use zeroless::{Error, zre};
///
/// let error = Error::from("12".parse::<zre::Uuid>().unwrap_err());
/// let zre::Error::InvalidUuid { text } = error.downcast_ref().unwrap() else {
///     return Err(error);
/// };
/// assert_eq!(text, "12");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ModuleError(Arc<dyn Carried>);

/// An error that can be carried: it is compared with others of its type.
trait Carried: StdError + Send + Sync + UnwindSafe + RefUnwindSafe {
    fn is_equal(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<E> Carried for E
where
    E: StdError + Eq + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
{
    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<E>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl ModuleError {
    pub(crate) fn new<E>(error: E) -> ModuleError
    where
        E: StdError + Eq + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
    {
        ModuleError(Arc::new(error))
    }

    /// The error, if it is of this type.
    pub(super) fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.as_any().downcast_ref()
    }
}

impl PartialEq for ModuleError {
    fn eq(&self, other: &ModuleError) -> bool {
        self.0.is_equal(other.0.as_any())
    }
}

impl Eq for ModuleError {}

impl fmt::Debug for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for ModuleError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::*;

    #[derive(Debug, PartialEq, Eq, thiserror::Error)]
    #[error("number {0}")]
    struct Number(u32);

    #[derive(Debug, PartialEq, Eq, thiserror::Error)]
    #[error("number {0}")]
    struct Other(u32);

    #[test]
    fn a_carried_error_is_compared_and_found_by_its_type() {
        let one = Error::Module(ModuleError::new(Number(1)));
        assert_eq!(one, Error::Module(ModuleError::new(Number(1))));
        assert_ne!(one, Error::Module(ModuleError::new(Number(2))));
        assert_ne!(one, Error::Module(ModuleError::new(Other(1))));
        assert_eq!(one.downcast_ref(), Some(&Number(1)));
        assert_eq!(one.downcast_ref::<Other>(), None);
        assert_eq!(Error::Stopped.downcast_ref::<Number>(), None);
        assert_eq!(one.to_string(), "number 1");
    }
}
