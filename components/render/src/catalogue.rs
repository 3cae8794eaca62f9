//! The catalogue: copy that was checked, and can therefore be rendered from without failing.

use crate::layout::Layout;
use crate::messages;
use crate::numbers::Numbers;
use farebox_document::{Problem, Problems, read_json, version_of};
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use icu_locale_core::Locale;
use serde_json::json;
use std::fmt;

/// Copy for one locale.
pub struct Catalogue {
    version: String,
    pub(crate) layout: Layout,
    pub(crate) numbers: Numbers,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    /// Parses and checks a catalogue: a BCP 47 tag such as "zh-CN", a Project Fluent resource, and a JSON layout.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, all at once. Pointers are into the document `{locale, messages, layout}`; a place in
    /// the messages is given by its line, as in "/messages:12".
    pub fn parse(locale: &str, messages: &str, layout: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let tag = read_locale(locale, &mut problems);
        let document = read_json(layout, "/layout", &mut problems);
        let layout = document.as_ref().map(|document| Layout::read(document, &mut problems)).unwrap_or_default();
        let resource = messages::read(messages, &layout, &mut problems);
        let (Some((locale, numbers)), Some(document), Some(resource), true) =
            (tag, document, resource, problems.is_empty())
        else {
            return Err(problems.into_vec());
        };
        // Fluent has its own type for the language, without what only concerns numbers.
        let language = locale.id.to_string().parse().unwrap_or_default();
        Ok(Self {
            version: version_of(&json!({
                "locale": locale.to_string(),
                "messages": messages,
                "layout": document,
            })),
            layout,
            numbers,
            bundle: messages::bundle(resource, language),
        })
    }

    /// SHA-256 over the canonical form of locale, messages and layout: 64 lower-case hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The scenes there are, in the order of the layout; the first is the default.
    pub fn scenes(&self) -> impl Iterator<Item = &str> {
        self.layout.scenes.iter().map(|scene| scene.name.as_str())
    }

    /// The text of message `id`, or of its attribute, as it is in `scene`. `None` if there is none.
    pub(crate) fn text(&self, id: &str, attribute: Option<&str>, scene: &str, args: &FluentArgs) -> Option<String> {
        let find = |id: &str| {
            let message = self.bundle.get_message(id)?;
            match attribute {
                None => message.value(),
                Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
            }
        };
        let pattern = find(&messages::in_scene(id, scene)).or_else(|| find(id))?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors);
        // The check leaves nothing that can go wrong here; were it wrong about that, no words beat broken words.
        errors.is_empty().then(|| text.into_owned())
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("version", &self.version).finish_non_exhaustive()
    }
}

fn read_locale(tag: &str, problems: &mut Problems) -> Option<(Locale, Numbers)> {
    let Ok(locale) = tag.parse::<Locale>() else {
        problems.add("/locale", "invalid-locale", format!("{tag:?} is not a BCP 47 tag such as \"zh-CN\""));
        return None;
    };
    let numbers = Numbers::new(&locale);
    if numbers.is_none() {
        problems.add("/locale", "unknown-locale", format!("how numbers are written in {tag:?} is not known"));
    }
    Some((locale, numbers?))
}
