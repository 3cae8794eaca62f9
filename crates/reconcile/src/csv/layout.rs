//! How a file of payments is laid out.

use super::columns::Names;
use super::delimiter::Delimiter;
use crate::amount::Notation;

/// How a file of payments is laid out, as far as that cannot be seen in it.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What is between columns; found out of the header where nothing is said.
    pub delimiter: Option<Delimiter>,
    /// What the header calls the columns that it does not call by their own names.
    pub names: Names,
    /// How amounts are written.
    pub notation: Notation,
}
