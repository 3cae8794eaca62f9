//! The copy that ships with Farebox.

use farebox_render::Catalogue;

pub const LAYOUT: &str = include_str!("../../../../config/copy/layout.json");
pub const MESSAGES: [(&str, &str); 2] = [
    ("zh-CN", include_str!("../../../../config/copy/zh-CN.ftl")),
    ("en-US", include_str!("../../../../config/copy/en-US.ftl")),
];

/// The shipped catalogues, by locale.
pub fn shipped() -> Vec<(&'static str, Catalogue)> {
    let parse = |(locale, messages)| match Catalogue::parse(locale, messages, LAYOUT) {
        Ok(catalogue) => (locale, catalogue),
        Err(problems) => panic!("{locale}: {problems:#?}"),
    };
    MESSAGES.map(parse).into()
}
