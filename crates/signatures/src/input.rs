//! What a header `Signature-Input` says: for each signature what it covers, and its parameters.
//!
//! What is odd about a signature is kept with it, since only one of them may be meant for us.

use crate::Refusal;
use farebox_document::excerpt;
use sfv::visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, KeyRef, ListSerializer, Parser, StringRef};
use std::borrow::Cow;
use std::convert::Infallible;

/// The most components that a signature may cover: each is looked for among all headers.
const MOST_COMPONENTS: usize = 32;

/// One signature, as it is announced.
#[derive(Debug, Default)]
pub(crate) struct Input<'r> {
    pub label: &'r str,
    pub components: Vec<Component<'r>>,
    pub parameters: Vec<(&'r KeyRef, BareItemFromInput<'r>)>,
    /// The first thing that is wrong with it.
    pub wrong: Option<String>,
}

/// A component that a signature covers.
#[derive(Debug)]
pub(crate) struct Component<'r> {
    pub name: Cow<'r, StringRef>,
    pub parameters: Vec<(&'r KeyRef, BareItemFromInput<'r>)>,
}

/// Reads the header.
///
/// # Errors
///
/// It is no dictionary of structured fields.
pub(crate) fn parse(field: &[u8]) -> Result<Vec<Input<'_>>, Refusal> {
    let mut inputs = Inputs(Vec::new());
    Parser::new(field).parse_dictionary_with_visitor(&mut inputs).map_err(|error| Refusal::Malformed {
        header: "Signature-Input",
        why: format!("is no dictionary of structured fields: {error}"),
    })?;
    Ok(inputs.0)
}

impl Input<'_> {
    fn is_wrong(&mut self, why: impl FnOnce() -> String) {
        self.wrong.get_or_insert_with(why);
    }

    /// The components and the parameters in their one form, as they are signed (RFC 9421, section 2.3): in the order in which they
    /// came.
    pub fn canonical(&self) -> String {
        let mut text = String::with_capacity(256);
        let mut list = ListSerializer::with_buffer(&mut text);
        let mut inner = list.inner_list();
        for component in &self.components {
            inner
                .bare_item(&*component.name)
                .parameters(component.parameters.iter().map(|(name, value)| (name, value)));
        }
        inner.finish().parameters(self.parameters.iter().map(|(name, value)| (name, value)));
        drop(list);
        text
    }
}

struct Inputs<'r>(Vec<Input<'r>>);

impl<'r> DictionaryVisitor<'r> for &mut Inputs<'r> {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self, key: &'r KeyRef) -> Result<impl EntryVisitor<'r>, Infallible> {
        let label = key.as_str();
        let twice = self.0.iter().any(|input| input.label == label);
        let wrong = twice.then(|| format!("has {} more than once", excerpt(label)));
        Ok(Entry(self.0.push_mut(Input { label, wrong, ..Input::default() })))
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

struct Entry<'i, 'r>(&'i mut Input<'r>);

impl<'r> EntryVisitor<'r> for Entry<'_, 'r> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'r>, Infallible> {
        let label = self.0.label;
        self.0.is_wrong(|| {
            format!("has no list of components under {}; write it like sig=(\"@method\" ...)", excerpt(label))
        });
        Ok(Ignored)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'r>, Infallible> {
        Ok(self)
    }
}

impl<'r> InnerListVisitor<'r> for Entry<'_, 'r> {
    type Error = Infallible;

    fn item(&mut self) -> Result<impl ItemVisitor<'r>, Infallible> {
        Ok(Item(self.0))
    }

    fn finish(self) -> Result<impl ParameterVisitor<'r>, Infallible> {
        Ok(Parameters::Signature(self.0))
    }
}

struct Item<'i, 'r>(&'i mut Input<'r>);

impl<'r> ItemVisitor<'r> for Item<'_, 'r> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: BareItemFromInput<'r>) -> Result<impl ParameterVisitor<'r, Out = ()>, Infallible> {
        let Self(input) = self;
        let BareItemFromInput::String(name) = item else {
            input.is_wrong(|| "covers something that is not text; names of components are quoted".to_owned());
            return Ok(Parameters::Nobodys);
        };
        if input.components.len() == MOST_COMPONENTS {
            input.is_wrong(|| format!("covers more than {MOST_COMPONENTS} components"));
            return Ok(Parameters::Nobodys);
        }
        let twice = |other: &Component<'_>| other.name == name && other.parameters.is_empty();
        if input.components.iter().any(twice) {
            let name = name.as_str();
            input.wrong.get_or_insert_with(|| format!("covers {} more than once", excerpt(name)));
        }
        input.components.push(Component { name, parameters: Vec::new() });
        Ok(Parameters::Component(input))
    }
}

/// Whose parameters are read.
enum Parameters<'i, 'r> {
    Nobodys,
    Component(&'i mut Input<'r>),
    Signature(&'i mut Input<'r>),
}

impl<'r> ParameterVisitor<'r> for Parameters<'_, 'r> {
    type Out = ();
    type Error = Infallible;

    fn parameter(&mut self, key: &'r KeyRef, value: BareItemFromInput<'r>) -> Result<(), Infallible> {
        let (parameters, wrong) = match self {
            Self::Nobodys => return Ok(()),
            Self::Component(input) => match input.components.last_mut() {
                Some(component) => (&mut component.parameters, &mut input.wrong),
                None => return Ok(()),
            },
            Self::Signature(input) => (&mut input.parameters, &mut input.wrong),
        };
        // Structured fields take the last of two; whoever takes the first reads something else.
        if parameters.iter().any(|(other, _)| *other == key) {
            wrong.get_or_insert_with(|| format!("has the parameter {} more than once", excerpt(key.as_str())));
        }
        parameters.push((key, value));
        Ok(())
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}
