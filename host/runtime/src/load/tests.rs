#![allow(clippy::unwrap_used)]

use super::*;
use crate::capability_set::CapabilitySet;
use std::time::Duration;

/// A manifest that is fine; the tests add to it.
const GOOD: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[variables]
host = { default = "localhost" }
[[trigger.http]]
route = "/..."
component = "web"
[component.web]
source = "web.wasm"
[component.part]
source = "part.wasm"
"#;

fn misfits_of(text: &str) -> Vec<String> {
    match parse(text, Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().split("\n  - ").skip(1).map(str::to_owned).collect(),
    }
}

/// Adds `addition` to the good manifest and compares what is wrong with it, one line each.
fn check(addition: &str, expected: &[&str]) {
    assert_eq!(misfits_of(&format!("{GOOD}{addition}")), expected, "{addition}");
}

/// The manifest that ships is one that the host understands.
#[test]
fn the_applications_own_manifest_loads() {
    let manifest = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml")).unwrap();
    assert_eq!(manifest.application.name, "farebox");
    let gateway = &manifest.components["gateway"];
    let inherits = |name: &str| gateway.inherited_by(&gateway.dependencies[name]);
    assert_eq!(inherits("farebox:pricing@0.1.0"), []);
    assert_eq!(
        inherits("farebox:store@0.1.0"),
        [CapabilitySet::AllowedOutboundHosts, CapabilitySet::SqliteDatabases, CapabilitySet::Variables]
    );
}

/// So is the one that takes messages of a queue, and it grants what the gateway has.
#[test]
fn the_manifest_of_the_collector_loads() {
    let load = |path: &str| load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap();
    let (application, collector) = (load("spin.toml"), load("deploy/collector.toml"));
    let channels: Vec<_> = collector.channels().map(|channel| channel.component).collect();
    assert_eq!(channels, ["collector"]);
    let same = |of: &str, name: &str| {
        let (one, other) = (&application.components[of], &collector.components[name]);
        assert_eq!(
            application.path(&one.source).canonicalize().ok(),
            collector.path(&other.source).canonicalize().ok()
        );
        assert_eq!(one.allowed_outbound_hosts, other.allowed_outbound_hosts, "{name}");
        assert_eq!(one.sqlite_databases, other.sqlite_databases, "{name}");
        assert_eq!(one.variables, other.variables, "{name}");
        let names = |component: &crate::manifest::Component| component.dependencies.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(one), names(other), "{name}");
        for (key, dependency) in &other.dependencies {
            assert_eq!(other.inherited_by(dependency), one.inherited_by(&one.dependencies[key]), "{name}: {key}");
        }
    };
    same("gateway", "collector");
    same("jobs", "jobs");
    for (name, variable) in &application.variables {
        // The store of a collector is the one that nodes share.
        if name != "store_backend" {
            assert_eq!(variable.default, collector.variables[name].default, "{name}");
        }
    }
}

/// A key that Spin knows and this host does not is refused by name and line, wherever it is.
#[test]
fn unknown_keys_are_named_with_their_line() {
    let unsupported =
        |line: u32, key: &str| format!("line {line}: the local host does not support the key `{key}`; remove it");
    for (addition, line, key) in [
        ("ai_models = [\"llama\"]", 14, "component.part.ai_models"),
        ("tool = { a = 1 }", 14, "component.part.tool"),
        ("profile.debug.source = \"x\"", 14, "component.part.profile"),
        ("files = [\n{ source = \"src\", destination = \"/\", mode = 1 }]", 15, "component.part.files.0.mode"),
        ("[component.part.build]\ncommand = \"true\"\nshell = \"sh\"", 16, "component.part.build.shell"),
        ("[[trigger.http]]\nroute = \"/x\"\ncomponent = \"web\"\nexecutor = 1", 17, "trigger.http.1.executor"),
        ("[[trigger.command]]\ncomponent = \"x\"", 14, "trigger.command"),
        (
            "[component.part.dependencies]\n\"a:b\" = { path = \"x\", sha256 = \"y\" }",
            15,
            "component.part.dependencies.\"a:b\".sha256",
        ),
        ("[workspace]", 14, "workspace"),
    ] {
        check(addition, &[&unsupported(line, key)]);
    }
    for (addition, key) in [("[application.timers]\ndrain = 1", "application.timers"), ("[tool.farebox]", "tool")] {
        let remedy = ", or, if a tool of yours reads it, put it under [application.tool.<name>]";
        check(addition, &[&format!("{}{remedy}", unsupported(14, key))]);
    }
    check("a = 1\nb = 2", &[&unsupported(14, "component.part.a"), &unsupported(15, "component.part.b")]);
}

