//! What odd files come to, and that no file stops anything.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// Each row: its line, and what it says in short, or why not.
fn told(text: &[u8], layout: &Layout) -> Vec<(u64, Result<String, String>)> {
    let mut told = Vec::new();
    let done = read(
        text,
        layout,
        |error| error,
        |(line, row)| {
            let said = |(key, payment): (Key, Payment)| {
                format!(
                    "{} {} {} {} {}",
                    key.city,
                    key.trip_id,
                    key.revision,
                    payment.currency,
                    payment.currency.format(payment.amount)
                )
            };
            told.push((line, row.map(said)));
            Ok(())
        },
    );
    done.unwrap();
    told
}

fn said(text: &[u8], layout: &Layout) -> Vec<String> {
    told(text, layout).into_iter().map(|(line, row)| format!("{line}: {}", row.unwrap_or_else(|why| why))).collect()
}

/// Files as they are found, and what is read of them when nothing is said.
#[test]
fn odd_files_are_read() {
    let expected = ["2: 110000 t-1 1 CNY 6.35"];
    for text in [
        "city,trip_id,revision,currency,amount\n110000,t-1,1,CNY,6.35\n",
        "\u{feff}city,trip_id,revision,currency,amount\r\n110000,t-1,1,CNY,6.35",
        "City;Trip_ID;REVISION;currency;amount\n110000;t-1;1;CNY;6.35\n",
        "city\ttrip_id\trevision\tcurrency\tamount\n110000\tt-1\t1\tCNY\t6.35\n",
        "amount,note,currency,revision,trip_id,city\n6.35,\"a, \"\"b\"\"\",CNY,1,t-1,110000\n",
        "\"city\",\"trip_id\",\"revision\",\"currency\",\"amount\"\n\"110000\",\"t-1\",\"01\",\"CNY\",\"6.35\"\n",
        "city, trip_id, revision, currency, amount\n110000, t-1, 1, CNY, 6.35 \n\n",
    ] {
        assert_eq!(said(text.as_bytes(), &Layout::default()), expected, "{text}");
    }
    let lines =
        "reference,city,trip_id,revision,currency,amount\n\"a\nb\n\",110000,t-1,1,CNY,6.35\nc,110000,t-2,1,CNY,1.00\n";
    assert_eq!(said(lines.as_bytes(), &Layout::default()), ["2: 110000 t-1 1 CNY 6.35", "5: 110000 t-2 1 CNY 1.00"]);
}

/// Other names, and amounts with a comma before decimals, when that is said.
#[test]
fn layouts_are_said() {
    let text = "Ort;Fahrt;Fassung;Währung;Betrag\n110000;t-1;1;CNY;1.006,35\n110000;t-2;1;CNY;(6,35)\n";
    let names = Names::parse("city=Ort,trip_id=fahrt,revision=Fassung,currency=WÄHRUNG,amount=Betrag").unwrap();
    let layout = Layout { names, notation: Notation::Comma, delimiter: None };
    assert_eq!(said(text.as_bytes(), &layout), ["2: 110000 t-1 1 CNY 1006.35", "3: 110000 t-2 1 CNY -6.35"]);
    for (wrong, why) in [
        ("amount", "not written like"),
        ("amount=", "not written like"),
        ("", "not written like"),
        ("price=x", "there are city, trip_id"),
        ("amount=a,amount=b", "twice"),
    ] {
        assert!(Names::parse(wrong).unwrap_err().contains(why), "{wrong}");
    }
    for (word, delimiter) in
        [(";", Delimiter::Semicolon), ("tab", Delimiter::Tab), ("\\t", Delimiter::Tab), (",", Delimiter::Comma)]
    {
        assert_eq!(Delimiter::parse(word), Ok(delimiter));
    }
    assert!(Delimiter::parse("|").is_err());
}

