//! The words for what can be wrong with any document, whatever it is about.

crate::words! {
    /// What is wrong with a value: the same word for the same mistake in a request, a rate card, a policy and a layout.
    ///
    /// What only documents of one kind can get wrong, such as branches that overlap, has words of its own there.
    pub enum ProblemCode {
        /// A field has to be given, and is not.
        Missing = "missing",
        /// A field is not known; perhaps its name is misspelt.
        UnknownField = "unknown-field",
        /// A number is where text belongs, say, or a list where an object does.
        WrongType = "wrong-type",
        /// A number, an amount or a time is too small or too large.
        OutOfRange = "out-of-range",
        /// A word is not one of those that are possible.
        UnknownChoice = "unknown-choice",
        /// Text does not read as what belongs there.
        Malformed = "malformed",
        /// A number has more decimals than belong there.
        TooPrecise = "too-precise",
        /// A number has a fraction where a whole one belongs.
        NotWhole = "not-whole",
        /// A list, or text, is too short or too long.
        WrongLength = "wrong-length",
        /// The document says that it is of another format.
        UnknownFormat = "unknown-format",
        /// An item of a list occurs twice.
        Duplicate = "duplicate",
    }
}
