//! The columns of payments, and what files call them.

use farebox_document::{excerpt, words};

words! {
    /// A column that is looked at.
    #[derive(PartialOrd, Ord)]
    pub enum Column {
        /// The city.
        City = "city",
        /// The trip.
        TripId = "trip_id",
        /// The revision of its bill.
        Revision = "revision",
        /// The currency of the amount.
        Currency = "currency",
        /// What was paid.
        Amount = "amount",
        /// When.
        PaidAt = "paid_at",
        /// What whoever paid calls the payment.
        Reference = "reference",
        /// To whom.
        DriverId = "driver_id",
    }
}

impl Column {
    /// Whether a file may be without it.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::PaidAt | Self::Reference | Self::DriverId)
    }
}

/// What a file calls columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<(Column, String)>);

impl Names {
    /// Reads names such as "amount=Betrag,trip_id=Fahrt".
    ///
    /// # Errors
    ///
    /// What is wrong, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut names = Self::default();
        for pair in text.split(',') {
            let (column, name) = pair
                .split_once('=')
                .filter(|(_, name)| !name.trim().is_empty())
                .ok_or_else(|| format!("{} is not written like amount=Betrag", excerpt(pair)))?;
            let known = Column::from_word(column.trim());
            let column = known.ok_or_else(|| {
                format!("there is no column {}; there are {}", excerpt(column), Column::WORDS.join(", "))
            })?;
            if names.0.iter().any(|(other, _)| *other == column) {
                return Err(format!("{} is there twice", column.word()));
            }
            names.0.push((column, name.trim().to_owned()));
        }
        Ok(names)
    }

    /// What the file calls a column: its own name, where nothing else is said.
    pub fn of(&self, column: Column) -> &str {
        let named = self.0.iter().find(|(other, _)| *other == column);
        named.map_or(column.word(), |(_, name)| name)
    }
}
