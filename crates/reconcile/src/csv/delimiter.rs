//! What is between columns.

use farebox_document::words;

words! {
    /// What is between columns.
    #[derive(Default, Hash)]
    pub enum Delimiter {
        /// As RFC 4180 has it.
        #[default]
        Comma = "comma",
        /// Where the comma is before decimals.
        Semicolon = "semicolon",
        /// In what is copied out of tables.
        Tab = "tab",
    }
}

impl Delimiter {
    /// What stands in the file.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// Reads what people say: the sign itself, or its name.
    ///
    /// # Errors
    ///
    /// What there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "," => Ok(Self::Comma),
            ";" => Ok(Self::Semicolon),
            "\t" | "\\t" => Ok(Self::Tab),
            word => Self::from_word(word).ok_or_else(|| format!("there are {}", Self::WORDS.join(", "))),
        }
    }
}
