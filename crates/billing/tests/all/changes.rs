//! A configuration that changes while requests are answered: one generation at a time, and soon the newest.
#![allow(clippy::unwrap_used)]

use farebox_access::MasterKeys;
use farebox_billing::config::{Manifest, Master, Text, judge};
use farebox_billing::engines::{Side, Unrendered};
use farebox_billing::ports::Ports;
use farebox_billing::requests::Tariffs as _;
use farebox_billing::{Billing, Context};
use farebox_kit::access::{MASTER_KEY, keys, sealed};
use farebox_kit::artifacts::{copy_configuration, repository};
use farebox_kit::memory::{Failure, World, now};
use farebox_kit::native::Native;
use std::fs;
use std::rc::Rc;
use tempfile::TempDir;

/// A node: a folder, a store, and two instances.
struct Node {
    folder: TempDir,
    world: World,
    instances: [Rc<Billing<World>>; 2],
}

/// 2026-11-21T08:00:00+08:00.
const NOW: i64 = 1_795_219_200;

const CARD: &str = "cards/370100/express.passenger.json";

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        let world = World::with_config(folder.path().to_owned());
        let instances = [(); 2].map(|()| Billing::new(world.clone()));
        let node = Self { folder, world, instances };
        node.pass(1_000);
        node
    }

    /// As after a restart of the host.
    fn restart(&mut self) {
        self.instances = [(); 2].map(|()| Billing::new(self.world.clone()));
    }

    fn context(&self, instance: usize) -> Context<World> {
        let context = now(Context::new(&self.instances[instance], "")).unwrap();
        self.world.after_answers();
        context
    }

    /// The start price that each instance answers with at this moment.
    fn prices(&self) -> [String; 2] {
        [0, 1].map(|instance| start_price(&self.context(instance)))
    }

    /// Lets time pass, with a request to each instance every 50 ms; what they answer with at the end.
    fn pass(&self, ms: u64) -> [String; 2] {
        for _ in 0..ms / 50 {
            let [one, other] = self.prices();
            assert_eq!(one, other, "two tariffs at one moment");
            self.world.0.now_ms.set(self.world.0.now_ms.get() + 50);
        }
        self.prices()
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.folder.path().join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// Changes the start price in the card's file.
    fn set_price(&self, price: &str) {
        let text = self.read(CARD);
        let (before, rest) = text.split_once("\"amount\": \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        self.write(CARD, &format!("{before}\"amount\": \"{price}\"{after}"));
    }

    fn told(&self, event: &str) -> usize {
        self.world.0.events.borrow().iter().filter(|told| *told == event).count()
    }
}

