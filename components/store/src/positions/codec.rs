//! How positions look in Redis, and in the embedded database.

use farebox_records::proof::{Bucket, Position};

/// A position as scripts have it: `<life>:<steps>:<token>`.
pub fn text(Position { life, steps, token }: Position) -> String {
    format!("{life}:{steps}:{token}")
}

/// Reads a position as scripts have it. `None` when it makes no sense.
pub fn read(text: &str) -> Option<Position> {
    let (life, rest) = text.split_once(':')?;
    let (steps, token) = rest.split_once(':')?;
    Some(Position { life: life.parse().ok()?, steps: steps.parse().ok()?, token: token.parse().ok()? })
}

/// What `note.sql` is told: a JSON array of [city, bucket, life, steps, token]. SQLite's numbers have a sign, so a token is a text.
pub fn json(positions: &[(Bucket, Position)]) -> String {
    let rows = positions
        .iter()
        .map(|((city, bucket), Position { life, steps, token })| (city, bucket, life, steps, token.to_string()));
    serde_json::to_string(&rows.collect::<Vec<_>>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_the_round_trip() {
        for position in [
            Position { life: 1, steps: 0, token: 0 },
            Position { life: (1 << 53) - 1, steps: (1 << 53) - 1, token: u64::MAX },
        ] {
            assert_eq!(read(&text(position)), Some(position));
        }
        for nonsense in ["", "1", "1:2", "1:2:3:4", "1:2:-3", "1::3", "1:2:18446744073709551616"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn all_of_a_position_is_noted() {
        let noted = [(("110000".to_owned(), 11), Position { life: 2, steps: 7, token: u64::MAX })];
        assert_eq!(json(&noted), r#"[["110000",11,2,7,"18446744073709551615"]]"#);
        assert_eq!(json(&[]), "[]");
    }
}
