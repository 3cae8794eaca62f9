//! Finds everything in the messages that would go wrong on a page.
//!
//! Fluent itself never fails: it prints `{$typo}` and goes on. That is kind to translators and unkind to riders, so
//! what would lead there is refused here, before any bill is rendered.

use super::graph::{Graph, Inline, MAX_PLACEABLES, Pattern, Weights, inlines, placeables};
use super::{Lines, MONEY, MONEY_IN, TEXT, role, split_scene};
use crate::layout::Layout;
use crate::variables::{Kind, PLURALS, Role, enumerate, kind};
use farebox_document::Problems;
use farebox_money::Currency;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Term, VariantKey};
use std::collections::BTreeSet;

/// Notes all that is wrong with the messages of `resource`, in their order, after what the layout misses.
pub(super) fn check(resource: &FluentResource, lines: &Lines, layout: &Layout, problems: &mut Problems) {
    let junk = resource.entries().filter_map(|entry| match entry {
        Entry::Junk { content } => Some(leading_name(content)),
        _ => None,
    });
    let mut check = Check {
        source: resource.source(),
        lines,
        layout,
        graph: Graph::new(resource),
        broken: junk.collect(),
        weights: Weights::default(),
        problems,
    };
    check.layout();
    let mut names = BTreeSet::new();
    for entry in resource.entries() {
        match entry {
            Entry::Message(message) => {
                check.is_unique(&mut names, message.id.name);
                check.message(message);
            }
            Entry::Term(term) => {
                check.is_unique(&mut names, term.id.name);
                check.term(term);
            }
            _ => {}
        }
    }
}

/// The name that an entry which could not be read begins with, if any.
fn leading_name(junk: &str) -> &str {
    let end = junk.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    &junk[..end.unwrap_or(junk.len())]
}

struct Check<'a, 'p> {
    source: &'a str,
    lines: &'a Lines,
    layout: &'a Layout,
    graph: Graph<'a>,
    /// The names of entries with syntax errors. They are there, so nobody is told that they are not.
    broken: BTreeSet<&'a str>,
    weights: Weights<'a>,
    problems: &'p mut Problems,
}

/// Where a pattern is: messages see what their role is told, terms see only what they are given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Message,
    Term,
}