fn start_price<P: Ports>(context: &Context<P>) -> String {
    let card = context.config.card("370100", "express", Side::Passenger, NOW).unwrap().unwrap();
    let (_, rest) = card.document.split_once("\"amount\": \"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn both(price: &str) -> [String; 2] {
    [price.to_owned(), price.to_owned()]
}

/// A start price goes from 8 to 130 to 40 while both instances answer: one tariff at any moment, the newest within 2 s.
#[test]
fn one_tariff_at_any_moment() {
    let node = Node::new();
    assert_eq!(node.prices(), both("8.00"));
    node.set_price("130.00");
    assert_eq!(node.pass(400), both("8.00"), "not before its moment");
    assert_eq!(node.pass(1_600), both("130.00"));
    node.set_price("40.00");
    assert_eq!(node.pass(2_000), both("40.00"));
    // One right after the other.
    node.set_price("41.00");
    node.pass(600);
    node.set_price("42.00");
    assert_eq!(node.pass(2_000), both("42.00"));
}

/// A request that began before the moment of change is answered from what was in force then, to its end; and then nobody
/// holds it any more.
#[test]
fn a_request_has_one_generation() {
    let node = Node::new();
    let under_way = node.context(0);
    let generation = Rc::downgrade(&under_way.config);
    node.set_price("9.00");
    assert_eq!(node.pass(2_000), both("9.00"));
    assert_eq!(start_price(&under_way), "8.00");
    assert_eq!(generation.strong_count(), 1, "only the request holds it");
    drop(under_way);
    assert_eq!(generation.strong_count(), 0);
}

/// A broken successor leaves the last good one in force, after a restart too, and is told once by each instance; other
/// files go on changing, and a repair is noticed.
#[test]
fn the_last_good_one_stays() {
    let mut node = Node::new();
    let good = node.read(CARD);
    node.write(CARD, "{");
    assert_eq!(node.pass(3_000), both("8.00"));
    assert_eq!(node.told("document-refused"), 2);
    node.restart();
    assert_eq!(node.pass(1_000), both("8.00"));
    let standing = node.instances[0].standing();
    let [broken] = &standing.broken[..] else { panic!("{standing:?}") };
    assert!(broken.path == CARD && broken.last_good && broken.why.contains("is not JSON"), "{broken:?}");
    fs::remove_file(node.folder.path().join("cards/110000/taxi.passenger.json")).unwrap();
    node.pass(2_000);
    assert_eq!((node.prices(), node.context(1).config.products("110000")), (both("8.00"), vec!["express"]));
    node.write(CARD, &good.replacen("8.00", "8.80", 1));
    assert_eq!(node.pass(2_000), both("8.80"));
    assert_eq!(node.instances[0].standing().broken, []);
}

/// A document that never loaded takes out itself in every instance, and nothing else.
#[test]
fn a_document_that_never_loaded() {
    let node = Node::new();
    node.write("cards/370100/premier.passenger.json", "{}");
    node.pass(2_000);
    for instance in [0, 1] {
        let config = node.context(instance).config;
        assert_eq!(config.products("370100"), ["express", "premier"]);
        let refusal = config.card("370100", "premier", Side::Passenger, NOW).err().unwrap();
        assert!(refusal.reason().starts_with("cards/370100/premier.passenger.json: "), "{refusal:?}");
    }
    assert_eq!(node.prices(), both("8.00"));
}

/// Without a store each instance goes by its files alone, and switches when they have settled; when the store is back,
/// they agree.
#[test]
fn without_a_store() {
    let mut node = Node::new();
    for call in ["generations", "propose", "put_file", "file"] {
        node.world.0.failures.borrow_mut().insert(call, Failure::Unavailable);
    }
    // Who knew a generation stays with it: one tariff on this node matters more than the newest.
    node.set_price("9.00");
    assert_eq!(node.pass(5_000), both("8.00"));
    assert!(node.told("generation-not-entered") > 0);
    node.restart();
    assert_eq!(node.pass(1_000), both("9.00"));
    node.set_price("10.00");
    assert_eq!(node.pass(1_000), both("10.00"));
    assert_eq!(node.instances[0].standing().generation, None);
    node.world.0.failures.borrow_mut().clear();
    node.pass(3_000);
    assert_eq!((node.prices(), node.instances[1].standing().generation), (both("10.00"), Some(2)));
}

/// What stayed in force of a broken file while there was no store gets into the store with the first generation, so that
/// whoever starts later has it.
#[test]
fn the_last_good_one_gets_into_the_store() {
    let mut node = Node::new();
    node.world.0.generations.borrow_mut().clear();
    node.world.0.files.borrow_mut().clear();
    node.world.0.failures.borrow_mut().insert("generations", Failure::Unavailable);
    node.restart();
    node.pass(1_000);
    node.write(CARD, "{");
    assert_eq!(node.pass(1_000), both("8.00"));
    node.world.0.failures.borrow_mut().clear();
    assert_eq!(node.pass(2_000), both("8.00"));
    node.restart();
    assert_eq!(node.pass(1_000), both("8.00"));
    assert_eq!(node.instances[0].standing().generation, Some(1));
}

/// A store that says nothing holds up a request, but not for ever, and not every request.
#[test]
fn a_silent_store() {
    let node = Node::new();
    node.world.0.failures.borrow_mut().insert("generations", Failure::Silent);
    assert_eq!(node.pass(3_000), both("8.00"));
}

/// A folder that cannot be read, or has no rate cards, changes nothing.
#[test]
fn a_folder_that_is_gone() {
    let node = Node::new();
    let folder = node.folder.path();
    fs::rename(folder.join("cards"), folder.join("elsewhere")).unwrap();
    assert_eq!(node.pass(3_000), both("8.00"));
    fs::rename(folder.join("elsewhere"), folder.join("cards")).unwrap();
    node.set_price("9.00");
    assert_eq!(node.pass(2_000), both("9.00"));
}

/// A manifest of texts.
fn manifest(texts: &[(&str, &str)]) -> Manifest {
    texts.iter().map(|(path, text)| ((*path).to_owned(), Text::new(text).version)).collect()
}

/// What is taken of new files, and what stays.
#[test]
fn judgements() {
    let read = |path: &str| fs::read_to_string(repository().join("config").join(path)).unwrap();
    let changed = |text: &str| format!("{text}\n");
    let (card, policy) = (read(CARD), read("policies/default.json"));
    let (layout, english, chinese) = (read("copy/layout.json"), read("copy/en-US.ftl"), read("copy/zh-CN.ftl"));
    let (card_2, policy_2, layout_2, english_2) =
        (changed(&card), changed(&policy), changed(&layout), changed(&english));
    // A layout that asks for a message that only the new English copy has.
    let asking = layout.replacen("\"fallback\": \"", "\"fallback\": \"new-", 1);
    assert_ne!(asking, layout);
    let base: &[(&str, &str)] = &[
        (CARD, &card),
        ("copy/en-US.ftl", &english),
        ("copy/layout.json", &layout),
        ("copy/zh-CN.ftl", &chinese),
        ("policies/default.json", &policy),
    ];
    let with = |change: &[(&'static str, Option<&str>)]| {
        let mut files = manifest(base);
        for (path, text) in change {
            match text {
                Some(text) => files.insert((*path).to_owned(), Text::new(text).version),
                None => files.remove(*path),
            };
        }
        files
    };
    let all = [&card, &policy, &layout, &english, &chinese, &card_2, &policy_2, &layout_2, &english_2, &asking];
    let text = |_: &str, version: &str| {
        let broken = ["{", "= nonsense"];
        let mut texts = all.iter().map(|text| text.as_str()).chain(broken);
        let text = texts.find(|text| Text::new(text).version == version);
        text.map(Into::into).ok_or_else(|| "cannot be read".to_owned())
    };
    let other = "cards/370100/premier.passenger.json";
    let (copy, style) = ("copy/en-US.ftl", "copy/layout.json");
    type Change<'a> = &'a [(&'static str, Option<&'a str>)];
    let rows: &[(&str, Change<'_>, Change<'_>, &[&str])] = &[
        (
            "new ones are taken",
            &[(CARD, Some(&card_2)), (copy, Some(&english_2))],
            &[(CARD, Some(&card_2)), (copy, Some(&english_2))],
            &[],
        ),
        (
            "a broken card stays as it was",
            &[(CARD, Some("{")), ("policies/default.json", Some(&policy_2))],
            &[("policies/default.json", Some(&policy_2))],
            &[CARD],
        ),
        (
            "a broken policy too",
            &[(CARD, Some(&card_2)), ("policies/default.json", Some("{"))],
            &[(CARD, Some(&card_2))],
            &["policies/default.json"],
        ),
        ("a card that lies where another belongs", &[(other, Some(&card))], &[(other, Some(&card))], &[other]),
        (
            "a card is withdrawn, another goes on",
            &[(CARD, None), (other, Some("{"))],
            &[(CARD, None), (other, Some("{"))],
            &[other],
        ),
        ("not the last one", &[(CARD, None)], &[], &[CARD]),
        (
            "nor the policy, nor the layout",
            &[("policies/default.json", None), (style, None)],
            &[],
            &[style, "policies/default.json"],
        ),
        (
            "broken messages stay, others change",
            &[(copy, Some("= nonsense")), (style, Some(&layout_2))],
            &[(style, Some(&layout_2))],
            &[copy],
        ),
        (
            "a broken layout stays, messages change",
            &[(copy, Some(&english_2)), (style, Some("{"))],
            &[(copy, Some(&english_2))],
            &[style],
        ),
        ("a layout that a locale does not go with", &[(style, Some(&asking))], &[], &[style]),
        ("a locale is withdrawn", &[("copy/zh-CN.ftl", None)], &[("copy/zh-CN.ftl", None)], &[]),
    ];
    for (name, change, expected, broken) in rows {
        let judgement = judge::<Native>(&manifest(base), &with(change), Master::None, text);
        assert_eq!(judgement.good, with(expected), "{name}: {judgement:?}");
        let paths: Vec<&str> = judgement.broken.iter().map(|broken| &*broken.path).collect();
        assert_eq!(paths, *broken, "{name}: {judgement:?}");
        assert!(judgement.broken.iter().all(|broken| !broken.why.is_empty()), "{name}: {judgement:?}");
    }
}

/// Whoever does not render takes copy as it is in force, whatever the files say, and all else as always.
#[test]
fn copy_is_judged_by_who_renders() {
    let base = manifest(&[("copy/layout.json", "{}"), ("copy/en-US.ftl", "a = b"), ("policies/default.json", "{")]);
    for files in [
        manifest(&[("copy/layout.json", "[]"), ("copy/zh-CN.ftl", "= nonsense")]),
        manifest(&[("copy/layout.json", "{}"), ("copy/en-US.ftl", "a = c")]),
        manifest(&[]),
    ] {
        let judgement =
            judge::<Native<Unrendered>>(&base, &files, Master::None, |path, _| panic!("{path} was looked at"));
        assert_eq!(judgement.good, base, "{judgement:?}");
        let paths: Vec<&str> = judgement.broken.iter().map(|broken| &*broken.path).collect();
        assert_eq!(paths, ["policies/default.json"]);
    }
}

/// The document of keys is judged by who can open it; who needs no key reads what is readable, and who does not know leaves it as it
/// is in force. Deleting it withdraws all keys, unless the whole folder is gone.
#[test]
fn keys_are_judged_by_who_opens_them() {
    let master = MasterKeys::parse(("", MASTER_KEY), ("", "")).unwrap();
    let other = MasterKeys::parse(("", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="), ("", "")).unwrap();
    let (old, new) = (sealed(&keys(NOW), 1), sealed(&keys(NOW), 2));
    let changed = new.replacen("110000", "*", 1);
    let (opens, another) = (Master::Keys(&master), Master::Keys(&other));
    let card = ("cards/a/b.driver.json", "{}");
    for (name, master, file, expected, broken) in [
        ("a new one", opens, Some(&new), Some(&new), false),
        ("changed by hand", opens, Some(&changed), Some(&old), true),
        ("sealed under another master key", another, Some(&new), Some(&new), true),
        ("nobody needs keys", Master::None, Some(&changed), Some(&changed), false),
        ("nobody needs keys, and it is none", Master::None, Some(&"{}".to_owned()), Some(&old), true),
        ("not known", Master::Unknown, Some(&new), Some(&old), false),
        ("deleted", opens, None, None, false),
    ] {
        let texts = [Some(("keys.json", &**file.unwrap_or(&old))), Some(("keys.json", &*old)), Some(card)];
        let text = |path: &str, version: &str| {
            let all = texts.iter().flatten().map(|(of, text)| (*of, Text::new(text)));
            let found = all.into_iter().find(|(of, text)| *of == path && text.version == version);
            found.map(|(_, text)| text.text).ok_or_else(|| "not here".to_owned())
        };
        let base = manifest(&[("keys.json", &old), card]);
        let files: Vec<(&str, &str)> = file.map(|file| ("keys.json", &**file)).into_iter().chain([card]).collect();
        let judgement = judge::<Native>(&base, &manifest(&files), master, text);
        let good = judgement.good.get("keys.json").cloned();
        assert_eq!(good, expected.map(|text| Text::new(text).version), "{name}: {judgement:?}");
        assert_eq!(judgement.broken.iter().any(|broken| broken.path == "keys.json"), broken, "{name}: {judgement:?}");
        let empty = judge::<Native>(&base, &manifest(&[]), master, text);
        assert_eq!(empty.good, base, "{name}: {empty:?}");
    }
}

/// A city that demands signed coupons goes on demanding them when its document is gone, unless it is served no more. One that says that it
/// does not, or never did, may go.
#[test]
fn a_city_demands_signed_coupons_until_it_says_otherwise() {
    let issuer = r#"{"id": "i", "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let document = |signed: &str| {
        let coupons = format!(r#"{{"signed": "{signed}", "issuers": [{issuer}]}}"#);
        format!(r#"{{"format": "farebox-city/1", "city": "a", "coupons": {coupons}}}"#)
    };
    let (required, optional) = (document("required"), document("optional"));
    let (path, card, other) = ("cities/a.json", ("cards/a/b.driver.json", "{}"), ("cards/ab/b.driver.json", "{}"));
    // What was in force, what the files are, and whether the document that demands is in force then.
    type Folder<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Folder<'_>, Folder<'_>, bool, bool); 7] = [
        ("deleted", &[(path, &required), card, other], &[card, other], true, true),
        ("deleted, of a city that is served no more", &[(path, &required), card, other], &[other], false, false),
        ("all is gone", &[(path, &required), card, other], &[], true, true),
        ("deleted, and demands nothing", &[(path, &optional), card, other], &[card, other], false, false),
        ("says that it does not", &[(path, &required), card], &[(path, &optional), card], false, false),
        ("broken", &[(path, &required), card], &[(path, "{"), card], true, true),
        ("as it was", &[(path, &required), card], &[(path, &required), card], true, false),
    ];
    for (name, base, files, stays, is_told) in cases {
        let text = |path: &str, version: &str| {
            let all = base.iter().chain(files).map(|(of, text)| (*of, Text::new(text)));
            let found = all.into_iter().find(|(of, text)| *of == path && text.version == version);
            found.map(|(_, text)| text.text).ok_or_else(|| "not here".to_owned())
        };
        let judgement = judge::<Native>(&manifest(base), &manifest(files), Master::None, text);
        let good = judgement.good.get(path) == Some(&Text::new(&required).version);
        let told = judgement.broken.iter().any(|broken| broken.path == path && broken.last_good);
        assert_eq!((good, told), (stays, is_told), "{name}: {judgement:?}");
    }
}

/// A card and copy change together, on a node where some bill and some render: each kind enters what it can judge, nobody
/// takes back what the other has entered, and a broken catalogue stops no card.
#[test]
fn who_bills_and_who_renders_follow_the_same_files() {
    for (copy, in_force) in [("# Changed.\n", true), ("= nonsense\n", false)] {
        let node = Node::new();
        let bills = Billing::new(node.world.without_render());
        // Only some of them are asked at a time.
        let pass = |ms: u64, is_asked: [bool; 2]| {
            let mut last = (String::new(), String::new());
            for _ in 0..ms / 50 {
                if is_asked[0] {
                    let context = now(Context::new(&bills, "")).unwrap();
                    node.world.after_answers();
                    last.0 = start_price(&context);
                }
                if is_asked[1] {
                    last.1 = start_price(&node.context(0));
                }
                node.world.0.now_ms.set(node.world.0.now_ms.get() + 50);
            }
            last
        };
        let entered = || node.world.0.generations.borrow().clone();
        pass(1_000, [true, true]);
        let path = "copy/en-US.ftl";
        let old = Text::new(&node.read(path)).version;
        node.write(path, &format!("{}{copy}", node.read(path)));
        node.set_price("9.00");
        assert_eq!(pass(2_000, [true, false]).0, "9.00", "bills do not wait for whoever renders");
        assert!(entered().last().unwrap().manifest.contains(&old), "nobody has judged it yet");
        pass(3_000, [false, true]);
        let new = Text::new(&node.read(path)).version;
        assert_eq!(entered().last().unwrap().manifest.contains(&new), in_force, "{copy}");
        let count = entered().len();
        node.set_price("10.00");
        assert_eq!(pass(3_000, [true, true]), ("10.00".to_owned(), "10.00".to_owned()));
        assert_eq!(entered().last().unwrap().manifest.contains(&new), in_force, "{copy}");
        assert_eq!(entered().len(), count + 1, "both agree on what the files come to");
    }
}

/// A broken document that is put back as it was is broken no longer, though nothing changes by that; and broken once more, it is
/// told once more.
#[test]
fn a_document_that_is_put_back_is_well() {
    let node = Node::new();
    let good = node.read(CARD);
    for times in 1..=2 {
        node.write(CARD, "{");
        node.pass(2_000);
        let broken = |instance: usize| node.instances[instance].standing().broken;
        assert_eq!(broken(0).first().map(|broken| &*broken.path), Some(CARD));
        assert_eq!(node.told("document-refused"), 2 * times, "by each instance");
        node.write(CARD, &good);
        node.pass(2_000);
        assert_eq!([broken(0), broken(1)], [vec![], vec![]]);
    }
}
