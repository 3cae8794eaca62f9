//! The messages: reading a Fluent resource, and what its names mean.

mod check;
mod graph;

use crate::layout::Layout;
use crate::limits;
use crate::variables::Role;
use farebox_document::{ProblemCode, Problems, wrong_length};
use fluent_bundle::{FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

/// The attribute that explains how a line came about.
pub(crate) const TEXT: &str = "text";

/// The pattern for amounts in currencies that have none of their own.
pub(crate) const MONEY: &str = "money";

/// What the patterns for single currencies begin with: `money-CNY`.
pub(crate) const MONEY_IN: &str = "money-";

/// What the messages of bills that were made again are called, or begin with: `repaired`, `repaired-outcome`.
pub(crate) const REPAIRED: &str = "repaired";

/// What it comes to for who reads it.
pub(crate) const REPAIRED_OUTCOME: &str = "repaired-outcome";

/// What the platform bears.
pub(crate) const REPAIRED_BORNE: &str = "repaired-borne";

/// Joins a message's name and the scene that it replaces the message in: `mileage--driver`.
const IN_SCENE: &str = "--";

/// Room for some thousand messages; a bound on what checking can cost.
const MAX_BYTES: usize = 256 * 1024;

/// The parser calls itself for every nested brace, and a component's stack is small.
const MAX_NESTING: usize = 50;

/// The name of what replaces message `id` in `scene`.
pub(crate) fn in_scene(id: &str, scene: &str) -> String {
    format!("{id}{IN_SCENE}{scene}")
}

/// Splits `mileage--driver` into the message that is replaced and the scene it is replaced in.
fn split_scene(id: &str) -> (&str, Option<&str>) {
    id.split_once(IN_SCENE).map_or((id, None), |(base, scene)| (base, Some(scene)))
}

/// What the message `id` is for.
fn role(id: &str, layout: &Layout) -> Role {
    if id == MONEY || id.starts_with(MONEY_IN) {
        Role::Money
    } else if id == layout.mocked {
        Role::Mocked
    } else if layout.is_title(id) {
        Role::Title
    } else if id.strip_prefix(REPAIRED).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        Role::Repair
    } else {
        Role::Line
    }
}

/// Whether `code` can name a message about a fee. Titles, money patterns, repairs and replacements for a scene are about other
/// things, even if a fee code happens to be spelled like one.
pub(crate) fn is_about_fee(code: &str, layout: &Layout) -> bool {
    !code.contains(IN_SCENE) && role(code, layout) == Role::Line
}

/// Reads messages and notes all that is wrong with them, by themselves and against the layout.
///
/// The result is whole only if nothing was noted; `None` if it could not be read at all.
pub(crate) fn read(text: &str, layout: &Layout, problems: &mut Problems) -> Option<FluentResource> {
    // A byte order mark or a carriage return would end up in somebody's label.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if !is_fit_to_parse(&text, problems) {
        return None;
    }
    let (resource, errors) = match FluentResource::try_new(text) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => (resource, errors),
    };
    let lines = Lines::of(resource.source());
    let entries = resource.entries().count();
    if entries > limits::ENTRIES {
        problems.add("/messages", ProblemCode::WrongLength.word(), wrong_length(entries, 1, limits::ENTRIES));
        return None;
    }
    for error in errors {
        let message = format!("{}; docs/copy.md shows how messages are written", error.kind);
        problems.add(lines.pointer(error.pos.start), "invalid-fluent", message);
    }
    check::check(&resource, &lines, layout, problems);
    Some(resource)
}

/// Messages that can be formatted.
pub(crate) fn bundle(resource: FluentResource, language: LanguageIdentifier) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(vec![language]);
    // Isolation marks are invisible noise where text is compared, searched and printed.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// Refuses what would bring the Fluent parser down, rather than be refused by it.
fn is_fit_to_parse(text: &str, problems: &mut Problems) -> bool {
    if text.len() > MAX_BYTES {
        problems.add("/messages", "too-long", format!("must be at most {MAX_BYTES} bytes"));
        return false;
    }
    let lines = Lines::of(text);
    let mut depth = 0_usize;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            let message = format!("more than {MAX_NESTING} braces or parentheses are open here; close them");
            problems.add(lines.pointer(offset), "too-deep", message);
            return false;
        }
    }
    let mut fit = true;
    for (escape, length) in [("\\u", 4), ("\\U", 6)] {
        for (offset, _) in text.match_indices(escape) {
            let after = &text[offset + escape.len()..];
            // The parser cuts the text right behind what should be the next digit, even in the middle of a character.
            let culprit = after.chars().take(length).find(|c| !c.is_ascii_hexdigit());
            if culprit.is_some_and(|c| !c.is_ascii()) {
                let message = format!("{escape} needs {length} hexadecimal digits after it");
                problems.add(lines.pointer(offset), "invalid-fluent", message);
                fit = false;
            }
        }
    }
    fit
}

/// Where lines end. Messages have no JSON Pointers into them, so line numbers stand in.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(offset, _)| offset).collect())
    }

    fn pointer(&self, offset: usize) -> String {
        format!("/messages:{}", 1 + self.0.partition_point(|end| *end < offset))
    }
}
