//! The first row: where each column is.

use super::columns::{Column, Names};
use super::delimiter::Delimiter;
use super::layout::Layout;
use super::split::Splitter;
use farebox_document::excerpt;

/// Where in a row each column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    delimiter: Delimiter,
    width: usize,
    places: Vec<(Column, usize)>,
}

impl Header {
    /// Reads the first row of a file. Where nothing is said of the delimiter it is the one that finds most columns.
    ///
    /// # Errors
    ///
    /// Which column there is not, and what to do.
    pub fn read(row: &str, layout: &Layout) -> Result<Self, String> {
        let delimiters = layout.delimiter.as_ref().map_or(Delimiter::ALL, std::slice::from_ref);
        let headers = delimiters.iter().filter_map(|delimiter| {
            let cells = Splitter::new(*delimiter).fields(row).ok()?.iter().map(|cell| cell.trim().to_owned()).collect();
            Some((*delimiter, cells))
        });
        let read: Vec<Result<Self, (usize, String)>> =
            headers.map(|(delimiter, cells): (_, Vec<String>)| Self::with(delimiter, &cells, &layout.names)).collect();
        // The one with the fewest missing says best what is wrong.
        let best =
            read.into_iter().min_by_key(|header| header.as_ref().map_or_else(|(missing, _)| *missing + 1, |_| 0));
        best.unwrap_or_else(|| Err((0, "is not a row of names".to_owned()))).map_err(|(_, why)| why)
    }

    /// Reads a header whose delimiter is known. When it is wrong: how many columns are missing, and what to do.
    fn with(delimiter: Delimiter, cells: &[String], names: &Names) -> Result<Self, (usize, String)> {
        let (mut places, mut missing, mut twice) = (Vec::new(), Vec::new(), None);
        for column in Column::ALL.iter().copied() {
            let name = names.of(column);
            let lower = name.to_lowercase();
            let mut found = cells.iter().enumerate().filter(|(_, cell)| cell.to_lowercase() == lower).map(|(at, _)| at);
            match (found.next(), found.next()) {
                (Some(at), None) => places.push((column, at)),
                (Some(_), Some(_)) => twice = Some(name),
                (None, _) if column.is_optional() && name == column.word() => {}
                (None, _) => missing.push(excerpt(name)),
            }
        }
        if !missing.is_empty() {
            let has: Vec<String> = cells.iter().map(|cell| excerpt(cell)).take(MOST_NAMED).collect();
            let more = if cells.len() > MOST_NAMED { ", ..." } else { "" };
            let why = format!(
                "has no column {}; the header has to be the first row, and it has {}{more}. `--columns amount=NAME` says \
                 what a column is called, `--delimiter` what is between columns",
                missing.join(", "),
                has.join(", ")
            );
            return Err((missing.len(), why));
        }
        if let Some(name) = twice {
            return Err((
                0,
                format!("has the column {} twice; `--columns` says what the right one is called", excerpt(name)),
            ));
        }
        Ok(Self { delimiter, width: cells.len(), places })
    }

    /// What is between columns.
    pub fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// How many columns there are, those that nobody looks at with them.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Where a column is, counted from 0.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(other, _)| *other == column).map(|(_, at)| *at)
    }
}

/// How many columns of a header are named when one is missing.
const MOST_NAMED: usize = 20;
