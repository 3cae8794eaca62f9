//! The kinds of fee. One module each; [`KINDS`] is the only place that lists them.

mod base;
mod count;
mod dynamic;
mod flat;
mod limits;
mod one_price;
mod pass_through;
mod passengers;
mod percentage;
mod round;
mod slow;
mod tax;
mod taximeter;
mod tiered;
mod waiting;

use crate::kind::Kind;

/// All kinds, in the order of the documentation.
pub const KINDS: &[Kind] = &[
    Kind::of::<flat::Flat>(),
    Kind::of::<tiered::Distance>(),
    Kind::of::<tiered::Time>(),
    Kind::of::<tiered::LongDistance>(),
    Kind::of::<taximeter::Taximeter>(),
    Kind::of::<slow::Slow>(),
    Kind::of::<waiting::Waiting>(),
    Kind::of::<passengers::Passengers>(),
    Kind::of::<percentage::Document>(),
    Kind::of::<dynamic::Document>(),
    Kind::of::<limits::Minimum>(),
    Kind::of::<limits::Maximum>(),
    Kind::of::<round::Document>(),
    Kind::of::<one_price::OnePrice>(),
    Kind::of::<pass_through::PassThrough>(),
    Kind::of::<tax::Document>(),
];

/// Finds a kind by the name on a card.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

pub fn kind_names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}
