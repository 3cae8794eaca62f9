//! What is wrong with a document, while it is read.

use crate::error::Fault;
use crate::{BadValue, Place, Problem, ProblemCode};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The most problems of one document that are told.
pub const MOST_PROBLEMS: usize = 100;

/// The longest name of a field that is repeated in a pointer, in bytes.
const LONGEST_NAME: usize = 128;

/// What is wrong with a document, so far.
#[derive(Debug, Default)]
pub struct Notes(RefCell<Found>);

/// Values are known by where they are in memory, which nothing changes while they are read.
#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    /// Values that cannot be read, or that nobody knows. What is wrong with them is noted.
    wrong: BTreeSet<*const Value>,
    /// Fields that an object misses; or has, and they are wrong. That is noted.
    filled: BTreeSet<(*const Value, String)>,
    /// Whether anything else is wrong than fields that nobody knows.
    unreadable: bool,
    /// The fields of the document as a whole, in the order in which they are described.
    order: &'static [&'static str],
}

/// What to do with a field when its object is read again to find what else is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing is known against it.
    Nothing,
    /// As if it were not there.
    Wrong,
    /// It has to be there and is not, or it is wrong: something has to stand in for it.
    Filled,
}

impl Notes {
    /// Notes that something is wrong at a place: a code for programs, and a sentence that says what would be right.
    pub fn add(&self, at: &Place<'_>, code: &'static str, message: impl Into<String>) {
        let problems = &mut self.0.borrow_mut().problems;
        if problems.len() < MOST_PROBLEMS {
            // A name as long as a body would make an answer as long as a body.
            let at = match at {
                Place::Key(parent, name) if name.len() > LONGEST_NAME => parent,
                at => at,
            };
            problems.push(Problem { pointer: at.to_string(), code: code.into(), message: message.into() });
        }
    }

    /// Whether nothing was noted so far.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().problems.is_empty()
    }

    /// The value that was read, if nothing was noted.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        let Found { problems, order, .. } = self.0.into_inner();
        if problems.is_empty() {
            return value.ok_or(problems);
        }
        let field = |problem: &Problem| {
            let field = problem.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next());
            order.iter().position(|name| field == Some(*name))
        };
        let ranks = std::iter::once(None).chain((0..order.len()).map(Some));
        Err(ranks.flat_map(|rank| problems.iter().filter(move |problem| field(problem) == rank).cloned()).collect())
    }

    /// What was noted, in the order in which it was.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.0.into_inner().problems
    }

    /// Remembers in which order the fields of the document are described.
    pub(crate) fn order(&self, fields: &'static [&'static str]) {
        self.0.borrow_mut().order = fields;
    }

    /// Notes why what is at a place is refused.
    pub fn refuse(&self, at: &Place<'_>, refusal: BadValue) {
        self.add(at, refusal.code.word(), refusal.message);
    }

    /// Notes what is wrong with a value.
    pub(crate) fn fault(&self, value: &Value, at: &Place<'_>, fault: Fault) {
        let Some(field) = fault.field else {
            let doubtful = self.is_touched(value);
            self.give_up(value);
            // What is said of a value in which something was passed over may be due to that.
            if !doubtful {
                self.add(at, fault.code, fault.message);
            }
            return;
        };
        if let (true, Some(value)) = (fault.code == ProblemCode::UnknownField.word(), value.get(&*field)) {
            return self.unknown_field(value, &at.key(&field), fault.message);
        }
        self.0.borrow_mut().unreadable = true;
        let missing = fault.code == ProblemCode::Missing.word();
        let is_new = !missing || self.0.borrow_mut().filled.insert((value, field.clone().into_owned()));
        if !is_new {
            // Nothing could stand in for it, so the rest of the object stays unread.
            self.give_up(value);
        }
        // That it is not there because it is wrong was noted.
        if is_new && !(missing && value.get(&*field).is_some()) {
            self.add(&at.key(&field), fault.code, fault.message);
        }
    }

    /// Notes a field that nobody knows, once.
    pub(crate) fn unknown_field(&self, value: &Value, at: &Place<'_>, message: String) {
        let is_new = self.0.borrow_mut().wrong.insert(value);
        if is_new {
            self.add(at, ProblemCode::UnknownField.word(), message);
        }
    }

    /// Notes nothing, but that a value cannot be read further than it was.
    pub(crate) fn give_up(&self, value: &Value) {
        let mut found = self.0.borrow_mut();
        found.unreadable = true;
        found.wrong.insert(value);
    }

    /// Whether something in a value was passed over, or something stood in for it.
    fn is_touched(&self, value: &Value) -> bool {
        let found = self.0.borrow();
        let is_wrong = |part: &Value| found.wrong.contains(&std::ptr::from_ref(part));
        let parts_are_wrong = match value {
            Value::Array(items) => items.iter().any(is_wrong),
            Value::Object(fields) => fields.values().any(is_wrong),
            _ => false,
        };
        parts_are_wrong || found.filled.iter().any(|(object, _)| *object == std::ptr::from_ref(value))
    }

    /// Whether nothing else is wrong than fields that nobody knows.
    pub(crate) fn is_readable(&self) -> bool {
        !self.0.borrow().unreadable
    }

    pub(crate) fn is_wrong(&self, value: &Value) -> bool {
        let found = self.0.borrow();
        !found.wrong.is_empty() && found.wrong.contains(&std::ptr::from_ref(value))
    }

    pub(crate) fn known(&self, object: &Value, name: &str, value: Option<&Value>) -> Known {
        let found = self.0.borrow();
        if found.wrong.is_empty() && found.filled.is_empty() {
            return Known::Nothing;
        }
        match value {
            Some(value) if !found.wrong.contains(&std::ptr::from_ref(value)) => Known::Nothing,
            _ if found.filled.contains(&(std::ptr::from_ref(object), name.to_owned())) => Known::Filled,
            Some(_) => Known::Wrong,
            None => Known::Nothing,
        }
    }

    /// Grows with everything that is found out.
    pub(crate) fn knowledge(&self) -> usize {
        let found = self.0.borrow();
        found.wrong.len() + found.filled.len()
    }
}
