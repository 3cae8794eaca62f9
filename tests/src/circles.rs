//! Which file of a crate imports which, and whether any of them do so in a circle.
//!
//! Reads source as text: `use` declarations and paths that begin with `crate`, `super` or `self`. What a module re-exports
//! is attributed to the file that defines it. Test modules do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, by its path below the crate: `["redis", "link"]`.
type Module = Vec<String>;

/// The circles among the files under `src`: sets of files that import each other, by module path.
///
/// # Panics
///
/// When a file cannot be read.
pub fn circles(src: &Path) -> Vec<Vec<String>> {
    let modules = modules(src);
    let uses: BTreeMap<&Module, Vec<Vec<String>>> =
        modules.iter().map(|(module, path)| (module, uses(&without_tests(&read(path))))).collect();
    let exports: BTreeMap<&Module, BTreeMap<String, Vec<String>>> = uses
        .iter()
        .map(|(module, uses)| {
            let named = uses.iter().filter_map(|path| Some((path.last()?.clone(), absolute(&modules, module, path)?)));
            (*module, named.collect())
        })
        .collect();
    let mut edges: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (module, uses) in &uses {
        for path in uses {
            let target = absolute(&modules, module, path).and_then(|path| definer(&modules, &exports, &path, 0));
            if let Some(target) = target.filter(|target| target != module) {
                edges.entry(module).or_default().insert(target);
            }
        }
    }
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        modules.keys().map(|module| (module, reachable(module, &edges))).collect();
    let mut circles: Vec<Vec<String>> = Vec::new();
    for module in modules.keys().filter(|module| reach[*module].contains(*module)) {
        let circle: Vec<String> = modules
            .keys()
            .filter(|other| reach[module].contains(*other) && reach[*other].contains(module))
            .map(|module| module.join("::"))
            .collect();
        if !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn modules(src: &Path) -> BTreeMap<Module, PathBuf> {
    fn add(folder: &Path, parent: &Module, modules: &mut BTreeMap<Module, PathBuf>) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let child = || parent.iter().cloned().chain([stem.clone()]).collect::<Module>();
            if path.is_dir() {
                add(&path, &child(), modules);
            } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
                let module = if matches!(&*stem, "lib" | "main" | "mod") { parent.clone() } else { child() };
                modules.insert(module, path);
            }
        }
    }
    let mut modules = BTreeMap::new();
    add(src, &Vec::new(), &mut modules);
    modules
}

/// The code of a file without comments, and without the tests at its end.
fn without_tests(text: &str) -> String {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    match code.find("#[cfg(test)]\nmod tests {") {
        Some(end) => code.get(..end).unwrap_or_default().to_owned(),
        None => code,
    }
}

/// Every path that is used, as it is written.
fn uses(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = code;
    let mut inline = String::new();
    while let Some(at) = rest.find("use ") {
        let begins = at == 0 || rest[..at].ends_with(['\n', ' ', ')']);
        let (before, after) = rest.split_at(at);
        inline.push_str(before);
        match after.find(';').filter(|_| begins) {
            Some(end) => {
                expand(&after[4..end].split_whitespace().collect::<Vec<_>>().join(" "), &Vec::new(), &mut paths);
                rest = &after[end..];
            }
            None => {
                inline.push_str("use ");
                rest = &after[4..];
            }
        }
    }
    inline.push_str(rest);
    for start in ["crate::", "super::"] {
        for (at, _) in inline.match_indices(start) {
            if inline[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let end = inline[at..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let path = &inline[at..end.map_or(inline.len(), |end| at + end)];
            paths.push(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect());
        }
    }
    paths
}

/// The paths of a `use` tree.
fn expand(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        Some((head, group)) => (head, group.strip_suffix('}').or(Some(group))),
        None => (tree, None),
    };
    let head = head.split(" as ").next().unwrap_or_default();
    let mut path = before.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty() && *part != "*").map(str::to_owned));
    let Some(group) = group else {
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        return paths.push(path);
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth <= 0 => {
                let part = group.get(start..at).unwrap_or_default();
                if !part.trim().is_empty() {
                    expand(part, &path, paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// A path from the root of the crate; `None` for what is not of this crate.
fn absolute(modules: &BTreeMap<Module, PathBuf>, module: &Module, path: &[String]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut base = match &**first {
        "crate" => Vec::new(),
        "self" => module.clone(),
        "super" => module.split_last()?.1.to_vec(),
        child => {
            let mut path = module.clone();
            path.push(child.to_owned());
            modules.contains_key(&path).then_some(path)?
        }
    };
    for part in rest {
        if part == "super" {
            base.pop();
        } else {
            base.push(part.clone());
        }
    }
    Some(base)
}

/// The file that defines what a path names, through whatever re-exports it.
fn definer<'m>(
    modules: &'m BTreeMap<Module, PathBuf>,
    exports: &BTreeMap<&Module, BTreeMap<String, Vec<String>>>,
    path: &[String],
    depth: usize,
) -> Option<&'m Module> {
    let mut module = Vec::new();
    for (index, part) in path.iter().enumerate() {
        let mut child = module.clone();
        child.push(part.clone());
        if modules.contains_key(&child) {
            module = child;
            continue;
        }
        let through = exports.get(&module).and_then(|exports| exports.get(part)).filter(|_| depth < 8);
        if let Some(target) = through.filter(|target| **target != path[..=index]) {
            let target: Vec<String> = target.iter().chain(&path[index + 1..]).cloned().collect();
            return definer(modules, exports, &target, depth + 1);
        }
        break;
    }
    modules.get_key_value(&module).map(|(module, _)| module)
}

fn reachable<'m>(from: &'m Module, edges: &BTreeMap<&'m Module, BTreeSet<&'m Module>>) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Module> = vec![from];
    while let Some(module) = open.pop() {
        for next in edges.get(module).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = circles(folder.path());
        let expected: Vec<Vec<String>> =
            expected.iter().map(|circle| circle.iter().map(|module| (*module).to_owned()).collect()).collect();
        assert_eq!(found, expected, "{files:?}");
    }

    /// Circles are found through groups, re-exports, parents and inline paths; and what only looks like one is not.
    #[test]
    fn circles_are_found() {
        let lib = ("lib.rs", "mod a;\nmod b;\npub use a::A;\npub use b::B;\n");
        check(&[lib, ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")], &[]);
        check(&[lib, ("a.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;")], &[&["a", "b"]]);
        check(&[lib, ("a.rs", "use crate::{B, b};"), ("b.rs", "fn b() { crate::A::new() }")], &[&["a", "b"]]);
        check(&[lib, ("a.rs", "use super::b;"), ("b.rs", "use super::a::{self, A as Other};")], &[&["a", "b"]]);
        check(
            &[
                lib,
                ("a.rs", "use crate::B;"),
                ("b.rs", "// use crate::A;\n#[cfg(test)]\nmod tests {\nuse crate::A;\n}"),
            ],
            &[],
        );
        check(
            &[("lib.rs", "mod a;"), ("a.rs", "mod c;\nuse c::C;\npub struct A;"), ("a/c.rs", "use super::A;")],
            &[&["a", "a::c"]],
        );
        check(&[("lib.rs", "mod a;"), ("a.rs", "mod c;\npub use c::C;"), ("a/c.rs", "use std::fmt;")], &[]);
    }
}
