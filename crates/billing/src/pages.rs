//! Detail pages: which scene, which locale, and what is on them.

use crate::config::ParsedCatalogue;
use crate::context::Context;
use crate::engines::{Catalogue as _, Engines, PageSection, RepairWords, SideRepair};
use crate::event::Event;
use crate::locale;
use crate::ports::Ports;
use crate::refusal::Refusal;
use crate::unworded::unworded;
use farebox_fare::{Bill, Degradation};
use std::rc::Rc;

/// What a reader asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// A scene of the layout; without, the first.
    pub scene: Option<&'a str>,
    /// A locale that there is copy for; without, what `languages` prefer.
    pub locale: Option<&'a str>,
    /// Languages and their weights, as `Accept-Language` lists them.
    pub languages: Option<&'a str>,
}

/// A scene in a locale: what a bill is looked at through.
pub(crate) struct View<P: Ports> {
    /// `None` when the copy is broken.
    catalogue: Option<Rc<ParsedCatalogue<<P::Engines as Engines>::Catalogue>>>,
    /// The name of the scene, as far as it is known.
    pub(crate) scene: Option<String>,
    /// The name of the locale.
    pub(crate) locale: String,
}

/// What a page shows of a bill.
pub(crate) struct Details {
    /// Empty when there is a reason for it.
    pub(crate) sections: Vec<PageSection>,
    /// Why the page shows the totals only.
    pub(crate) reason: Option<Degradation>,
}

impl Details {
    /// What an operator has switched pages to.
    pub(crate) const TOTALS_ONLY: Self = Self { sections: Vec::new(), reason: Some(Degradation::SwitchedOff) };
}

impl<P: Ports> View<P> {
    /// The view that is asked for.
    ///
    /// Broken copy costs the details, not the page: operators are told in the log and by `/statusz`.
    ///
    /// # Errors
    ///
    /// `invalid-parameter`, with the scenes or locales that there are.
    pub(crate) fn choose(context: &Context<P>, wanted: Wanted<'_>) -> Result<Self, Refusal> {
        let locales = context.config.locales();
        let locale = match wanted.locale {
            Some(wanted) => one_of("locale", wanted, &locales)?.to_owned(),
            None => locale::negotiate(&locales, wanted.languages).unwrap_or("und").to_owned(),
        };
        let catalogue = context.config.catalogue(&locale).and_then(|catalogue| {
            let catalogue = catalogue.filter(|catalogue| !catalogue.scenes.is_empty());
            catalogue
                .ok_or_else(|| Refusal::config("copy: there is no copy for any locale, or no scene in layout.json"))
        });
        match catalogue {
            Ok(catalogue) => {
                let scenes: Vec<&str> = catalogue.scenes.iter().map(String::as_str).collect();
                let scene = wanted.scene.map(|wanted| one_of("scene", wanted, &scenes)).transpose()?;
                let scene = scene.or(scenes.first().copied()).map(str::to_owned);
                Ok(Self { catalogue: Some(catalogue), scene, locale })
            }
            Err(refusal) => {
                context.tell(&Event::CopyUnusable { locale: locale.clone(), why: refusal.reason().to_owned() });
                // It cannot be told which scenes there are. No name is longer than this.
                let scene = wanted.scene.map(|wanted| wanted.chars().take(64).collect());
                Ok(Self { catalogue: None, scene, locale })
            }
        }
    }

    /// What is on the page of a bill.
    pub(crate) fn details(&self, context: &Context<P>, bill: &Bill) -> Details {
        match self.rendered(context, |catalogue, scene| catalogue.render(bill, scene)) {
            Ok(sections) => Details { sections, reason: None },
            Err(reason) => Details { sections: Vec::new(), reason: Some(reason) },
        }
    }

    /// What is on the page of a bill that was made again; and why there are amounts only, if so.
    pub(crate) fn repair(&self, context: &Context<P>, repair: SideRepair<'_>) -> (RepairWords, Option<Degradation>) {
        match self.rendered(context, |catalogue, scene| catalogue.repair(repair, scene)) {
            Ok(words) => (words, None),
            Err(reason) => (unworded(repair), Some(reason)),
        }
    }

    /// What the catalogue makes of something; or why nothing is rendered.
    fn rendered<T>(
        &self,
        context: &Context<P>,
        render: impl FnOnce(&<P::Engines as Engines>::Catalogue, &str) -> Result<T, String>,
    ) -> Result<T, Degradation> {
        if context.config.switches().totals_only {
            return Err(Degradation::SwitchedOff);
        }
        // What is wrong with broken copy was told when it was chosen.
        let (Some(catalogue), Some(scene)) = (&self.catalogue, &self.scene) else {
            return Err(Degradation::CopyUnavailable);
        };
        render(&catalogue.catalogue, scene).map_err(|why| {
            context.tell(&Event::CopyUnusable { locale: self.locale.clone(), why: format!("render: {why}") });
            Degradation::CopyUnavailable
        })
    }
}

fn one_of<'a>(parameter: &'static str, wanted: &str, known: &[&'a str]) -> Result<&'a str, Refusal> {
    known.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
        let wanted: String = wanted.chars().take(64).collect();
        Refusal::parameter(parameter, format!("there is no {parameter} {wanted:?}; there are {}", known.join(", ")))
    })
}
