#!/usr/bin/env bash
# A type with external linkage is defined once in the whole program: with two of one name the linker keeps one
# destructor for both, and neither compiler nor linker reports it.
set -euo pipefail
cd "$REPO"
python3 - <<'PY'
import os, re, sys

def stripped(text):
    """The code with comments, literals and preprocessor lines blanked."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    text = re.sub(r"(?<=\d)'(?=\d)", "", text)  # 1'000'000
    text = pattern.sub(lambda found: " " if found.group()[0] == "/" else '""', text)
    return re.sub(r"^\s*#(?:[^\n\\]|\\.|\\\n)*", "", text, flags=re.M)

def types_of(text):
    """Qualified names of the types that are defined outside unnamed namespaces and functions."""
    found, scopes, start = [], [], 0
    for at, mark in ((m.start(), m.group()) for m in re.finditer(r"[{};]", text)):
        head = " ".join(text[start:at].split())
        start = at + 1
        if mark == "}":
            if scopes: scopes.pop()
        elif mark == "{":
            space = re.search(r"(?:^|\s)(?:inline )?namespace\s*([\w:]*)$", head)
            kind = re.search(r"(?:^|[\s>])(struct|class|union|enum(?: class| struct)?)\s+(?:alignas\([^)]*\)\s*)?((?:\w+::)*\w+)(?:\s+final)?\s*(?::(?!:)[^()]*)?$", head)
            if space: scopes.append(("namespace", space.group(1)))
            elif kind and "(" not in head.split(kind.group(1))[-1]:
                path = [name for _, name in scopes]
                # Specialisations and nested types belong to their outer type.
                if all(sort == "namespace" and name for sort, name in scopes) and "template <>" not in head:
                    found.append("::".join(path + [kind.group(2)]))
                scopes.append(("type", kind.group(2)))
            else: scopes.append(("block", ""))
    return found

places = {}
for folder, _, files in os.walk("src"):
    for name in files:
        if not name.endswith((".h", ".cpp")): continue
        path = os.path.join(folder, name)
        for one in types_of(stripped(open(path).read())): places.setdefault(one, []).append(path)
assert len(places) > 200, f"only {len(places)} types were found: the search is broken"
twice = {name: paths for name, paths in places.items() if len(paths) > 1}
for name, paths in sorted(twice.items()): print(f"{name} is defined in {' and '.join(paths)}")
# The search finds types in a sample.
sample = "namespace vitrine { struct A { int x; }; namespace { struct B {}; } void f() { struct C {}; } class D : public A { enum class E { e }; }; }"
assert types_of(stripped(sample)) == ["vitrine::A", "vitrine::D"], types_of(stripped(sample))
sys.exit(1 if twice else 0)
PY
