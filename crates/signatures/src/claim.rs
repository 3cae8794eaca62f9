//! What a request says of its own signature, and the bytes that are signed.

use crate::component::{unreadable, write_value};
use crate::fields::field;
use crate::input::{self, Input};
use crate::nonce::is_written_well;
use crate::{ALGORITHM, COVERED, NONCE_CHARS, Refusal, Request, TAG};
use farebox_document::excerpt;
use sfv::{BareItemFromInput, ItemSerializer};

/// The header, as it is told of.
const HEADER: &str = "Signature-Input";

/// The parameters that a signature may have.
const PARAMETERS: &str = "created, expires, nonce, alg, keyid, tag";

/// What a request says of its signature, before anything of it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name that ties the two headers of a signature together.
    pub label: String,
    /// Whose key it was made with.
    pub key: String,
    /// What no other request of this key has.
    pub nonce: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Until when it counts, if the caller says so.
    pub expires: Option<i64>,
    /// Whether `Content-Digest` is covered.
    pub covers_digest: bool,
    /// What is signed: the signature base of RFC 9421, section 2.5.
    pub base: Vec<u8>,
}

impl Claim {
    /// Reads what a request says of the one signature that is meant for us.
    ///
    /// # Errors
    ///
    /// There is none, or not one; it does not read as one; or it does not cover what it has to.
    pub fn read(request: &Request<'_>) -> Result<Self, Refusal> {
        let field = field(request, "signature-input", HEADER)?.ok_or(Refusal::Missing { header: HEADER })?;
        let inputs = input::parse(&field)?;
        let input = choose(&inputs)?;
        if let Some(why) = &input.wrong {
            return Err(malformed(why.clone()));
        }
        let said = Said::of(input)?;
        if let Some(alg) = said.alg.filter(|alg| *alg != ALGORITHM) {
            return Err(Refusal::Algorithm { said: alg.to_owned() });
        }
        let nonce = said.nonce.unwrap_or_default();
        if !NONCE_CHARS.contains(&nonce.len()) || !is_written_well(nonce) {
            return Err(Refusal::Nonce { chars: said.nonce.map(str::len) });
        }
        let covers = |name: &str| input.components.iter().any(|component| component.name.as_str() == name);
        let needed: &[&str] = if request.body.is_empty() { &COVERED[..3] } else { &COVERED };
        if let Some(component) = needed.iter().copied().find(|name| !covers(name)) {
            return Err(Refusal::NotCovered { component, needed });
        }
        if !request.body.is_empty() && request.lines(COVERED[3]).next().is_none() {
            return Err(Refusal::DigestMissing);
        }
        let base = write_base(input, |name, base| write_value(name, request, base))?;
        Ok(Self {
            label: input.label.to_owned(),
            key: said.key.ok_or_else(|| lacks("keyid=\"...\""))?.to_owned(),
            nonce: nonce.to_owned(),
            created: said.created.ok_or_else(|| lacks("created=..., in seconds since 1970"))?,
            expires: said.expires,
            covers_digest: covers(COVERED[3]),
            base,
        })
    }
}

fn malformed(why: String) -> Refusal {
    Refusal::Malformed { header: HEADER, why }
}

fn lacks(parameter: &str) -> Refusal {
    malformed(format!("has no parameter {parameter}"))
}

/// The signature that is meant for us: the only one there is, or the only one of several that has our tag.
fn choose<'i, 'r>(inputs: &'i [Input<'r>]) -> Result<&'i Input<'r>, Refusal> {
    if let [input] = inputs {
        return Ok(input);
    }
    if inputs.is_empty() {
        return Err(Refusal::Missing { header: HEADER });
    }
    let is_ours = |input: &&Input<'_>| {
        input
            .parameters
            .iter()
            .any(|(name, value)| name.as_str() == "tag" && value.as_string().is_some_and(|tag| tag.as_str() == TAG))
    };
    let mut ours = inputs.iter().filter(is_ours);
    match (ours.next(), ours.count()) {
        (Some(input), 0) => Ok(input),
        (first, others) => Err(Refusal::Ambiguous { marked: usize::from(first.is_some()) + others }),
    }
}

