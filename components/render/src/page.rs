//! The page: a bill in words.

use crate::Catalogue;
use crate::layout::{List, Scene};
use crate::messages::{MONEY, MONEY_IN, TEXT, is_about_fee};
use crate::numbers::{factor, human, minutes_and_seconds, percent};
use farebox_fare::{Basis, Bill, Line, Unit};
use farebox_money::{Currency, Decimal, MinorUnits};
use fluent_bundle::FluentArgs;
use fluent_bundle::types::{FluentNumber, FluentValue};
use std::fmt;

/// A bill as people of a locale read it. Plain text throughout: whoever puts it into HTML has to escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of the layout; none is empty.
    pub sections: Vec<Section>,
    /// What the ride costs before discounts.
    pub total: String,
    /// What is to be paid.
    pub payable: String,
}

/// Lines under one title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// May be empty.
    pub title: String,
    /// Never empty.
    pub lines: Vec<PageLine>,
}

/// One line of a bill in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLine {
    /// The fee code.
    pub code: String,
    /// What the fee is called; the code itself if the copy does not say.
    pub label: String,
    /// How it came about. May be empty.
    pub text: String,
    /// With its currency.
    pub amount: String,
}

/// The layout has no such scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScene {
    /// The scenes there are.
    pub scenes: Vec<String>,
}

impl fmt::Display for UnknownScene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no such scene; there are {}", self.scenes.join(", "))
    }
}

impl std::error::Error for UnknownScene {}

impl Catalogue {
    /// Renders a bill for a scene. Every line of the bill is on the page exactly once.
    ///
    /// # Errors
    ///
    /// Only that there is no such scene.
    pub fn render(&self, bill: &Bill, scene: &str) -> Result<Page, UnknownScene> {
        let layout = self.scene(scene)?;
        let writer = Writer { catalogue: self, scene, bill };
        let mut sections: Vec<_> = layout
            .arrange(bill)
            .filter(|(_, lines)| !lines.is_empty())
            .map(|(section, lines)| Section {
                title: writer.title(&section.title),
                lines: lines.into_iter().map(|(list, line)| writer.line(list, line)).collect(),
            })
            .collect();
        if let (Basis::Mocked, Some(first)) = (bill.basis, sections.first_mut()) {
            first.title = writer.mocked(&first.title);
        }
        Ok(Page { sections, total: writer.amount(bill.total), payable: writer.amount(bill.payable) })
    }

    /// The scene of this name.
    pub(crate) fn scene(&self, name: &str) -> Result<&Scene, UnknownScene> {
        self.layout.scene(name).ok_or_else(|| UnknownScene { scenes: self.scenes().map(str::to_owned).collect() })
    }
}

/// Writes one bill for one scene.
pub(crate) struct Writer<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) scene: &'a str,
    pub(crate) bill: &'a Bill,
}

