//! `farebox:render` over the domain.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]
    wit_bindgen::generate!({
        path: ["../../wit/types", "../../wit/render"],
        world: "farebox:render/component",
        with: { "farebox:types/types@0.1.0": farebox_wit },
    });
    use super::Component;
    export!(Component);
}

use crate::{Catalogue, Page, UnknownScene};
use bindings::exports::farebox::render::render as wit;
use farebox_fare::Bill;
use farebox_heap as _;

struct Component;

impl wit::Guest for Component {
    type Catalogue = Catalogue;
}

impl wit::GuestCatalogue for Catalogue {
    fn parse(locale: String, messages: String, layout: String) -> Result<wit::Catalogue, wit::CatalogueError> {
        Catalogue::parse(&locale, &messages, &layout)
            .map(wit::Catalogue::new)
            .map_err(|problems| wit::CatalogueError::Invalid(problems.into_iter().map(Into::into).collect()))
    }

    fn version(&self) -> String {
        self.version().to_owned()
    }

    fn scenes(&self) -> Vec<String> {
        self.scenes().map(str::to_owned).collect()
    }

    fn render(&self, bill: wit::Bill, scene: String) -> Result<wit::Page, wit::RenderError> {
        let bill = Bill::try_from(bill).map_err(|malformed| wit::RenderError::Other(malformed.message().to_owned()))?;
        self.render(&bill, &scene).map(Into::into).map_err(Into::into)
    }
}

impl From<UnknownScene> for wit::RenderError {
    fn from(unknown: UnknownScene) -> Self {
        Self::UnknownScene(unknown.scenes)
    }
}

impl From<Page> for wit::Page {
    fn from(page: Page) -> Self {
        let line = |line: crate::PageLine| wit::PageLine {
            code: line.code,
            label: line.label,
            text: line.text,
            amount: line.amount,
        };
        let section = |section: crate::Section| wit::Section {
            title: section.title,
            lines: section.lines.into_iter().map(line).collect(),
        };
        Self { sections: page.sections.into_iter().map(section).collect(), total: page.total, payable: page.payable }
    }
}
