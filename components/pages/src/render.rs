//! Render, as the component that it is.

use crate::bindings::farebox::render::render as wit;
use farebox_billing::engines::{Catalogue, PageLine, PageSection, ParseError};
use farebox_fare::Bill;
use farebox_gateway::component::engines::{bill_to_wit, invalid};

impl Catalogue for wit::Catalogue {
    fn parse(locale: &str, messages: &str, layout: &str) -> Result<Self, ParseError> {
        Self::parse(locale, messages, layout).map_err(|error| match error {
            wit::CatalogueError::Invalid(problems) => invalid(problems),
            wit::CatalogueError::Other(why) => ParseError::Other(why),
        })
    }

    fn scenes(&self) -> Vec<String> {
        Self::scenes(self)
    }

    fn render(&self, bill: &Bill, scene: &str) -> Result<Vec<PageSection>, String> {
        let page = Self::render(self, &bill_to_wit(bill)?, scene).map_err(|error| match error {
            wit::RenderError::UnknownScene(_) => format!("lost the scene {scene}"),
            wit::RenderError::Other(why) => why,
        })?;
        let line =
            |line: wit::PageLine| PageLine { code: line.code, label: line.label, text: line.text, amount: line.amount };
        let section = |section: wit::Section| PageSection {
            title: section.title,
            lines: section.lines.into_iter().map(line).collect(),
        };
        Ok(page.sections.into_iter().map(section).collect())
    }
}
