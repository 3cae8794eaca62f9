//! Detail pages: which scene, which locale, and what is on them.

use super::bindings::farebox::render::render::{PageLine, RenderError};
use super::config::{Config, ParsedCatalogue};
use crate::locale;
use crate::problem::Problem;
use crate::responses::{Section, SectionLine};
use crate::routes::Query;
use farebox_types::Bill;

/// The query parameters of a detail page.
pub const PARAMETERS: &[&str] = &["scene", "locale"];

/// A scene in a locale: what a bill is looked at through.
pub struct View {
    catalogue: &'static ParsedCatalogue,
    scene: &'static str,
    locale: &'static str,
}

impl View {
    /// The view that a request asks for. Without `locale`, what `Accept-Language` prefers; without `scene`, the first.
    ///
    /// # Errors
    ///
    /// `invalid-parameter`, with the scenes or locales that there are.
    pub fn choose(config: &'static Config, query: &Query, accept_language: Option<&str>) -> Result<Self, Problem> {
        let locales = config.locales();
        let none = || Problem::config("copy: there is no copy for any locale");
        let locale = match query.get("locale") {
            Some(wanted) => one_of("locale", wanted, &locales)?,
            None => locale::negotiate(&locales, accept_language).ok_or_else(none)?,
        };
        let catalogue = config.catalogue(locale)?.ok_or_else(none)?;
        let scenes: Vec<&str> = catalogue.scenes.iter().map(String::as_str).collect();
        let scene = match query.get("scene") {
            Some(wanted) => one_of("scene", wanted, &scenes)?,
            None => scenes.first().copied().ok_or_else(|| Problem::config("copy/layout.json: there is no scene"))?,
        };
        Ok(Self { catalogue, scene, locale })
    }

    /// The name of the scene.
    pub fn scene(&self) -> &'static str {
        self.scene
    }

    /// The name of the locale.
    pub fn locale(&self) -> &'static str {
        self.locale
    }

    /// What is on the page of a bill.
    pub fn sections(&self, bill: Bill) -> Result<Vec<Section>, Problem> {
        let bill = bill.try_into().map_err(|_| Problem::internal("a bill has a number of too many digits"))?;
        let page = self.catalogue.catalogue.render(&bill, self.scene).map_err(|error| match error {
            RenderError::UnknownScene(_) => Problem::internal(format!("render: lost the scene {}", self.scene)),
            RenderError::Other(why) => Problem::internal(format!("render: {why}")),
        })?;
        let line = |PageLine { code, label, text, amount }| SectionLine { code, label, text, amount };
        let sections = page.sections.into_iter();
        Ok(sections
            .map(|section| Section { title: section.title, lines: section.lines.into_iter().map(line).collect() })
            .collect())
    }
}

fn one_of<'a>(parameter: &'static str, wanted: &str, known: &[&'a str]) -> Result<&'a str, Problem> {
    known.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
        let wanted: String = wanted.chars().take(64).collect();
        Problem::parameter(parameter, format!("there is no {parameter} {wanted:?}; there are {}", known.join(", ")))
    })
}
