//! Detail pages: which scene, which locale, and what is on them.

use super::bindings::farebox::render::render::{Page, PageLine, RenderError, Section as WireSection};
use super::config::{Config, ParsedCatalogue};
use crate::locale;
use crate::problem::Problem;
use crate::responses::{Reason, Section, SectionLine};
use crate::routes::Query;
use farebox_fare::Bill;

/// The query parameters of a detail page.
pub const PARAMETERS: &[&str] = &["scene", "locale"];

/// A scene in a locale: what a bill is looked at through.
pub struct View {
    /// `None` when the copy is broken.
    catalogue: Option<&'static ParsedCatalogue>,
    scene: Option<String>,
    locale: String,
}

/// What a page shows of a bill.
pub struct Details {
    /// Empty when there is a reason for it.
    pub sections: Vec<Section>,
    /// Why the page shows the totals only.
    pub reason: Option<Reason>,
}

impl View {
    /// The view that a request asks for. Without `locale`, what `Accept-Language` prefers; without `scene`, the first.
    ///
    /// Broken copy costs the details, not the page: operators are told in the log and by `/readyz`.
    ///
    /// # Errors
    ///
    /// `invalid-parameter`, with the scenes or locales that there are.
    pub fn choose(config: &'static Config, query: &Query, accept_language: Option<&str>) -> Result<Self, Problem> {
        let locales = config.locales();
        let locale = match query.get("locale") {
            Some(wanted) => one_of("locale", wanted, &locales)?.to_owned(),
            None => locale::negotiate(&locales, accept_language).unwrap_or("und").to_owned(),
        };
        let catalogue = config.catalogue(&locale).and_then(|catalogue| {
            let catalogue = catalogue.filter(|catalogue| !catalogue.scenes.is_empty());
            catalogue
                .ok_or_else(|| Problem::config("copy: there is no copy for any locale, or no scene in layout.json"))
        });
        let wanted = query.get("scene");
        match catalogue {
            Ok(catalogue) => {
                let scenes: Vec<&str> = catalogue.scenes.iter().map(String::as_str).collect();
                let scene = wanted.map(|wanted| one_of("scene", wanted, &scenes)).transpose()?;
                let scene = scene.or(scenes.first().copied()).map(str::to_owned);
                Ok(Self { catalogue: Some(catalogue), scene, locale })
            }
            Err(problem) => {
                eprintln!("farebox-gateway: pages show totals only: {}", problem.log.unwrap_or_default());
                // It cannot be told which scenes there are. No name is longer than this.
                let scene = wanted.map(|wanted| wanted.chars().take(64).collect());
                Ok(Self { catalogue: None, scene, locale })
            }
        }
    }

    /// The name of the scene, as far as it is known.
    pub fn scene(&self) -> Option<&str> {
        self.scene.as_deref()
    }

    /// The name of the locale.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// What is on the page of a bill.
    pub fn details(&self, bill: Bill) -> Details {
        match self.page(bill) {
            Ok(page) => Details { sections: page.sections.into_iter().map(section).collect(), reason: None },
            Err(why) => {
                if let Some(why) = why {
                    eprintln!("farebox-gateway: a page shows totals only: render: {why}");
                }
                Details { sections: Vec::new(), reason: Some(Reason::CopyUnavailable) }
            }
        }
    }

    /// `None` when it was said before what is wrong.
    fn page(&self, bill: Bill) -> Result<Page, Option<String>> {
        let (Some(catalogue), Some(scene)) = (self.catalogue, &self.scene) else { return Err(None) };
        let bill = bill.try_into().map_err(|_| Some("a number has too many digits".to_owned()))?;
        catalogue.catalogue.render(&bill, scene).map_err(|error| match error {
            RenderError::UnknownScene(_) => Some(format!("lost the scene {scene}")),
            RenderError::Other(why) => Some(why),
        })
    }
}

fn section(section: WireSection) -> Section {
    let line = |PageLine { code, label, text, amount }| SectionLine { code, label, text, amount };
    Section { title: section.title, lines: section.lines.into_iter().map(line).collect() }
}

fn one_of<'a>(parameter: &'static str, wanted: &str, known: &[&'a str]) -> Result<&'a str, Problem> {
    known.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
        let wanted: String = wanted.chars().take(64).collect();
        Problem::parameter(parameter, format!("there is no {parameter} {wanted:?}; there are {}", known.join(", ")))
    })
}
