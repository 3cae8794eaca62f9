//! A component that takes the host's place before a dependency, and denies everything in one interface.

use anyhow::anyhow;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// How an interface is denied. What each of its functions answers is what Spin's own adapter answers.
pub struct Denial {
    /// The interface, without its version.
    pub interface: &'static str,
    /// The one version this is for; it is for any when absent.
    pub version: Option<&'static str>,
    /// The interface's package.
    pub wit: &'static str,
    pub wat: &'static str,
}

impl Denial {
    /// The component, for one version of the interface.
    ///
    /// # Errors
    ///
    /// The code does not fit the interface in this version.
    pub fn encode(&self, version: &str) -> anyhow::Result<Vec<u8>> {
        // `wasi:cli/environment` has a function that was renamed.
        let initial_cwd = if version.starts_with("0.2") { "initial-cwd" } else { "get-initial-cwd" };
        let fill = |text: &str| text.replace("VERSION", version).replace("INITIAL-CWD", initial_cwd);

        let mut resolve = Resolve::default();
        resolve.push_str(self.interface, &fill(self.wit))?;
        let world = format!("package farebox:deny; world deny {{ export {}@{version}; }}", self.interface);
        let package = resolve.push_str("deny", &world)?;
        let world = resolve.select_world(&[package], None)?;

        let mut module = wat::parse_str(fill(self.wat))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
        ComponentEncoder::default()
            .module(&module)?
            .validate(true)
            .encode()
            .map_err(|error| anyhow!("the component that denies {}@{version}: {error:#}", self.interface))
    }
}
