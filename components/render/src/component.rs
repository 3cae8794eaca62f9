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

use crate::{Catalogue, FeeDifference, Page, Repair, RepairPage, UnknownScene};
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

    fn repair(&self, bill: wit::Bill, repair: wit::Repair, scene: String) -> Result<wit::RepairPage, wit::RenderError> {
        let bill = Bill::try_from(bill).map_err(|malformed| wit::RenderError::Other(malformed.message().to_owned()))?;
        self.repair(&bill, &repair.into(), &scene).map(Into::into).map_err(Into::into)
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

impl From<wit::Repair> for Repair {
    fn from(repair: wit::Repair) -> Self {
        let wit::Repair { because, closed, before, after, borne, lines } = repair;
        let line =
            |wit::FeeDifference { code, before, after }: wit::FeeDifference| FeeDifference { code, before, after };
        Self {
            because: because.into_iter().map(Into::into).collect(),
            closed,
            before,
            after,
            borne,
            lines: lines.into_iter().map(line).collect(),
        }
    }
}

impl From<RepairPage> for wit::RepairPage {
    fn from(page: RepairPage) -> Self {
        let RepairPage { title, text, outcome, before, after, difference, borne, lines } = page;
        let line = |crate::RepairLine { code, label, before, after }: crate::RepairLine| wit::RepairLine {
            code,
            label,
            before,
            after,
        };
        Self {
            title,
            text,
            outcome,
            before,
            after,
            difference,
            borne: borne.map(|crate::Borne { amount, text }| wit::Borne { amount, text }),
            lines: lines.into_iter().map(line).collect(),
        }
    }
}