/// Every row that is wrong is told with its line and what would be right; a header that is wrong, once.
#[test]
fn what_is_wrong_is_told() {
    const HEAD: &str = "city,trip_id,revision,currency,amount,paid_at\n";
    for (row, why) in [
        ("110000,t-1,1,CNY,6.35", "has 5 fields, and the header has 6"),
        ("110000,t-1,1,CNY,6,35,", "has 7 fields"),
        (",t-1,1,CNY,6.35,", "city is \"\""),
        ("110000,1.23E+12,1,CNY,6.35,", "trip_id is \"1.23E+12\"; it has to be 1 to 128"),
        ("110000,t-1,1.0,CNY,6.35,", "revision is \"1.0\"; it has to be a whole number"),
        ("110000,t-1,0,CNY,6.35,", "revisions are counted from 1"),
        ("110000,t-1,+1,CNY,6.35,", "revision is"),
        ("110000,t-1,1,yuan,6.35,", "currency is \"yuan\"; it has to be one of ISO 4217"),
        ("110000,t-1,1,CNY,6.355,", "amount is \"6.355\", which is a thousand"),
        ("110000,t-1,1,JPY,6.5,", "JPY has 0 decimals"),
        ("110000,t-1,1,CNY,,", "amount is \"\""),
        ("110000,t-1,1,CNY,\"6.35\"x,", "text behind a quote"),
    ] {
        let found = told(format!("{HEAD}{row}\n110000,t-9,1,CNY,1.00,\n").as_bytes(), &Layout::default());
        assert_eq!(found.len(), 2, "{row}");
        assert_eq!((found[0].0, &found[1]), (2, &(3, Ok("110000 t-9 1 CNY 1.00".to_owned()))), "{row}");
        let said = found[0].1.as_ref().unwrap_err();
        assert!(said.contains(why), "{row}: {said}");
    }
    for (text, why) in [
        ("", "1: is empty"),
        ("\n\n", "1: is empty"),
        (
            "city,trip_id,revision,currency\n",
            "1: has no column \"amount\"; the header has to be the first row, and it has \"city\"",
        ),
        ("Bank of Somewhere\n\ncity,trip_id,revision,currency,amount\n", "1: has no column \"city\", \"trip_id\""),
        ("city,trip_id,revision,currency,amount,Amount\n", "1: has the column \"amount\" twice"),
        ("city|trip_id|revision|currency|amount\n", "1: has no column"),
        ("\"city\n", "1: opens a quote that nothing closes"),
    ] {
        let said = said(text.as_bytes(), &Layout::default());
        assert!(said.len() == 1 && said[0].starts_with(why), "{text}: {said:?}");
    }
    let latin =
        said(b"city,trip_id,revision,currency,amount,name\n110000,t,1,CNY,1.00,M\xFCller\n", &Layout::default());
    assert!(latin[0].starts_with("2: has a byte 0xfc") && latin[0].contains("iconv"), "{latin:?}");
    let named = Layout { names: Names::parse("reference=Nr").unwrap(), ..Layout::default() };
    let said = said(HEAD.as_bytes(), &named);
    assert!(said[0].contains("has no column \"Nr\""), "a name that was said has to be there: {said:?}");
}

proptest! {
    /// Whatever a file says, every row is a payment or has a line and a reason, and lines go up.
    #[test]
    fn no_bytes_stop_anything(bytes in prop::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        let head: &[u8] = if header { b"city,trip_id,revision,currency,amount\n" } else { b"" };
        let told = told(&[head, &bytes].concat(), &Layout::default());
        prop_assert!(told.iter().zip(told.iter().skip(1)).all(|(one, next)| one.0 < next.0));
        prop_assert!(told.iter().all(|(line, row)| *line > 0 && row.as_ref().err().is_none_or(|why| !why.is_empty())));
    }

    /// The same for what looks like a file.
    #[test]
    fn nothing_alike_stops_anything(text in "(city|trip_id|revision|amount|110000|t-1|1|CNY|6\\.35|[,;\t\"\r\n ()-]){0,60}") {
        let head = "city,trip_id,revision,currency,amount\n";
        let told = told(format!("{head}{text}").as_bytes(), &Layout::default());
        prop_assert!(told.iter().zip(told.iter().skip(1)).all(|(one, next)| one.0 < next.0));
    }

    /// What a writer of CSV lays out is read as it was meant.
    #[test]
    fn what_is_written_is_read(references in prop::collection::vec("[ -~\n;,\"é]{0,20}", 1..8)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["reference", "city", "trip_id", "revision", "currency", "amount"]).unwrap();
        for reference in &references {
            writer.write_record([reference, "110000", "t-1", "1", "CNY", "6.35"]).unwrap();
        }
        let (text, mut read_back) = (writer.into_inner().unwrap(), Vec::new());
        let done = read(&*text, &Layout::default(), |error| error, |(_, row)| {
            read_back.push(row.unwrap().1.reference.unwrap_or_default());
            Ok(())
        });
        done.unwrap();
        let expected: Vec<&str> = references.iter().map(|reference| reference.trim_matches(' ')).collect();
        prop_assert_eq!(read_back, expected);
    }
}
