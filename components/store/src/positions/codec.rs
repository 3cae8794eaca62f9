//! How positions look in Redis, and in the embedded database.

use farebox_records::proof::{Bucket, Position};

/// Positions as scripts have them: `<life>:<steps>:<token>:<mark>`, with spaces between them.
pub fn text(positions: &[Position]) -> String {
    let texts =
        positions.iter().map(|Position { life, steps, token, mark }| format!("{life}:{steps}:{token}:{mark:04}"));
    texts.collect::<Vec<_>>().join(" ")
}

/// Reads a position as scripts have it. `None` when it makes no sense.
pub fn read(text: &str) -> Option<Position> {
    let [life, steps, token, mark] = text.split(':').collect::<Vec<_>>().try_into().ok()?;
    Some(Position {
        life: life.parse().ok()?,
        steps: steps.parse().ok()?,
        token: token.parse().ok()?,
        mark: mark.parse().ok()?,
    })
}

/// What `note.sql` is told: a JSON array of [city, bucket, life, steps, token, mark]. SQLite's numbers have a sign, so a token is a text.
pub fn json(positions: &[(Bucket, Position)]) -> String {
    let rows = positions.iter().map(|((city, bucket), Position { life, steps, token, mark })| {
        (city, bucket, life, steps, token.to_string(), mark)
    });
    serde_json::to_string(&rows.collect::<Vec<_>>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_the_round_trip() {
        let positions = [
            Position { life: 1, steps: 0, token: 0, mark: 7 },
            Position { life: (1 << 53) - 1, steps: (1 << 53) - 1, token: u64::MAX, mark: 9999 },
        ];
        for position in positions {
            assert_eq!(read(&text(&[position])), Some(position));
        }
        assert_eq!(text(&positions), "1:0:0:0007 9007199254740991:9007199254740991:18446744073709551615:9999");
        assert_eq!(text(&[]), "");
        for nonsense in ["", "1", "1:2:3", "1:2:3:4:5", "1:2:-3:4", "1::3:4", "1:2:18446744073709551616:4"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn all_of_a_position_is_noted() {
        let noted = [(("110000".to_owned(), 11), Position { life: 2, steps: 7, token: u64::MAX, mark: 42 })];
        assert_eq!(json(&noted), r#"[["110000",11,2,7,"18446744073709551615",42]]"#);
        assert_eq!(json(&[]), "[]");
    }
}
