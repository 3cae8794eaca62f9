//! Requests as HTTP/1.1 has them, in lines.

use farebox_web::request::Request;
use http::Method;

/// The request that the bytes are, if they are one.
pub fn read(bytes: &[u8]) -> Option<Request> {
    let mut rest = bytes;
    let mut line = || {
        let (line, after) = rest.split_at(rest.iter().position(|byte| *byte == b'\n')?);
        rest = after.get(1..)?;
        Some(line)
    };
    let (method, path_and_query) = str::from_utf8(line()?).ok()?.split_once(' ')?;
    let (method, path_and_query) = (Method::from_bytes(method.as_bytes()).ok()?, path_and_query.to_owned());
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_at(header.iter().position(|byte| *byte == b':')?);
        let name = str::from_utf8(name).ok()?.to_ascii_lowercase();
        headers.push((name, value.get(1..)?.trim_ascii().to_vec()));
    }
    Some(Request { method, path_and_query, headers, body: rest.to_vec() })
}
