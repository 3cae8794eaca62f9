//! The layout: which scene shows which lines of a bill, in which order.

use farebox_document::{Problems, pointer_segment};
use farebox_fare::{Bill, Line};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What `format` in a layout has to say.
const FORMAT: &str = "farebox-copy-layout/1";

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
    /// Reads a layout and notes all that is wrong with it. The result is whole only if nothing was noted.
    pub(crate) fn read(document: &Value, problems: &mut Problems) -> Self {
        let mut reader = Reader { problems };
        let layout = reader.layout(&Node { pointer: "/layout".to_owned(), value: document });
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
        // That a code is empty was noted when it was read.
        codes.filter(|(_, code)| *code != CATCH_ALL && !code.is_empty())
    }

    fn check_scene_names(&self, problems: &mut Problems) {
        let mut seen = BTreeMap::new();
        for (index, scene) in self.scenes.iter().enumerate() {
            let pointer = format!("/layout/scenes/{index}/name");
            let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            // An empty name was noted when it was read.
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
                // That a code is empty was noted when it was read.
                for (index, code) in section.of(list).iter().enumerate().filter(|(_, code)| !code.is_empty()) {
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

/// A value, and where it is.
struct Node<'a> {
    pointer: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    fn child(&self, key: &str, value: &'a Value) -> Self {
        Node { pointer: format!("{}/{}", self.pointer, pointer_segment(key)), value }
    }
}

/// Walks the document. Unlike deserializing, it goes on after the first problem.
struct Reader<'p> {
    problems: &'p mut Problems,
}

impl Reader<'_> {
    fn layout(&mut self, node: &Node) -> Layout {
        let Some(fields) = self.object(node, &["fallback", "format", "mocked", "scenes"]) else {
            return Layout::default();
        };
        if let Some(format) = self.required(node, fields, "format")
            && format.value.as_str() != Some(FORMAT)
        {
            self.problems.add(format.pointer, "unknown-format", format!("has to be {FORMAT:?}"));
        }
        let fallback = fields.get("fallback").map(|value| self.text(&node.child("fallback", value)));
        let mocked = self.required(node, fields, "mocked").map(|mocked| self.text(&mocked));
        let scenes = self.required(node, fields, "scenes").map(|scenes| self.list(&scenes, Self::scene));
        Layout { fallback, mocked: mocked.unwrap_or_default(), scenes: scenes.unwrap_or_default() }
    }

    fn scene(&mut self, node: &Node) -> Scene {
        let Some(fields) = self.object(node, &["name", "sections"]) else { return Scene::default() };
        let name = self.required(node, fields, "name").map(|name| self.text(&name));
        let sections = self.required(node, fields, "sections").map(|sections| self.list(&sections, Self::section));
        Scene { name: name.unwrap_or_default(), sections: sections.unwrap_or_default() }
    }

    fn section(&mut self, node: &Node) -> Section {
        let known = ["discounts", "fees", "included", "title"];
        let Some(fields) = self.object(node, &known) else { return Section::default() };
        let title = self.required(node, fields, "title").map(|title| self.text(&title)).unwrap_or_default();
        let mut codes = BTreeMap::new();
        for list in List::ALL {
            if let Some(value) = fields.get(list.name()) {
                codes.insert(list, self.list(&node.child(list.name(), value), Self::text));
            }
        }
        if codes.is_empty() {
            let message = "a section needs \"fees\", \"discounts\" or \"included\", or it never shows a line";
            self.problems.add(&node.pointer, "missing-field", message);
        }
        Section { title, codes }
    }

    fn object<'a>(&mut self, node: &Node<'a>, known: &[&str]) -> Option<&'a Map<String, Value>> {
        let Some(fields) = node.value.as_object() else {
            self.problems.add(&node.pointer, "wrong-type", format!("must be an object with {}", known.join(", ")));
            return None;
        };
        for (key, value) in fields.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let message = format!("{key:?} is not a field here; known are {}", known.join(", "));
            self.problems.add(node.child(key, value).pointer, "unknown-field", message);
        }
        Some(fields)
    }

    fn required<'a>(&mut self, node: &Node<'a>, fields: &'a Map<String, Value>, key: &str) -> Option<Node<'a>> {
        let Some(value) = fields.get(key) else {
            self.problems.add(&node.pointer, "missing-field", format!("{key:?} is missing"));
            return None;
        };
        Some(node.child(key, value))
    }

    fn list<T>(&mut self, node: &Node, read: fn(&mut Self, &Node) -> T) -> Vec<T> {
        match node.value.as_array() {
            Some(items) if !items.is_empty() => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| read(self, &node.child(&index.to_string(), item))).collect()
            }
            _ => {
                self.problems.add(&node.pointer, "wrong-type", "must be a list with at least one item");
                Vec::new()
            }
        }
    }

    fn text(&mut self, node: &Node) -> String {
        match node.value.as_str() {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.problems.add(&node.pointer, "wrong-type", "must be text, and not empty");
                String::new()
            }
        }
    }
}
