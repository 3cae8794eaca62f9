//! A document: its text, and what it means once somebody asked.

use super::texts::Text;
use crate::refusal::Refusal;
use std::cell::OnceCell;
use std::rc::Rc;

/// A text that never changes, and what is made of it.
pub(super) struct Document<T> {
    path: String,
    /// All that it is made of: its own text first.
    texts: Vec<Text>,
    parsed: OnceCell<Result<Rc<T>, String>>,
}

impl<T> Document<T> {
    /// A document made of these texts: the one there was before, if it is made of the same.
    pub(super) fn new(path: &str, texts: &[&Text], before: Option<&Rc<Self>>) -> Rc<Self> {
        let same = |before: &&Rc<Self>| {
            let mut versions = before.texts.iter().map(|text| &text.version);
            before.path == path && versions.by_ref().eq(texts.iter().map(|text| &text.version))
        };
        before.filter(same).map(Rc::clone).unwrap_or_else(|| {
            let texts = texts.iter().map(|text| (*text).clone()).collect();
            Rc::new(Self { path: path.to_owned(), texts, parsed: OnceCell::new() })
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What it means. The text stays as it is, so what was found out about it once is so for good.
    ///
    /// # Errors
    ///
    /// `config-invalid`; the log has the path, and everything that is wrong.
    pub(super) fn get(&self, parse: impl FnOnce(&[Text]) -> Result<T, Vec<String>>) -> Result<Rc<T>, Refusal> {
        let parsed = self.parsed.get_or_init(|| match parse(&self.texts) {
            Ok(parsed) => Ok(Rc::new(parsed)),
            Err(problems) => Err(format!("{}: {}", self.path, problems.join("; "))),
        });
        parsed.clone().map_err(Refusal::config)
    }
}