/// What other programs keep in the manifest is theirs: the host takes all that TOML can say, as Spin does, and nothing
/// but tables.
#[test]
fn tables_of_tools_are_tolerated() {
    check(
        "[application.tool.console.timers]\ndrain = { every_s = 5, jitter = 0.1 }\nat = 2026-01-01T00:00:00Z\n\
         [[application.tool.console.sites]]\nname = \"north\"\nspans = [[1, 2], [], [\"x\", true]]\n\
         [application.tool.\"an other\"]\n[component.web.build]\ncommand = \"true\"",
        &[],
    );
    // Beside them, everything is as strict as before.
    check(
        "[application.tool.console]\nanything = 1\n[component.web.tool.console]\nanything = 1",
        &["line 16: the local host does not support the key `component.web.tool`; remove it"],
    );
    for name in ["farebox", "console"] {
        let text = format!("{GOOD}[application.tool]\n{name} = 1");
        let error = parse(&text, Path::new(".")).unwrap_err().to_string();
        assert!(error.contains("line 15") && error.contains("invalid type: integer"), "{error}");
    }
}

/// The host's own table has what it knows and nothing else; a probe is a path that somebody answers.
#[test]
fn probes_are_paths_that_are_answered() {
    let text = format!("{GOOD}[application.tool.farebox]\nprobes = [\"/healthz\", \"/readyz\"]");
    let manifest = parse(&text, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(manifest.application.tool.farebox.probes, ["/healthz", "/readyz"]);
    check(
        "[application.tool.farebox]\nprobe = [\"/healthz\"]",
        &[
            "line 15: the local host does not support the key `application.tool.farebox.probe`; its own table has `probes` and \
           `timers`, and nothing else; remove it, or, if another tool reads it, give it a table of its own",
        ],
    );
    let wrong = |probe: &str, why: &str| format!("application.tool.farebox.probes: {probe:?} {why}");
    let no_path = "has to be a path, such as \"/healthz\"";
    let list = "[\"healthz\", \"/probes/...\", \"/a?b\", \"/a\", \"/a\", \"\"]";
    check(
        &format!("[application.tool.farebox]\nprobes = {list}"),
        &[
            &wrong("healthz", no_path),
            &wrong("/probes/...", no_path),
            &wrong("/a?b", no_path),
            &wrong("/a", "is there twice"),
            &wrong("", no_path),
        ],
    );
    let text = format!("{GOOD}[application.tool.farebox]\nprobes = [\"/healthz\"]").replace("\"/...\"", "\"/v1/...\"");
    assert_eq!(misfits_of(&text), [wrong("/healthz", "has no route: no trigger answers it")]);
}

/// A timer is a path that somebody answers, and how often it is asked for.
#[test]
fn timers_are_paths_that_are_answered() {
    let table = |table: &str| format!("{GOOD}[application.tool.farebox.timers]\n{table}");
    let good = table("\"/internal/jobs/a\" = \"1s\"\n\"/internal/jobs/b\" = \"1m 30s\"");
    let manifest = parse(&good, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let timers: Vec<_> =
        manifest.application.tool.farebox.timers.iter().map(|(path, every)| (&**path, every.0)).collect();
    let [a, b] = [1, 90].map(Duration::from_secs);
    assert_eq!(timers, [("/internal/jobs/a", a), ("/internal/jobs/b", b)]);
    check(
        "[application.tool.farebox.timers]\n\"jobs\" = \"1s\"",
        &["application.tool.farebox.timers: \"jobs\" has to be a path, such as \"/internal/jobs/repair\""],
    );
    for often in ["often", "0s", "-1s", "99ms", "25h", ""] {
        let error = parse(&table(&format!("\"/a\" = \"{often}\"")), Path::new("/")).unwrap_err();
        assert!(format!("{error:#}").contains("is not how often something is done"), "{error:#}");
    }
    let text = good.replace("\"/...\"", "\"/v1/...\"");
    let nobody = |path: &str| format!("application.tool.farebox.timers: {path:?} has no route: no trigger answers it");
    assert_eq!(misfits_of(&text), [nobody("/internal/jobs/a"), nobody("/internal/jobs/b")]);
}

/// A trigger of Redis has an address, its own or that of all, a channel and a component; a manifest may have no other trigger.
#[test]
fn channels_have_an_address_and_a_component() {
    let trigger =
        |rest: &str| format!("[[trigger.redis]]\nchannel = \"{{{{ host }}}}-c\"\ncomponent = \"web\"\n{rest}");
    let defaults = "[application.trigger.redis]\naddress = \"redis://{{ host }}:6379\"\n";
    let own = trigger("address = \"redis://elsewhere\"");
    let text = format!("{GOOD}{defaults}{}{own}", trigger(""));
    let manifest = parse(&text, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let channels: Vec<_> = manifest.channels().map(|c| (c.address, c.channel, c.component)).collect();
    assert_eq!(
        channels,
        [("redis://{{ host }}:6379", "{{ host }}-c", "web"), ("redis://elsewhere", "{{ host }}-c", "web")]
    );
    let alone = format!("{GOOD}{own}").replace("[[trigger.http]]\nroute = \"/...\"\ncomponent = \"web\"\n", "");
    assert_eq!(misfits_of(&alone), [""; 0]);
    let place = "trigger of the channel \"{{ host }}-c\"";
    check(
        &trigger(""),
        &[&format!(
            "{place}: it has no address; add one, or for all of them [application.trigger.redis] with \
             address = \"redis://host:port\""
        )],
    );
    let wrong = trigger("address = \"redis://{{ hots }}\"").replace("\"web\"", "\"webb\"");
    check(
        &wrong,
        &[
            &format!("{place}: there is no component \"webb\"; the components are part, web"),
            &format!("{place}, address: the application has no variable \"hots\"; add it to [variables]"),
        ],
    );
    check(
        "[application.trigger.redis]\naddress = \"{{ hots }}\"\nport = 1",
        &[
            "line 16: the local host does not support the key `application.trigger.redis.port`; remove it",
            "application.trigger.redis, address: the application has no variable \"hots\"; add it to [variables]",
        ],
    );
}

/// What is wrong is said with component, name and remedy.
#[test]
fn misconfigurations_say_what_would_be_right() {
    let components = "the components are part, web";
    check("", &[]);
    check("sqlite_databases = [\"default\"]", &[]);
    check(
        "sqlite_databases = [\"orders\"]",
        &["component \"part\", sqlite_databases: the database \"orders\" is not defined: Spin needs a runtime \
           configuration file for any but \"default\", and the local host has only that one; use \"default\""],
    );
    check(
        "key_value_stores = [\"default\"]",
        &["component \"part\", key_value_stores: the local host has no key-value stores, so none called \"default\"; \
           remove it"],
    );
    check(
        "files = [\"assets/*\", { source = \"nowhere\", destination = \"x\" }]",
        &[
            "component \"part\", files: the local host does not support patterns such as \"assets/*\"; write \
             { source = \"folder\", destination = \"/path\" }",
            "component \"part\", files: there is no folder \"nowhere\"",
            "component \"part\", files: the destination \"x\" has to be an absolute path",
        ],
    );
    check(
        "variables = { a = \"{{ hots }}\", B = \"\", c = \"{{\" }\nallowed_outbound_hosts = [\"redis://{{ prot }}\"]",
        &[
            "component \"part\", variables: \"B\" has to be lower-case words with \"_\" between them",
            "component \"part\", variable \"a\": the application has no variable \"hots\"; add it to [variables]",
            "component \"part\", variable \"c\": \"{{\" has a \"{{\" without its \"}}\"",
            "component \"part\", allowed_outbound_hosts: the application has no variable \"prot\"; add it to [variables]",
        ],
    );
    check(
        "[variables.a]\nrequired = true\ndefault = \"\"\n[variables.b]\nsecret = true\n[variables.C]\nrequired = true",
        &[
            "variable \"C\": its name has to be lower-case words with \"_\" between them",
            "variable \"a\": it is required and has a default; remove one of the two",
            "variable \"b\": it has no default; add one, or `required = true`",
        ],
    );
    check(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"webb\"\n[component.Bad_id]\nsource = \"\"",
        &[
            "trigger \"/...\": there is no component \"webb\"; the components are Bad_id, part, web",
            "trigger.http: the route \"/...\" belongs to two triggers, for \"web\" and \"webb\"",
            "component \"Bad_id\": its identifier has to be lower-case words with \"-\" between them",
        ],
    );
    check(
        "[component.web.dependencies]\n\"a:b\" = { component = \"prat\" }\n\"c\" = { path = \"x\", component = \"part\" }\n\
         \"d:\" = { path = \"x\" }",
        &[
            &format!("component \"web\", dependency \"a:b\": there is no component \"prat\"; {components}"),
            "component \"web\", dependency \"c\": it has to have either `component` or `path`",
            "component \"web\", dependency \"d:\": \"d:\" is not of the form \"namespace:package/interface@version\"",
        ],
    );
    check(
        "[component.web.dependencies]\n\"a:b/c@1.0.0\" = { path = \"x\" }\n\"a:b/d@1.0.0\" = { path = \"x\" }",
        &[
            "component \"web\", dependency \"a:b/d@1.0.0\": \"a:b/c@1.0.0\" is for the same WIT package, which Spin cannot \
           compose (\"package has already been registered in the graph\"); use one key for the whole package",
        ],
    );
    check(
        "[component.web.dependencies]\n\"a:b\" = { path = \"x\", export = \"c:d/e\" }",
        &["component \"web\", dependency \"a:b\": `export` names one interface, but the key a whole package; add the \
           interface to the key"],
    );
    check(
        "environment = { A = \"1\" }\n[component.web.dependencies]\n\"a:b\" = { component = \"part\" }",
        &["component \"web\", dependency \"a:b\": `environment` of the component \"part\" would have no effect here; \
           grant it to \"web\" and list it in the dependency's `inherit_configuration`"],
    );
}

/// Spin ignores a name it does not know, so a typing error would silently take a capability away. Here it is refused.
#[test]
fn inherited_names_have_to_be_known() {
    check(
        "[component.web.dependencies]\n\"a:b\" = { path = \"x\", inherit_configuration = [\"variables\", \"sqlite\"] }",
        &[
            "component \"web\", dependency \"a:b\": `inherit_configuration` has \"sqlite\", which Spin would ignore; the \
           names are ai_models, allowed_outbound_hosts, environment, files, key_value_stores, sqlite_databases, variables",
        ],
    );
    let both = "[component.web.dependencies]\n\"a:b\" = { path = \"x\", inherit_configuration = true }";
    let text =
        format!("{GOOD}{both}").replace("\"web.wasm\"", "\"web.wasm\"\ndependencies_inherit_configuration = true");
    assert!(misfits_of(&text)[0].contains("use one or the other"));
}

/// Everything is told in one run, whichever check finds it.
#[test]
fn all_misfits_at_once() {
    let text =
        "spin_manifest_version = 1\ntypo = 1\n[application]\nname = \"\"\n[trigger]\n[component.A]\nsource = \"\"\n";
    let misfits = misfits_of(text);
    assert_eq!(misfits.len(), 4, "{misfits:#?}");
    let error = parse(text, Path::new(".")).unwrap_err().to_string();
    assert!(error.starts_with("it does not make sense to the local host: 4 problems"), "{error}");
}

/// A value of the wrong type is shown where it is.
#[test]
fn a_wrong_type_is_shown_with_its_line() {
    let error = parse(&GOOD.replace("\"web.wasm\"", "{ url = \"x\" }"), Path::new(".")).unwrap_err().to_string();
    assert!(error.contains("line 11"), "{error}");
}