/// The parameters of a signature.
#[derive(Default)]
struct Said<'i> {
    created: Option<i64>,
    expires: Option<i64>,
    nonce: Option<&'i str>,
    alg: Option<&'i str>,
    key: Option<&'i str>,
}

impl<'i> Said<'i> {
    fn of(input: &'i Input<'_>) -> Result<Self, Refusal> {
        let mut said = Self::default();
        for (name, value) in &input.parameters {
            let name = name.as_str();
            match name {
                "created" => said.created = Some(moment(name, value)?),
                "expires" => said.expires = Some(moment(name, value)?),
                "nonce" => said.nonce = Some(text(name, value)?),
                "alg" => said.alg = Some(text(name, value)?),
                "keyid" => said.key = Some(text(name, value)?),
                "tag" => drop(text(name, value)?),
                // It may ask for something that is not done here.
                _ => {
                    return Err(malformed(format!(
                        "has an unknown parameter {}; known are {PARAMETERS}",
                        excerpt(name)
                    )));
                }
            }
        }
        Ok(said)
    }
}

fn moment(name: &str, value: &BareItemFromInput<'_>) -> Result<i64, Refusal> {
    let right = || malformed(format!("has a parameter {name} that is not a whole number of seconds since 1970"));
    value.as_integer().map(i64::from).filter(|moment| *moment >= 0).ok_or_else(right)
}

fn text<'i>(name: &str, value: &'i BareItemFromInput<'_>) -> Result<&'i str, Refusal> {
    let right = || malformed(format!("has a parameter {name} that is not text; write it in quotes, {name}=\"...\""));
    value.as_string().map(sfv::StringRef::as_str).ok_or_else(right)
}

/// Writes what is signed: a line for each component, with the value that `value` writes, and one for the parameters.
fn write_base(
    input: &Input<'_>,
    mut value: impl FnMut(&str, &mut Vec<u8>) -> Result<(), Refusal>,
) -> Result<Vec<u8>, Refusal> {
    let mut base = Vec::with_capacity(512);
    for component in &input.components {
        let name = component.name.as_str();
        if let Some((parameter, _)) = component.parameters.first() {
            let why =
                format!("components with parameters, such as its {}, are not known here", excerpt(parameter.as_str()));
            return Err(unreadable(name, why));
        }
        base.extend_from_slice(ItemSerializer::new().bare_item(&*component.name).finish().as_bytes());
        base.extend_from_slice(b": ");
        value(name, &mut base)?;
        base.push(b'\n');
    }
    base.extend_from_slice(b"\"@signature-params\": ");
    base.extend_from_slice(input.canonical().as_bytes());
    Ok(base)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Secret;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// RFC 9421, appendix B.2.5: what is signed, and the signature, to the byte. It covers the authority, which requests of ours do
    /// not.
    #[test]
    fn the_example_of_the_rfc() {
        let headers = [
            ("date".to_owned(), b"Tue, 20 Apr 2021 02:07:55 GMT".to_vec()),
            ("content-type".to_owned(), b"application/json".to_vec()),
        ];
        let request = Request::new("POST", "/foo?param=Value&Pet=dog", &headers, b"{\"hello\": \"world\"}");
        let field = br#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#;
        let inputs = input::parse(field).unwrap();
        let base = write_base(&inputs[0], |name, base| match name {
            "@authority" => {
                base.extend_from_slice(b"example.com");
                Ok(())
            }
            _ => write_value(name, &request, base),
        });
        let base = base.unwrap();
        let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n\"content-type\": application/json\n\
            \"@signature-params\": (\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
        assert_eq!(String::from_utf8(base.clone()).unwrap(), expected);
        // Appendix B.1.5.
        let secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
        let secret = Secret::new(&STANDARD.decode(secret).unwrap()).unwrap();
        let signature = STANDARD.encode(secret.mac(&base));
        assert_eq!(signature, "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    }
}
