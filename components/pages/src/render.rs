//! Render, as the component that it is.

use crate::bindings::farebox::render::render as wit;
use farebox_billing::engines::{
    BorneAmount, Catalogue, PageLine, PageSection, ParseError, RepairWords, RepairedLine, SideRepair,
};
use farebox_fare::Bill;
use farebox_gateway::component::engines::{bill_to_wit, invalid};
use farebox_records::LineDifference;

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
        let page = Self::render(self, &bill_to_wit(bill)?, scene).map_err(|error| not_rendered(error, scene))?;
        let line =
            |line: wit::PageLine| PageLine { code: line.code, label: line.label, text: line.text, amount: line.amount };
        let section = |section: wit::Section| PageSection {
            title: section.title,
            lines: section.lines.into_iter().map(line).collect(),
        };
        Ok(page.sections.into_iter().map(section).collect())
    }

    fn repair(&self, repair: SideRepair<'_>, scene: &str) -> Result<RepairWords, String> {
        let SideRepair { bill, because, closed, difference } = repair;
        let line = |line: &LineDifference| wit::FeeDifference {
            code: line.code.clone(),
            before: line.before,
            after: line.after,
        };
        let repair = wit::Repair {
            because: because.iter().map(|reason| (*reason).into()).collect(),
            closed,
            before: difference.before,
            after: difference.after,
            borne: difference.borne,
            lines: difference.lines.iter().map(line).collect(),
        };
        let page =
            Self::repair(self, &bill_to_wit(bill)?, &repair, scene).map_err(|error| not_rendered(error, scene))?;
        let line = |line: wit::RepairLine| RepairedLine {
            code: line.code,
            label: line.label,
            before: line.before,
            after: line.after,
        };
        Ok(RepairWords {
            title: page.title,
            text: page.text,
            outcome: page.outcome,
            before: page.before,
            after: page.after,
            difference: page.difference,
            borne: page.borne.map(|borne| BorneAmount { amount: borne.amount, text: borne.text }),
            lines: page.lines.into_iter().map(line).collect(),
        })
    }
}

fn not_rendered(error: wit::RenderError, scene: &str) -> String {
    match error {
        wit::RenderError::UnknownScene(_) => format!("lost the scene {scene}"),
        wit::RenderError::Other(why) => why,
    }
}
