//! The items of a list, one after the other.

use super::{PythonJson, Scanner};

/// An iterator of the items of a list; by default there are none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Items<'a> {
    /// What is left of the list.
    rest: Option<Scanner<'a>>,
    is_first: bool,
}

impl<'a> Items<'a> {
    pub(super) fn of(text: &'a str) -> Option<Items<'a>> {
        let mut scanner = Scanner::new(text);
        let is_list = scanner.enter_list();
        is_list.then_some(Items {
            rest: Some(scanner),
            is_first: true,
        })
    }
}

impl Iterator for Items<'_> {
    type Item = PythonJson;

    fn next(&mut self) -> Option<PythonJson> {
        let rest = self.rest.as_mut()?;
        let is_first = std::mem::take(&mut self.is_first);
        // The text was checked: a mistake in it would be the end.
        let item = rest.next_item(is_first).ok().flatten();
        if item.is_none() {
            self.rest = None;
        }
        item.map(PythonJson::scanned)
    }
}
