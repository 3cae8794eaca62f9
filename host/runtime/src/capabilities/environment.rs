//! `wasi:cli/environment`: the environment variables of a component.

use wasmtime_wasi::WasiCtxBuilder;

use super::denial::Denial;
use crate::manifest::Component;

/// The environment variables that the manifest grants a component.
#[must_use]
pub fn grant(component: &Component) -> Vec<(String, String)> {
    component.environment.clone().into_iter().collect()
}

/// Shows an instance its environment variables, and none of the host's.
pub fn show(environment: &[(String, String)], wasi: &mut WasiCtxBuilder) {
    wasi.envs(environment);
}

/// No variables, no arguments, no working directory.
pub const DENIAL: Denial = Denial {
    interface: "wasi:cli/environment",
    version: None,
    wit: include_str!("environment/denial.wit"),
    wat: include_str!("environment/denial.wat"),
};
