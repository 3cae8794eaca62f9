//! What programs are told, while it is found out: a line at a time, so that there may be any number of them.

mod json;
mod table;

pub use self::json::JsonLines;
pub use self::table::CsvTable;