impl Writer<'_> {
    pub(crate) fn text(&self, id: &str, attribute: Option<&str>, args: &FluentArgs) -> Option<String> {
        self.catalogue.text(id, attribute, self.scene, args)
    }

    pub(crate) fn currency(&self) -> Currency {
        self.bill.currency
    }

    fn title(&self, id: &str) -> String {
        self.text(id, None, &self.title_args()).unwrap_or_default()
    }

    fn mocked(&self, title: &str) -> String {
        let mut args = self.title_args();
        args.set("title", title);
        self.text(&self.catalogue.layout.mocked, None, &args).unwrap_or_else(|| title.to_owned())
    }

    fn title_args<'t>(&self) -> FluentArgs<'t> {
        let mut args = FluentArgs::new();
        args.set("basis", self.bill.basis.word());
        args.set("currency", self.currency().code());
        args
    }

    pub(crate) fn line(&self, list: List, line: &Line) -> PageLine {
        let args = self.line_args(list, line);
        let fallback = self.catalogue.layout.fallback.as_deref();
        let own = Some(line.code.as_str()).filter(|code| is_about_fee(code, &self.catalogue.layout));
        let own_label = own.and_then(|id| self.text(id, None, &args));
        // Only a fee that has no words of its own is explained in general ones.
        let text_of = if own_label.is_some() { own } else { fallback };
        let label = own_label.or_else(|| self.text(fallback?, None, &args));
        PageLine {
            code: line.code.clone(),
            label: label.filter(|label| !label.trim().is_empty()).unwrap_or_else(|| line.code.clone()),
            text: text_of.and_then(|id| self.text(id, Some(TEXT), &args)).unwrap_or_default(),
            amount: self.amount(line.amount),
        }
    }

    /// What a line's messages are told: everything that `variables` promises them.
    fn line_args<'l>(&self, list: List, line: &'l Line) -> FluentArgs<'l> {
        let numbers = &self.catalogue.numbers;
        // 109 contain a tax of 9 on 100.
        let whole = match list {
            List::Fees | List::Discounts => Some(line.per),
            List::Included => line.per.checked_sub(line.rate),
        };
        let share = |share: fn(Decimal, Decimal) -> Option<Decimal>| whole.and_then(|whole| share(line.rate, whole));
        let of_money = |share: Option<Decimal>| match line.unit {
            Unit::Money => share.map_or_else(|| "?".to_owned(), |share| numbers.plain(share)),
            Unit::Trip | Unit::Meter | Unit::Second | Unit::Piece => String::new(),
        };
        let (quantity, per) = (human(line.quantity, line.unit), human(line.per, line.unit));
        let (minutes, seconds) = match line.unit {
            Unit::Second => minutes_and_seconds(line.quantity),
            Unit::Trip | Unit::Meter | Unit::Piece | Unit::Money => Default::default(),
        };
        let mut args = FluentArgs::new();
        args.set("amount", self.amount(line.amount));
        args.set("basis", self.bill.basis.word());
        args.set("code", line.code.as_str());
        args.set("currency", self.currency().code());
        args.set("factor", of_money(share(factor)));
        args.set("minutes", numbers.plain(minutes));
        args.set("minutes_number", number(minutes));
        args.set("per", numbers.plain(per));
        args.set("per_number", number(per));
        args.set("percent", of_money(share(percent)));
        args.set("quantity_number", number(quantity));
        args.set("reference", line.reference.as_deref().unwrap_or_default());
        args.set("seconds", numbers.plain(seconds));
        args.set("seconds_number", number(seconds));
        args.set("unit", line.unit.word());
        if line.unit == Unit::Money {
            args.set("quantity", self.price(line.quantity));
            args.set("rate", numbers.plain(line.rate));
        } else {
            args.set("quantity", numbers.plain(quantity));
            args.set("rate", self.price(line.rate));
        }
        args
    }

    pub(crate) fn amount(&self, minor: MinorUnits) -> String {
        self.money(self.catalogue.numbers.amount(self.currency(), minor), minor < 0)
    }

    /// Money that nobody pays, such as a rate: it may have more decimals than the currency.
    pub(crate) fn price(&self, major: Decimal) -> String {
        self.money(self.catalogue.numbers.price(self.currency(), major), major < Decimal::ZERO)
    }

    /// The sign goes around the whole: "-¥2.00", not "¥-2.00". Copy never sees it, so copy cannot lose it.
    fn money(&self, size: String, negative: bool) -> String {
        let code = self.currency().code();
        let plain = format!("{code} {size}");
        let mut args = FluentArgs::new();
        args.set("amount", size);
        args.set("currency", code);
        let text = self.text(&format!("{MONEY_IN}{code}"), None, &args).or_else(|| self.text(MONEY, None, &args));
        let text = text.unwrap_or(plain);
        if negative { self.catalogue.numbers.negative(&text) } else { text }
    }
}

/// A number for Fluent to choose a variant by. Fluent keeps it as a float, which is exact enough for a few digits;
/// beyond those it is simply a large number.
fn number(value: Decimal) -> FluentValue<'static> {
    let small = value.abs() < Decimal::from(1_000_000_000) && value.scale() <= 6;
    let number = small.then(|| value.normalize().to_string().parse::<FluentNumber>().ok()).flatten();
    number.map_or_else(|| "other".into(), FluentValue::Number)
}
