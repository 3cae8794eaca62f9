//! Pages are apart from what bills: whatever befalls a page, no bill fails.
#![allow(clippy::unwrap_used)]

use farebox_tests::changed::Changed;
use farebox_tests::rides::bill;
use farebox_tests::server::{PATIENT, Server};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// Passengers who ride meanwhile.
const RIDES: usize = 16;

/// A component like render, whose every function does this.
fn render_that(does: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = farebox_kit::artifacts::repository().join("wit");
    resolve.push_path(wit.join("types")).unwrap();
    let (package, _) = resolve.push_path(wit.join("render")).unwrap();
    let world = resolve.select_world(&[package], Some("component")).unwrap();
    let module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    let text = wasmprinter::print_bytes(&module).unwrap();
    assert!(text.contains("unreachable"), "{text}");
    let mut module = wat::parse_str(text.replace("unreachable", does)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn ride(server: &Server, trip: &str) -> u16 {
    server.post(&format!("/v1/trips/{trip}/bill"), &bill()).status
}

/// While every page traps, or never ends, sixteen passengers at once are billed, without an error; the host is ready; and the
/// status of what renders costs nobody else anything either.
#[test]
fn a_page_that_fails_takes_no_bill_with_it() {
    for (does, status) in [("unreachable", 500), ("(loop (br 0)) unreachable", 504)] {
        let changed = Changed::new(&[("target/wasm32-wasip2/component/farebox_render.wasm", "render.wasm")]);
        std::fs::write(changed.folder().join("render.wasm"), render_that(does)).unwrap();
        let server = changed.start(&[&["--request-timeout-ms", "5000"], &PATIENT[..]].concat());
        assert_eq!(ride(&server, "shown"), 201);
        let (billed, goes_on) = (AtomicUsize::new(0), AtomicBool::new(true));
        std::thread::scope(|scope| {
            for passenger in 0..RIDES {
                let (server, billed, goes_on) = (&server, &billed, &goes_on);
                scope.spawn(move || {
                    for number in 0.. {
                        if !goes_on.load(Ordering::Relaxed) {
                            break;
                        }
                        let status = ride(server, &format!("p{passenger}-{number}"));
                        if status != 201 {
                            // Whoever asks for pages ends with it.
                            goes_on.store(false, Ordering::Relaxed);
                        }
                        assert_eq!(status, 201, "while pages are {does}");
                        billed.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let _ends = Ends(&goes_on);
            for _ in 0..(if status == 500 { 8 } else { 2 }) {
                assert_eq!(server.get("/v1/trips/shown/bill/detail?city=110000").status, status, "{does}");
                assert_eq!(server.get("/readyz").json()["status"], "ready");
                assert_eq!(server.get("/statusz").status, status, "it judges copy");
            }
            // Pages that trap are answered at once, and those who ride meanwhile are to be billed more than once.
            while billed.load(Ordering::Relaxed) <= 2 * RIDES && goes_on.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(goes_on.load(Ordering::Relaxed));
        });
        assert!(billed.load(Ordering::Relaxed) > RIDES, "{billed:?} bills while pages are {does}");
        assert_eq!(server.get("/v1/trips/shown/bill?city=110000").status, 200);
    }
}

/// Ends the rides, also when an assertion fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
