//! The layout: which scene shows which lines of a bill, in which order.

use crate::document::{Codes, FORMAT, LayoutDocument, Many, SceneDocument, SectionDocument, SectionFields};
use farebox_document::{Problems, check_format, read_part};
use farebox_fare::{Bill, Line};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for everything in a list that the scene does not name.
const CATCH_ALL: &str = "*";

/// A checked layout: every scene shows every line of any bill exactly once.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The message for fee codes that have none of their own.
    pub(crate) fallback: Option<String>,
    /// The message that wraps the first title of a page whose quantities were reconstructed.
    pub(crate) mocked: String,
    /// The first is the default.
    pub(crate) scenes: Vec<Scene>,
    /// The messages of all section titles.
    titles: BTreeSet<String>,
}

/// One way to look at a bill.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) sections: Vec<Section>,
}

/// Lines under one title.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// The title's message.
    pub(crate) title: String,
    /// Codes out of each of the bill's lists.
    codes: BTreeMap<List, Vec<String>>,
}

/// The lists of lines that a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    /// What adds up to the total.
    Fees,
    /// What is taken off it.
    Discounts,
    /// What it contains already.
    Included,
}

impl List {
    const ALL: [Self; 3] = [Self::Fees, Self::Discounts, Self::Included];

    /// What a layout calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Fees => "fees",
            Self::Discounts => "discounts",
            Self::Included => "included",
        }
    }

    fn of(self, bill: &Bill) -> &[Line] {
        match self {
            Self::Fees => &bill.lines,
            Self::Discounts => &bill.discounts,
            Self::Included => &bill.included,
        }
    }
}

impl Layout {
    /// Reads a layout and notes all that is wrong with it. Nothing can be read of one that is not a layout.
    pub(crate) fn read(document: &Value, problems: &mut Problems) -> Self {
        check_format(document, FORMAT, "/layout", problems);
        let Some(document) = read_part::<LayoutDocument>(document, "/layout", problems) else {
            return Self::default();
        };
        let scenes: Vec<Scene> = document.scenes.0.into_iter().map(Scene::from).collect();
        let titles = scenes.iter().flat_map(|scene| &scene.sections).map(|section| section.title.clone());
        let layout = Self {
            titles: titles.collect(),
            fallback: document.fallback.map(|fallback| fallback.0),
            mocked: document.mocked.0,
            scenes,
        };
        layout.check_scene_names(problems);
        for (index, scene) in layout.scenes.iter().enumerate() {
            scene.check_shows_each_line_once(&format!("/layout/scenes/{index}"), problems);
        }
        layout
    }

    /// Whether enough of it could be read to hold the messages against it.
    pub(crate) fn is_whole(&self) -> bool {
        !self.scenes.is_empty() && !self.mocked.is_empty()
    }

    /// The scene called `name`.
    pub(crate) fn scene(&self, name: &str) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.name == name)
    }

    /// Whether a message is the title of a section.
    pub(crate) fn is_title(&self, id: &str) -> bool {
        self.titles.contains(id)
    }

    /// Every section title's message, with where the layout says so.
    pub(crate) fn titles(&self) -> impl Iterator<Item = (String, &str)> {
        self.scenes.iter().enumerate().flat_map(|(s, scene)| {
            let pointer = move |n: usize| format!("/layout/scenes/{s}/sections/{n}/title");
            scene.sections.iter().enumerate().map(move |(n, section)| (pointer(n), section.title.as_str()))
        })
    }

    /// Every code that a scene names, with where the layout says so.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (String, &str)> {
        let sections = self.scenes.iter().enumerate().flat_map(|(s, scene)| {
            scene
                .sections
                .iter()
                .enumerate()
                .map(move |(n, section)| (format!("/layout/scenes/{s}/sections/{n}"), section))
        });
        let lists = sections.flat_map(|(pointer, section)| {
            section.codes.iter().map(move |(list, codes)| (format!("{pointer}/{}", list.name()), codes))
        });
        let codes = lists.flat_map(|(pointer, codes)| {
            codes.iter().enumerate().map(move |(index, code)| (format!("{pointer}/{index}"), code.as_str()))
        });
        codes.filter(|(_, code)| *code != CATCH_ALL)
    }

    fn check_scene_names(&self, problems: &mut Problems) {
        let mut seen = BTreeMap::new();
        for (index, scene) in self.scenes.iter().enumerate() {
            let pointer = format!("/layout/scenes/{index}/name");
            let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if !scene.name.bytes().all(legal) {
                let message = format!("{:?} may hold only a-z, 0-9 and _, so that messages can name it", scene.name);
                problems.add(&pointer, "invalid-scene", message);
            }
            if let Some(first) = seen.insert(&scene.name, pointer.clone()) {
                problems.add(pointer, "duplicate-scene", format!("{:?} is at {first} already", scene.name));
            }
        }
    }
}

