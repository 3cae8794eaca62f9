//! The detail pages of rides, apart from what bills them.
//!
//! Answers as the gateway does, and renders. spin.toml routes pages here, and so they have instances of their own: a page
//! that traps or never ends takes other pages with it, and no bill. The copy that operators change is judged here for the
//! same reason, and so `/statusz` is answered here: it tells of all documents.

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod render;

#[cfg(target_family = "wasm")]
farebox_gateway::component!(bindings::farebox::render::render::Catalogue);
