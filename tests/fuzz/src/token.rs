//! Whatever is signed is read back equal, and whatever was altered is refused.

use arbitrary::{Result, Unstructured};
use farebox_billing::estimate_id::{Estimate, ProductPrice, QuoteKey, Signer};
use farebox_billing::limits;
use farebox_fare::names;
use farebox_money::Currency;
use std::sync::LazyLock;

/// The signer of today, which knows what the one of yesterday signed; that one; and a stranger.
static SIGNERS: LazyLock<[Signer; 3]> = LazyLock::new(|| {
    let [new, old, other] = [&b"a key of today"[..], b"a key of yesterday", b"another key"].map(signer);
    [new.after(&old), old, other]
});

fn signer(key: &[u8]) -> Signer {
    Signer::new(key).expect("the key is not empty")
}

/// Signs an estimate that is made of the bytes, alters the identifier as the rest of them say, and reads it.
pub fn check(bytes: &[u8]) {
    let mut numbers = Unstructured::new(bytes);
    let Ok(sealed) = estimate(&mut numbers) else { return };
    let [new, old, other] = &*SIGNERS;
    let text = new.seal(&sealed);
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{text}");
    assert!(text.len() <= limits::ESTIMATE_ID_CHARS, "{} characters", text.len());
    assert_eq!(new.open(&text).as_ref(), Some(&sealed), "{text}");
    assert_eq!(new.open(&old.seal(&sealed)).as_ref(), Some(&sealed), "{text}");
    assert_eq!((old.open(&text), other.open(&text)), (None, None), "{text}");
    assert_eq!(new.open(&other.seal(&sealed)), None, "{text}");
    let mut genuine = vec![text];
    let Ok(altered) = altered(&mut genuine, &mut numbers) else { return };
    if !genuine.contains(&altered) {
        assert_eq!(new.open(&altered), None, "made of {genuine:?}:\n{altered}");
    }
}

fn estimate(numbers: &mut Unstructured) -> Result<Estimate> {
    let mut key = [0; 8];
    numbers.fill_buffer(&mut key)?;
    let mut estimate = Estimate {
        city: token(numbers)?,
        quote: QuoteKey(key),
        currency: currency(numbers)?,
        expires_at: numbers.int_in_range(0..=i64::MAX)?,
        prices: Vec::new(),
    };
    for _ in 0..numbers.int_in_range(limits::PRODUCTS)? {
        let (total, payable) = (numbers.arbitrary()?, numbers.arbitrary()?);
        estimate.prices.push(ProductPrice { product: token(numbers)?, total, payable });
    }
    Ok(estimate)
}

/// The name of a city or a product.
fn token(numbers: &mut Unstructured) -> Result<String> {
    const FIRST: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const LATER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    let mut token = char::from(*numbers.choose(FIRST)?).to_string();
    for _ in 1..numbers.int_in_range(1..=names::TOKEN_CHARS)? {
        token.push(char::from(*numbers.choose(LATER)?));
    }
    assert!(names::is_token(&token), "{token:?} is what this makes, and no token");
    Ok(token)
}

fn currency(numbers: &mut Unstructured) -> Result<Currency> {
    let code = numbers.choose(&["CNY", "JPY", "KWD", "USD", "EUR", "BRL"])?;
    Ok(Currency::from_code(code).expect("it is a currency"))
}

/// An identifier that somebody had in hands. Those that it is made of are added to the `genuine` ones.
fn altered(genuine: &mut Vec<String>, numbers: &mut Unstructured) -> Result<String> {
    let mut bytes = genuine.concat().into_bytes();
    for _ in 0..numbers.int_in_range(1..=4)? {
        let at = numbers.choose_index(bytes.len().max(1))?.min(bytes.len());
        match numbers.int_in_range(0..=6)? {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, numbers.arbitrary()?),
            2 => drop(bytes.drain(..at)),
            3 => bytes.extend(numbers.bytes(numbers.len().min(16))?),
            // Parts of two identifiers, both good.
            4 => {
                let other = SIGNERS[0].seal(&estimate(numbers)?);
                bytes.splice(at.., other.bytes().skip(at));
                genuine.push(other);
            }
            5 => {
                let dots: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'.').collect();
                if let (false, Some(next)) = (dots.is_empty(), bytes.len().checked_sub(1)) {
                    bytes.swap(*numbers.choose(&dots)?, next.min(at));
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = numbers.arbitrary()?;
                }
            }
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