impl<'a> Check<'a, '_> {
    /// Notes a problem at `place`, a slice of the source.
    fn note(&mut self, place: &str, code: &'static str, message: String) {
        let offset = place.as_ptr().addr().saturating_sub(self.source.as_ptr().addr());
        self.problems.add(self.lines.pointer(offset), code, message);
    }

    /// The layout finds every message it names, and names none that is for something else.
    fn layout(&mut self) {
        let codes: BTreeSet<_> = self.layout.codes().map(|(_, code)| code).collect();
        let fallback = self.layout.fallback.as_deref().map(|id| ("/layout/fallback".to_owned(), id, Role::Line));
        let mocked = ("/layout/mocked".to_owned(), self.layout.mocked.as_str(), Role::Mocked);
        let titles = self.layout.titles().map(|(pointer, id)| (pointer, id, Role::Title));
        for (pointer, id, expected) in fallback.into_iter().chain([mocked]).chain(titles) {
            // That a name is missing was noted when the layout was read.
            if id.is_empty() || self.broken.contains(id) {
                continue;
            }
            if !self.graph.messages.contains_key(id) {
                self.problems.add(pointer, "unknown-message", format!("there is no message {id:?}; add it"));
            } else if role(id, self.layout) != expected || (expected != Role::Line && codes.contains(id)) {
                let message = format!("{id:?} is used for something else too; use a message of its own here");
                self.problems.add(pointer, "ambiguous-message", message);
            }
        }
        // A code that nobody has words for is shown anyway, but one that somebody gave a place is a typing error.
        for (pointer, code) in self.layout.codes() {
            if !self.graph.messages.contains_key(code) && !self.broken.contains(code) {
                let message = format!("there is no message {code:?}; add it, or correct the code");
                self.problems.add(pointer, "unknown-message", message);
            }
        }
    }

    /// Messages and terms share their names, and Fluent silently prefers the last.
    fn is_unique(&mut self, names: &mut BTreeSet<&'a str>, name: &'a str) {
        if !names.insert(name) {
            self.note(name, "duplicate-message", format!("{name:?} is there already, further up; keep one of them"));
        }
    }

    fn message(&mut self, message: &'a Message<&'a str>) {
        let id = message.id.name;
        let (base, scene) = split_scene(id);
        match scene {
            Some(scene) => self.replacement(id, base, scene),
            None if message.value.is_none() => {
                self.note(id, "no-label", format!("{id:?} has attributes but no label; write it after the ="));
            }
            None => {}
        }
        let mut attributes = BTreeSet::new();
        for attribute in &message.attributes {
            let name = attribute.id.name;
            if name != TEXT {
                self.note(name, "unknown-attribute", format!(".{name} is never shown; only .{TEXT} is"));
            }
            if !attributes.insert(name) {
                self.note(name, "duplicate-attribute", format!("{id:?} has a .{name} already; keep one of them"));
            }
        }
        let role = role(base, self.layout);
        for pattern in message.value.iter().chain(message.attributes.iter().map(|attribute| &attribute.value)) {
            self.pattern(pattern, Within::Message);
            if self.is_finite(id, pattern) {
                self.is_told(id, role, pattern);
            }
        }
        if role == Role::Money {
            self.money(base);
        }
        if let Some(value) = &message.value {
            let currency = (base == MONEY).then_some("currency");
            for name in role.must_show().into_iter().chain(currency) {
                if !self.graph.shows(value, name) {
                    let message = format!("{id:?} has to show {{ ${name} }}, in every variant");
                    self.note(id, "hides-value", message);
                }
            }
        }
    }

    /// What replaces a message in a scene needs both.
    fn replacement(&mut self, id: &'a str, base: &str, scene: &str) {
        if self.layout.is_whole() && self.layout.scene(scene).is_none() {
            let scenes: Vec<_> = self.layout.scenes.iter().map(|scene| scene.name.as_str()).collect();
            let message = format!("{id:?} is for the scene {scene:?}; there are {}", scenes.join(", "));
            self.note(id, "unknown-scene", message);
        }
        if !self.graph.messages.contains_key(base) && !self.broken.contains(base) {
            self.note(id, "unknown-message", format!("{id:?} replaces {base:?}, which is not there; add it"));
        }
    }

    fn money(&mut self, id: &'a str) {
        if let Some(code) = id.strip_prefix(MONEY_IN)
            && Currency::from_code(code).is_none()
        {
            self.note(id, "unknown-currency", format!("{code:?} is not an ISO 4217 currency such as \"CNY\""));
        }
    }

    fn term(&mut self, term: &'a Term<&'a str>) {
        for pattern in [&term.value].into_iter().chain(term.attributes.iter().map(|attribute| &attribute.value)) {
            self.pattern(pattern, Within::Term);
            self.is_finite(term.id.name, pattern);
        }
    }

    /// Every reference ends, and what it comes to is not more than Fluent prints.
    fn is_finite(&mut self, id: &'a str, pattern: &'a Pattern<'a>) -> bool {
        let finite = self.weights.pattern(&self.graph, pattern, 0) <= MAX_PLACEABLES;
        if !finite {
            let message = format!("{id:?} comes to more than {MAX_PLACEABLES} placeables; make it simpler");
            self.note(id, "too-complex", message);
        }
        for reference in std::mem::take(&mut self.weights.cycles) {
            if let InlineExpression::MessageReference { id, .. } | InlineExpression::TermReference { id, .. } =
                reference
            {
                let message = format!("{:?} refers to itself, directly or through others", id.name);
                self.note(id.name, "cycle", message);
            }
        }
        finite
    }

    /// The message is told all variables that it can ask for. Variables that do not exist at all are noted elsewhere.
    fn is_told(&mut self, id: &'a str, role: Role, pattern: &'a Pattern<'a>) {
        // Without the layout, what a message is for is a guess.
        if !self.layout.is_whole() {
            return;
        }
        for name in self.graph.variables(pattern) {
            if kind(name).is_some() && !role.variables().any(|told| told == name) {
                let told = enumerate(role.variables());
                self.note(id, "unknown-variable", format!("{id:?} is not told ${name}; it is told {told}"));
            }
        }
    }

    /// What can be said of a pattern without following its references further than to see where they lead.
    fn pattern(&mut self, pattern: &'a Pattern<'a>, within: Within) {
        for placed in placeables(pattern) {
            self.expression(placed, within);
        }
    }

    fn expression(&mut self, expression: &'a Expression<&'a str>, within: Within) {
        let (selector, variants) = match expression {
            Expression::Inline(inline) => return self.inline(inline, within),
            Expression::Select { selector, variants } => (selector, variants),
        };
        let kind = self.selector(selector, within);
        let mut keys = BTreeSet::new();
        for variant in variants {
            let (key, is_number) = match variant.key {
                VariantKey::Identifier { name } => (name, false),
                VariantKey::NumberLiteral { value } => (value, true),
            };
            if !keys.insert(key) {
                self.note(key, "duplicate-variant", format!("[{key}] is there already, further up; keep one of them"));
            }
            // The default is what remains, whatever it is called.
            let advice = kind.filter(|_| !variant.default).and_then(|kind| never_chosen(kind, key, is_number));
            if let Some(advice) = advice {
                self.note(key, "unknown-variant", format!("[{key}] is never chosen; {advice}"));
            }
            self.pattern(&variant.value, within);
        }
    }

    /// What variants the selector can choose; `None` if there is something wrong with it.
    fn selector(&mut self, selector: &'a Inline<'a>, within: Within) -> Option<Kind> {
        match selector {
            InlineExpression::VariableReference { id } if within == Within::Message => {
                let kind = kind(id.name);
                if kind.is_none() {
                    self.unknown_variable(id.name);
                }
                kind
            }
            InlineExpression::VariableReference { .. } => Some(Kind::Text),
            InlineExpression::TermReference { .. } => {
                self.inline(selector, within);
                Some(Kind::Text)
            }
            InlineExpression::StringLiteral { value } | InlineExpression::NumberLiteral { value } => {
                let message = format!("{value} always chooses the same variant; choose by a variable");
                self.note(value, "constant-selector", message);
                None
            }
            _ => {
                self.inline(selector, within);
                None
            }
        }
    }

    fn inline(&mut self, inline: &'a Inline<'a>, within: Within) {
        match inline {
            InlineExpression::StringLiteral { .. } => {}
            InlineExpression::NumberLiteral { value } => self.number(value),
            InlineExpression::FunctionReference { id, .. } => {
                let message = format!("there is no function {}; numbers come formatted for the locale", id.name);
                self.note(id.name, "unknown-function", message);
            }
            InlineExpression::MessageReference { id, .. } if within == Within::Term => {
                let message = format!("a term cannot use a message such as {:?}, only other terms", id.name);
                self.note(id.name, "message-in-term", message);
            }
            InlineExpression::MessageReference { id, attribute } => {
                let (name, known) = (id.name, self.graph.messages.contains_key(id.name));
                if !known && !self.broken.contains(name) {
                    self.note(name, "unknown-message", format!("there is no message {name:?}; add it"));
                } else if known && self.graph.target(inline).is_none() {
                    let part =
                        attribute.as_ref().map_or("label".to_owned(), |attribute| format!(".{}", attribute.name));
                    self.note(name, "unknown-message", format!("the message {name:?} has no {part}; add it"));
                }
            }
            InlineExpression::TermReference { .. } => self.term_reference(inline),
            InlineExpression::VariableReference { id } if within == Within::Message => match kind(id.name) {
                Some(Kind::Text | Kind::Word(_)) => {}
                Some(Kind::Number) => {
                    let message = format!("${} is only to choose by; print the one without _number", id.name);
                    self.note(id.name, "number-printed", message);
                }
                None => self.unknown_variable(id.name),
            },
            InlineExpression::VariableReference { .. } => {}
            InlineExpression::Placeable { expression } => self.expression(expression, within),
        }
    }

    /// A term sees only what it is given, so all that it uses has to be given to it.
    fn term_reference(&mut self, reference: &'a Inline<'a>) {
        let InlineExpression::TermReference { id, arguments, .. } = reference else { return };
        let name = id.name;
        let Some(target) = self.graph.target(reference) else {
            if !self.broken.iter().any(|broken| broken.strip_prefix('-') == Some(name)) {
                self.note(name, "unknown-term", format!("there is no such term -{name}, or attribute of it; add it"));
            }
            return;
        };
        let mut given = BTreeSet::new();
        for argument in arguments.iter().flat_map(|arguments| &arguments.named) {
            given.insert(argument.name.name);
            if let InlineExpression::NumberLiteral { value } = argument.value {
                self.number(value);
            }
        }
        if arguments.as_ref().is_some_and(|arguments| !arguments.positional.is_empty()) {
            let message = format!("-{name} takes arguments by name only: -{name}(case: \"upper\")");
            self.note(name, "unnamed-argument", message);
        }
        let inlines = inlines(target);
        let used: BTreeSet<_> = inlines
            .iter()
            .filter_map(|inline| match inline {
                InlineExpression::VariableReference { id } => Some(id.name),
                _ => None,
            })
            .collect();
        for variable in used.iter().filter(|variable| !given.contains(*variable)) {
            let message = format!("-{name} uses ${variable}, so give it: -{name}({variable}: \"...\")");
            self.note(name, "missing-argument", message);
        }
        // Fluent forgets what a term was given as soon as that term uses another.
        let uses_terms = inlines.iter().any(|inline| matches!(inline, InlineExpression::TermReference { .. }));
        if uses_terms && !used.is_empty() {
            self.note(name, "term-in-term", format!("-{name} uses variables, so it cannot use other terms"));
        }
    }

    fn number(&mut self, value: &str) {
        let message = format!("write {value} as plain text, or quoted: \"{value}\"; as a number it may change");
        self.note(value, "number-literal", message);
    }

    fn unknown_variable(&mut self, name: &str) {
        let message = format!("there is no variable ${name}; lines are told {}", enumerate(Role::Line.variables()));
        self.note(name, "unknown-variable", message);
    }
}

/// Why a selector of this kind never chooses the variant `key`, as advice; `None` if it can.
fn never_chosen(kind: Kind, key: &str, is_number: bool) -> Option<String> {
    match kind {
        Kind::Text => is_number.then(|| "to choose by a number, use $quantity_number or $per_number".to_owned()),
        Kind::Word(words) => {
            (is_number || !words.contains(&key)).then(|| format!("there are only {}", words.join(", ")))
        }
        Kind::Number => {
            (!is_number && !PLURALS.contains(&key)).then(|| format!("use a number, or one of {}", PLURALS.join(", ")))
        }
    }
}
