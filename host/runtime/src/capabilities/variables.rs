//! `spin:variables`: shows a component the values of its own variables.

use std::collections::BTreeMap;

use wasmtime::component::{Accessor, HasData, Linker};

use self::bindings::spin::variables::variables::{self as interface, Error, Host, HostWithStore};
use super::denial::Denial;
use crate::dependency_name::is_snake;
use crate::manifest::Component;
use crate::manifest::check::Checked;
use crate::values::Values;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/spin-variables@3.0.0",
        interfaces: "import spin:variables/variables@3.0.0;",
        imports: { default: async | trappable },
    });
}

/// What `spin:variables` shows one component: the values of its own variables, by name.
#[derive(Debug, Default)]
pub struct ComponentVariables(pub BTreeMap<String, String>);

/// Adds what is wrong with the names of a component's variables and their templates.
pub fn check(checked: &mut Checked<'_>) {
    for (name, template) in &checked.component.variables {
        if !is_snake(name) {
            checked.add("variables", format!("{name:?} has to be lower-case words with \"_\" between them"));
        }
        checked.template(&format!("variable {name:?}"), template);
    }
}

/// The variables that the manifest grants a component, with their values.
///
/// # Errors
///
/// A template of theirs does not expand.
pub fn grant(component: &Component, values: &Values) -> anyhow::Result<ComponentVariables> {
    let expand = |(name, template): (&String, &String)| {
        let value = values.expand(template).map_err(anyhow::Error::msg)?;
        Ok((name.clone(), value))
    };
    component.variables.iter().map(expand).collect::<anyhow::Result<_>>().map(ComponentVariables)
}

/// Shows the interface to guests; `of` finds in an instance what it needs.
///
/// # Errors
///
/// The linker has it already.
pub fn link<T: Send + 'static>(linker: &mut Linker<T>, of: fn(&mut T) -> &ComponentVariables) -> wasmtime::Result<()> {
    interface::add_to_linker::<T, Interface>(linker, of)
}

struct Interface;

impl HasData for Interface {
    type Data<'a> = &'a ComponentVariables;
}

impl Host for &ComponentVariables {}

impl<T: Send> HostWithStore<T> for Interface {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        accessor.with(|mut access| {
            if !is_snake(&name) {
                let why = "a name is lower-case words with \"_\" between them";
                return Ok(Err(Error::InvalidName(format!("{name:?}: {why}"))));
            }
            let value = access.get().0.get(&name).cloned();
            Ok(value.ok_or_else(|| Error::Undefined(format!("no variable {name:?}"))))
        })
    }
}

/// Every variable is undefined.
pub const DENIAL: Denial = Denial {
    interface: "spin:variables/variables",
    version: Some("3.0.0"),
    wit: include_str!("../../wit/spin-variables@3.0.0/variables.wit"),
    wat: include_str!("variables/denial.wat"),
};
