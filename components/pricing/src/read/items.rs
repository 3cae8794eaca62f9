//! How the items of a card are read.

use crate::binding::{Binding, known};
use crate::document::{ItemDocument, Windows};
use crate::growth::Growth;
use crate::item::{Branch, Item};
use crate::kind::{Kind, Splits};
use crate::kinds::{kind, kind_names};
use crate::notes::Notes;
use crate::rounding::Rounded;
use crate::when::{self, WhenDocument};
use crate::zones::Zones;
use crate::{discounts, growth, limits};
use farebox_document::ProblemCode::WrongLength;
use farebox_document::{read_part, wrong_length};
use farebox_fare::codes::COMMISSION_REWARD;
use farebox_money::Currency;
use serde_json::Value;

pub struct ItemReader<'a> {
    pub currency: Currency,
    pub rounding: Rounded,
    pub zones: &'a Zones,
    pub notes: &'a mut Notes,
}

impl ItemReader<'_> {
    pub fn read(&mut self, documents: Vec<Value>) -> Vec<Item> {
        if documents.is_empty() {
            self.notes.problems.add("/items", WrongLength.word(), wrong_length(0, 1, limits::ITEMS));
        }
        let documents: Vec<(String, Option<ItemDocument>)> = (0..)
            .zip(documents)
            .map(|(index, document): (usize, _)| {
                let pointer = format!("/items/{index}");
                let document = read_part::<ItemDocument>(&document, &pointer, &mut self.notes.problems);
                (pointer, document)
            })
            .collect();
        // Items may refer to each other in any direction, so all codes are known before any branch is read.
        let codes: Vec<String> = documents
            .iter()
            .map(|(_, document)| document.as_ref().map(|document| document.code.clone()).unwrap_or_default())
            .collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let mut items = Vec::with_capacity(documents.len());
        for (position, (pointer, document)) in documents.into_iter().enumerate() {
            let Some(document) = document else {
                // Keeps the positions of the others; the card is refused.
                items.push(Item::placeholder(self.rounding));
                continue;
            };
            self.check_code(&document.code, codes.get(..position).unwrap_or_default(), &pointer);
            items.push(self.read_item(document, position, &codes, &pointer));
        }
        items
    }

    fn check_code(&mut self, code: &str, earlier: &[&str], pointer: &str) {
        let mut refuse = |name, message| self.notes.problems.add(format!("{pointer}/code"), name, message);
        if !is_token(code) {
            refuse("invalid-token", format!("\"{code}\" is not a fee code; use letters, digits, - and _"));
        }
        // The driver's page has a line of its own for what the platform adds.
        if [discounts::CODE, growth::CODE, COMMISSION_REWARD].contains(&code) {
            refuse("reserved-code", format!("\"{code}\" is what the engine's own lines are called; choose another"));
        }
        if earlier.contains(&code) {
            refuse("duplicate-code", format!("\"{code}\" is the code of an earlier item; codes are unique on a card"));
        }
    }

    fn read_item(&mut self, document: ItemDocument, position: usize, codes: &[&str], pointer: &str) -> Item {
        let Some(kind) = kind(&document.kind) else {
            let message = format!("\"{}\" is not a kind of fee; use one of {}", document.kind, kind_names().join(", "));
            self.notes.problems.add(format!("{pointer}/kind"), "unknown-kind", message);
            return Item::placeholder(self.rounding);
        };
        let currency = self.currency;
        let problems = &mut self.notes.problems;
        let split = match kind.splits {
            Splits::Optional => document.windows == Some(Windows::Split),
            Splits::Always | Splits::Never => {
                let always = kind.splits == Splits::Always;
                if document.windows.is_some() {
                    let how = if always { "part by part, always" } else { "once for the ride" };
                    let message = format!("a fee of kind \"{}\" is charged {how}; leave this out", kind.name);
                    problems.add(format!("{pointer}/windows"), "no-choice", message);
                }
                always
            }
        };
        let rounding = document.rounding.map_or(self.rounding, |rounding| {
            Rounded::read(rounding, currency, &format!("{pointer}/rounding"), problems)
        });
        let floor = document.floor.and_then(|floor| floor.amount(currency, &format!("{pointer}/floor"), problems));
        let cap = document.cap.and_then(|cap| cap.amount(currency, &format!("{pointer}/cap"), problems));
        if let (Some(floor), Some(cap)) = (floor, cap)
            && floor > cap
        {
            problems.add(format!("{pointer}/floor"), "floor-above-cap", "has to be at most the cap");
        }
        let growth =
            document.growth.map(|growth| Growth::read(growth, currency, &format!("{pointer}/growth"), problems));
        let replaces = self.read_replaces(&document.replaces.0, position, codes, pointer);
        if split && !replaces.is_empty() {
            let message =
                "a fee that is charged part by part cannot replace others; use a fee that applies to the whole ride";
            self.notes.problems.add(format!("{pointer}/replaces"), "cannot-replace", message);
        }
        let branches = self.read_branches(document.branches.0, kind, position, codes, pointer);
        let edges = if split { edges(&branches) } else { Vec::new() };
        Item {
            code: document.code,
            kind: kind.name,
            required: document.required,
            when_mocked: document.when_mocked,
            split,
            rounding,
            floor,
            cap,
            growth,
            replaces,
            branches,
            edges,
        }
    }

    fn read_replaces(&mut self, names: &[String], position: usize, codes: &[&str], pointer: &str) -> Vec<usize> {
        let mut replaces = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match codes.iter().position(|code| code == name) {
                Some(other) if other != position => replaces.push(other),
                _ => {
                    let message = format!("\"{name}\" is not another item of the card; there are {}", known(codes));
                    self.notes.problems.add(format!("{pointer}/replaces/{index}"), "unknown-reference", message);
                }
            }
        }
        replaces
    }

    fn read_branches(
        &mut self,
        documents: Vec<Value>,
        kind: &Kind,
        position: usize,
        codes: &[&str],
        item: &str,
    ) -> Vec<Branch> {
        if documents.is_empty() {
            let message = wrong_length(0, 1, limits::BRANCHES);
            self.notes.problems.add(format!("{item}/branches"), WrongLength.word(), message);
        }
        let mut branches = Vec::new();
        for (index, mut document) in documents.into_iter().enumerate() {
            let pointer = format!("{item}/branches/{index}");
            let when_text = document.as_object_mut().and_then(|branch| branch.remove("when"));
            let when = when_text
                .clone()
                .and_then(|when| read_part::<WhenDocument>(&when, &format!("{pointer}/when"), &mut self.notes.problems))
                .map_or_else(when::completed, |when| {
                    when::read(when, self.zones, &format!("{pointer}/when"), &mut self.notes.problems)
                });
            let mut binding =
                Binding { codes, position, currency: self.currency, pointer: &pointer, notes: &mut *self.notes };
            if let Some(fee) = (kind.parse)(document, &mut binding) {
                branches.push(Branch { when, when_text, fee });
            }
        }
        branches
    }
}

fn edges(branches: &[Branch]) -> Vec<i64> {
    if branches.iter().all(|branch| branch.when.calendar.is_always()) {
        return Vec::new();
    }
    let minutes = branches.iter().flat_map(|branch| branch.when.calendar.edges());
    let mut edges: Vec<i64> = minutes.map(|minute| i64::from(minute) * 60).chain([0]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Names that are safe in file names, keys and message identifiers.
pub fn is_token(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 32
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