impl From<SceneDocument> for Scene {
    fn from(document: SceneDocument) -> Self {
        Self { name: document.name.0, sections: document.sections.0.into_iter().map(Section::from).collect() }
    }
}

impl From<SectionDocument> for Section {
    fn from(SectionDocument(SectionFields { title, fees, discounts, included }): SectionDocument) -> Self {
        let lists = [(List::Fees, fees), (List::Discounts, discounts), (List::Included, included)];
        let codes = |Many(codes): Codes| codes.into_iter().map(|code| code.0).collect();
        Self {
            title: title.0,
            codes: lists.into_iter().filter_map(|(list, named)| Some((list, codes(named?)))).collect(),
        }
    }
}

impl Scene {
    /// The lines of `bill` under their sections, in the layout's order; lines of one code in the bill's.
    pub(crate) fn arrange<'a>(&'a self, bill: &'a Bill) -> impl Iterator<Item = (&'a Section, Vec<(List, &'a Line)>)> {
        self.sections.iter().map(move |section| {
            let lines = section.codes.iter().flat_map(move |(list, codes)| self.pick(codes, *list, bill));
            (section, lines.collect())
        })
    }

    fn pick<'a>(&'a self, codes: &'a [String], list: List, bill: &'a Bill) -> impl Iterator<Item = (List, &'a Line)> {
        let named =
            move |code: &str| self.sections.iter().flat_map(|section| section.of(list)).any(|named| named == code);
        codes.iter().flat_map(move |code| {
            let shown = move |line: &&Line| {
                // A fee that is itself called "*" is like any other that nobody names.
                if code == CATCH_ALL { line.code == CATCH_ALL || !named(&line.code) } else { line.code == *code }
            };
            list.of(bill).iter().filter(shown).map(move |line| (list, line))
        })
    }

    /// A line goes missing if its code is nowhere and there is no catch-all, and shows twice if its code is.
    fn check_shows_each_line_once(&self, pointer: &str, problems: &mut Problems) {
        for list in List::ALL {
            let kind = list.name();
            let mut seen = BTreeMap::new();
            for (n, section) in self.sections.iter().enumerate() {
                for (index, code) in section.of(list).iter().enumerate() {
                    let place = format!("{pointer}/sections/{n}/{kind}/{index}");
                    if let Some(first) = seen.insert(code, place.clone()) {
                        let message = format!("{code:?} is at {first} already; a scene shows each line once");
                        problems.add(place, "duplicate-code", message);
                    }
                }
            }
            if !seen.keys().any(|code| *code == CATCH_ALL) {
                let message = format!(
                    "scene {:?} would hide {kind} that it does not name; add \"*\" to \"{kind}\" of one section",
                    self.name
                );
                problems.add(format!("{pointer}/sections"), "no-catch-all", message);
            }
        }
    }
}

impl Section {
    fn of(&self, list: List) -> &[String] {
        self.codes.get(&list).map_or(&[], Vec::as_slice)
    }
}
