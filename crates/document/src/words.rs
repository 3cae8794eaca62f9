//! Enums whose cases are words in documents.

/// Makes an enum of words: what each case is called in a document stands beside it, once.
///
/// ```
/// farebox_document::words! {
///     /// How a day is.
///     pub enum Weather {
///         /// No cloud.
///         Fair = "fair",
///         /// Rain all day.
///         Foul = "foul",
///     }
/// }
/// assert_eq!(Weather::Foul.word(), "foul");
/// assert_eq!(Weather::from_word("fair"), Some(Weather::Fair));
/// assert_eq!(serde_json::to_string(&Weather::Foul)?, "\"foul\"");
/// assert!(serde_json::from_str::<Weather>("\"fowl\"").is_err());
/// # Ok::<_, serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$of_enum:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$of_case:meta])* $case:ident = $word:literal),* $(,)?
        }
    ) => {
        $(#[$of_enum])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$of_case])* $case,)*
        }

        impl $name {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$case),*];

            /// Their words, in the same order.
            pub const WORDS: &[&'static str] = &[$($word),*];

            /// What documents call it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)*
                }
            }

            /// What documents call `word`.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$case),)*
                    _ => None,
                }
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::text(deserializer, |word| {
                    Self::from_word(word).ok_or_else(|| $crate::BadValue::unknown_choice(word, Self::WORDS))
                })
            }
        }

        $crate::words_schema!($name);
    };
}

/// The schema of an enum of words.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! words_schema {
    ($name:ident) => {
        impl $crate::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::schemars::json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    };
}

/// No schema, where nobody asks for one.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! words_schema {
    ($name:ident) => {};
}
