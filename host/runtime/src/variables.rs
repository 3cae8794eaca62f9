//! `spin:variables`: shows a component the values of its own variables.

use std::collections::BTreeMap;

use wasmtime::component::{Accessor, HasData, Linker};

use self::bindings::spin::variables::variables::{self as interface, Error, Host, HostWithStore};

mod bindings {
    #![allow(missing_docs, clippy::missing_errors_doc)]
    wasmtime::component::bindgen!({
        path: "wit/spin-variables@3.0.0",
        interfaces: "import spin:variables/variables@3.0.0;",
        imports: { default: async | trappable },
    });
}

/// What `spin:variables` shows one component: the values of its own variables, by name.
#[derive(Debug, Default)]
pub struct ComponentVariables(pub BTreeMap<String, String>);

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
            if !crate::dependency_name::is_snake(&name) {
                let why = "a name is lower-case words with \"_\" between them";
                return Ok(Err(Error::InvalidName(format!("{name:?}: {why}"))));
            }
            let value = access.get().0.get(&name).cloned();
            Ok(value.ok_or_else(|| Error::Undefined(format!("no variable {name:?}"))))
        })
    }
}
