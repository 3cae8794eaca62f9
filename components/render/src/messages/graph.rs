//! How messages and terms refer to each other.

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Attribute, Entry, Expression, InlineExpression, Message, PatternElement, Term};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Pattern<'a> = fluent_syntax::ast::Pattern<&'a str>;
pub(super) type Inline<'a> = InlineExpression<&'a str>;

/// Fluent gives up at the hundredth placeable of one message, and what it prints then is of no use to anybody.
pub(super) const MAX_PLACEABLES: u32 = 100;

/// All messages and terms by name; of two with one name, the first.
#[derive(Default)]
pub(super) struct Graph<'a> {
    pub(super) messages: BTreeMap<&'a str, &'a Message<&'a str>>,
    pub(super) terms: BTreeMap<&'a str, &'a Term<&'a str>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(resource: &'a FluentResource) -> Self {
        let mut graph = Self::default();
        for entry in resource.entries() {
            match entry {
                Entry::Message(message) => drop(graph.messages.entry(message.id.name).or_insert(message)),
                Entry::Term(term) => drop(graph.terms.entry(term.id.name).or_insert(term)),
                _ => {}
            }
        }
        graph
    }

    /// The pattern that a reference leads to; `None` if it leads nowhere or is no reference.
    pub(super) fn target(&self, inline: &Inline<'a>) -> Option<&'a Pattern<'a>> {
        let (value, attributes, attribute) = match inline {
            InlineExpression::MessageReference { id, attribute } => {
                let message = self.messages.get(id.name)?;
                (message.value.as_ref(), &message.attributes, attribute)
            }
            InlineExpression::TermReference { id, attribute, .. } => {
                let term = self.terms.get(id.name)?;
                (Some(&term.value), &term.attributes, attribute)
            }
            _ => return None,
        };
        let Some(attribute) = attribute else { return value };
        let found = attributes.iter().find(|found: &&Attribute<_>| found.id.name == attribute.name);
        found.map(|found| &found.value)
    }

    /// The variables that formatting a pattern can ask for, through messages at any distance.
    pub(super) fn variables(&self, pattern: &'a Pattern<'a>) -> BTreeSet<&'a str> {
        let mut variables = BTreeSet::new();
        let mut reached = BTreeSet::from([std::ptr::from_ref(pattern)]);
        let mut open = vec![pattern];
        while let Some(pattern) = open.pop() {
            for inline in inlines(pattern) {
                match inline {
                    InlineExpression::VariableReference { id } => drop(variables.insert(id.name)),
                    InlineExpression::MessageReference { .. } => {
                        let target = self.target(inline);
                        open.extend(target.filter(|target| reached.insert(std::ptr::from_ref(*target))));
                    }
                    _ => {}
                }
            }
        }
        variables
    }

    /// Whether a pattern shows the variable `name` whichever variants are chosen.
    pub(super) fn shows(&self, pattern: &'a Pattern<'a>, name: &str) -> bool {
        Shows { graph: self, name, known: BTreeMap::new() }.pattern(pattern, 0)
    }
}

/// Every inline expression in a pattern: in selectors and in all variants, but not behind references.
pub(super) fn inlines<'a>(pattern: &'a Pattern<'a>) -> Vec<&'a Inline<'a>> {
    let mut found = Vec::new();
    let mut open: Vec<_> = placeables(pattern).collect();
    while let Some(expression) = open.pop() {
        match expression {
            Expression::Inline(InlineExpression::Placeable { expression }) => open.push(expression),
            Expression::Inline(inline) => found.push(inline),
            Expression::Select { selector, variants } => {
                found.push(selector);
                open.extend(variants.iter().flat_map(|variant| placeables(&variant.value)));
            }
        }
    }
    found
}

pub(super) fn placeables<'a>(pattern: &'a Pattern<'a>) -> impl Iterator<Item = &'a Expression<&'a str>> {
    pattern.elements.iter().filter_map(|element| match element {
        PatternElement::Placeable { expression } => Some(expression),
        PatternElement::TextElement { .. } => None,
    })
}

/// Answers [`Graph::shows`]. What was found out about a pattern is kept, or shared messages would take forever.
struct Shows<'g, 'a> {
    graph: &'g Graph<'a>,
    name: &'g str,
    known: BTreeMap<*const Pattern<'a>, bool>,
}

impl<'a> Shows<'_, 'a> {
    fn pattern(&mut self, pattern: &'a Pattern<'a>, depth: u32) -> bool {
        let key = std::ptr::from_ref(pattern);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // While it is being found out it does not show: a cycle shows nothing.
        self.known.insert(key, false);
        let shows = depth <= MAX_PLACEABLES && placeables(pattern).any(|placed| self.expression(placed, depth + 1));
        self.known.insert(key, shows);
        shows
    }

    fn expression(&mut self, expression: &'a Expression<&'a str>, depth: u32) -> bool {
        match expression {
            Expression::Select { variants, .. } => variants.iter().all(|variant| self.pattern(&variant.value, depth)),
            Expression::Inline(InlineExpression::Placeable { expression }) => self.expression(expression, depth),
            Expression::Inline(InlineExpression::VariableReference { id }) => id.name == self.name,
            Expression::Inline(reference @ InlineExpression::MessageReference { .. }) => {
                self.graph.target(reference).is_some_and(|target| self.pattern(target, depth))
            }
            Expression::Inline(_) => false,
        }
    }
}

/// How many placeables patterns come to at most, with all that they refer to.
#[derive(Default)]
pub(super) struct Weights<'a> {
    /// `None` while it is being found out.
    known: BTreeMap<*const Pattern<'a>, Option<u32>>,
    /// References that closed a cycle, which weighs nothing.
    pub(super) cycles: Vec<&'a Inline<'a>>,
}

impl<'a> Weights<'a> {
    pub(super) fn pattern(&mut self, graph: &Graph<'a>, pattern: &'a Pattern<'a>, depth: u32) -> u32 {
        let key = std::ptr::from_ref(pattern);
        if let Some(known) = self.known.get(&key) {
            return known.unwrap_or(0);
        }
        // Every step away from the first message is a placeable, so this is too many whatever comes next.
        if depth > MAX_PLACEABLES {
            return depth;
        }
        self.known.insert(key, None);
        let weight = placeables(pattern)
            .map(|placed| self.expression(graph, placed, depth + 1).saturating_add(1))
            .fold(0, u32::saturating_add);
        self.known.insert(key, Some(weight));
        weight
    }

    fn expression(&mut self, graph: &Graph<'a>, expression: &'a Expression<&'a str>, depth: u32) -> u32 {
        match expression {
            Expression::Inline(inline) => self.inline(graph, inline, depth),
            Expression::Select { selector, variants } => {
                let heaviest = variants.iter().map(|variant| self.pattern(graph, &variant.value, depth)).max();
                self.inline(graph, selector, depth).saturating_add(heaviest.unwrap_or(0))
            }
        }
    }

    fn inline(&mut self, graph: &Graph<'a>, inline: &'a Inline<'a>, depth: u32) -> u32 {
        if let InlineExpression::Placeable { expression } = inline {
            return self.expression(graph, expression, depth);
        }
        let Some(target) = graph.target(inline) else { return 0 };
        if self.known.get(&std::ptr::from_ref(target)) == Some(&None) {
            self.cycles.push(inline);
        }
        self.pattern(graph, target, depth)
    }
}
