"""The architecture holds: imports only go down the layers, and each process loads only what it needs.

The first half reads every module's source; the second half looks at `sys.modules` in fresh interpreters.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tracetop"
LAYERS = (
    ("cli",),
    ("ui", "headless"),
    ("source",),
    ("view",),
    ("tracer",),
    ("lang", "bpf"),
    ("library",),
    ("model",),
    ("errors",),
)
"""From the top down; those of one rank do not import each other."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
PRIVILEGED = {"bpf", "lang", "tracer"}
"""Started as a process by `source`, imported by nothing that shows frames."""
FRONT_DOORS = MappingProxyType({"bpf": "tests/bpf tests/kernel/programs tests/kernel/facts", "lang": "tests/lang"})
"""Packages whose `__init__` has all that other layers use, and the folders of tests that look at their insides."""
SHARED = "source tree vocabulary ctypes options"
ROOMS = {
    "lang": {
        # What the passes share: a text and places in it, the trees, words, C's types, what a script may set.
        "source": "",
        "tree": "source",
        "vocabulary": "source tree",
        "ctypes": "source tree vocabulary",
        "options": "source tree vocabulary",
        # The passes: each knows what it is handed, and nobody who made it; what does not parse is advised upon.
        "advice": "source vocabulary",
        "parse": f"advice {SHARED}",
        "resolve": f"advice {SHARED}",
        "check": f"advice resolve {SHARED}",  # a clause is checked once for each kind of hook that it stands for
        "plan": SHARED,
        "emit": f"plan {SHARED}",
        # A function of the language is checked and emitted in one file, so it knows both passes and neither knows it.
        "functions": f"check emit {SHARED}",
        "completion": f"check functions resolve {SHARED}",  # beside the passes
    },
    "bpf": {
        "sys": "",
        "symbols": "sys",
        "objects": "sys",
        "attach": "symbols sys",
        "debug_info": "symbols sys",
        "kernel": "attach debug_info symbols sys",  # which kinds of probes it takes is found by attaching one
        "load": "kernel objects symbols sys",
        "maps": "load objects sys",  # BCC, which has loaded them, has their descriptors
    },
    "tracer": {
        "loaded_script": "",
        "pipe": "",
        "printing": "loaded_script",
        "aggregate": "printing",  # keys are decoded as they are printed
        "script": "aggregate loaded_script pipe printing",
        "inspect": "aggregate pipe",
        "panes": "aggregate inspect loaded_script pipe printing script",
    },
    "ui": {
        "dialogue": "",
        "draw": "dialogue",
        "views": "dialogue draw",
        "panes": "dialogue draw views",
        "prompts": "dialogue draw views",
    },
}
"""What the rooms of a layer, folders and modules, may import of one another, from the bottom up.

What is not named is on top: it imports any room, and no room imports it.
"""
MAX_FILES = 12
MAX_LINES = 400
MAX_METHODS = 25
MUTABLE_TYPES = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
MUTATORS = {"append", "extend", "insert", "remove", "pop", "popitem", "clear", "add", "discard", "update", "setdefault"}
UNBOUNDED = {"cache", "functools.cache", "lru_cache(maxsize=None)", "functools.lru_cache(maxsize=None)"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def outside() -> list[Path]:
    """Return the modules that are no part of the package: tests and benches."""
    found = [path for top in ("tests", "bench") for path in (ROOT / top).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def dotted(path: Path) -> str:
    """Return the module's name, ``tracetop.view.text``; a package's is its directory's."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """Return the room of ``tracetop.lang.tree.typed``: ``tree``; empty for the layer itself."""
    return ".".join(module.split(".")[2:3])


def layer(module: str) -> str:
    """Return the layer of ``tracetop.view.text``: ``view``; empty for ``tracetop`` itself."""
    return module.split(".")[1].replace("__main__", "cli") if "." in module else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything a module imports anywhere, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(path: Path) -> set[str]:
    """Return the modules of tracetop that a module imports: ``from tracetop.a import b`` may mean either."""
    known = {dotted(each) for each in modules()}
    names = {name for name in imported(path) if name.split(".")[0] == "tracetop"}
    return {name if name in known else name.rpartition(".")[0] for name in names} - {dotted(path)}


def classes(path: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}


def methods(path: Path, name: str) -> set[str]:
    """Return the names of the methods that a class has, its own and those of the bases that are ours."""
    node = classes(path)[name]
    found = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    for base in (ast.unparse(each).partition("[")[0] for each in node.bases):
        if base in classes(path):
            found |= methods(path, base)
            continue
        place = next(
            (full for full in imported(path) if full.startswith("tracetop.") and full.endswith(f".{base}")), ""
        )
        module = ROOT / (place.rpartition(".")[0].replace(".", "/") + ".py")
        if place and module.exists():
            found |= methods(module, base)
    return found


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer(dotted(path)) for path in modules()} - {""} <= RANK.keys()


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_only_go_down(path: Path) -> None:
    here = layer(dotted(path))
    for name in imported_modules(path):
        there = layer(name)
        if here and there and there != here:
            assert RANK[there] > RANK[here], f"{dotted(path)} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_rooms_of_a_layer_import_only_what_they_may(path: Path) -> None:
    here, rooms = room(dotted(path)), ROOMS.get(layer(dotted(path)), {})
    if here in rooms:
        found = {name for name in imported_modules(path) if layer(name) == layer(dotted(path)) and room(name) != here}
        wrong = {name for name in found if room(name) not in rooms[here].split()}
        assert not wrong, f"{dotted(path)} imports {sorted(wrong)}"


@pytest.mark.parametrize("name", ROOMS)
def test_every_room_has_its_place_and_imports_from_below(name: str) -> None:
    """A room that nobody has made yet, or any more, has none."""
    rooms = ROOMS[name]
    folders = {path.parent.name for path in (PACKAGE / name).glob("*/__init__.py")}
    assert folders <= rooms.keys()
    order = list(rooms)
    assert all(order.index(below) < order.index(above) for above, them in rooms.items() for below in them.split())


def test_what_the_processes_say_to_each_other_is_on_top_of_the_model() -> None:
    for path in modules():
        if layer(dotted(path)) == "model" and room(dotted(path)) != "wire":
            assert not {name for name in imported_modules(path) if room(name) == "wire"}, dotted(path)


@pytest.mark.parametrize("top", [PACKAGE, ROOT / "tests"], ids=lambda top: top.name)
def test_a_folder_is_seen_at_a_glance(top: Path) -> None:
    counts = Counter(path.parent for path in top.rglob("*.py") if "__pycache__" not in path.parts)
    assert {str(folder.relative_to(ROOT)): count for folder, count in counts.items() if count > MAX_FILES} == {}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_what_shows_frames_never_imports_what_makes_them(path: Path) -> None:
    if RANK.get(layer(dotted(path)), len(LAYERS)) <= RANK["view"] and layer(dotted(path)) != "cli":
        found = {name for name in imported_modules(path) if layer(name) in PRIVILEGED}
        assert not found, f"{dotted(path)} imports {sorted(found)}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_kernel_side_and_the_compiler_are_imported_by_their_front_doors(path: Path) -> None:
    here = layer(dotted(path))
    for name in imported_modules(path):
        assert layer(name) in (here, "") or name.count(".") < 2 or layer(name) not in FRONT_DOORS, name


@pytest.mark.parametrize("package", FRONT_DOORS)
def test_tests_and_benches_come_in_by_the_front_doors(package: str) -> None:
    """But for tests of what is inside, which lie in folders of their own.

    Those of the kernel side are in three, since most of it does nothing without a kernel: tests/bpf needs none,
    tests/kernel/programs loads programs, and tests/kernel/facts holds what the rooms learn of a kernel and its
    processes against other sources of the same facts. Programs that this file has a fresh interpreter run say what
    one inner module loads; they are text, and not looked at.
    """
    homes = [ROOT / folder for folder in FRONT_DOORS[package].split()]
    for path in outside():
        if not any(path.is_relative_to(home) for home in homes):
            inside = {name for name in imported_modules(path) if name.startswith(f"tracetop.{package}.")}
            assert not inside, f"{path.relative_to(ROOT)} imports {sorted(inside)}"


@pytest.mark.parametrize("package", FRONT_DOORS)
def test_a_front_door_gives_what_its_rooms_have(package: str) -> None:
    """Its imports are for the type checker alone, and made one by one when a name is asked for."""
    door = import_module(f"tracetop.{package}")
    imports = [node for node in ast.walk(tree(PACKAGE / package / "__init__.py")) if isinstance(node, ast.ImportFrom)]
    names = [(str(node.module), alias.name) for node in imports for alias in node.names]
    for module, name in names:
        if module.startswith("tracetop."):
            assert getattr(door, name) is getattr(import_module(module), name)
    with pytest.raises(AttributeError):
        door.nothing_of_that_name  # noqa: B018


def test_only_bpf_imports_bcc_and_only_ui_imports_textual() -> None:
    owners = {"bcc": "bpf", "textual": "ui", "rich": "ui"}
    for path in modules():
        for name in imported(path):
            owner = owners.get(name.split(".")[0])
            assert owner in (None, layer(dotted(path))), f"{dotted(path)} imports {name}"


def test_no_import_is_part_of_a_cycle() -> None:
    graph = {dotted(path): imported_modules(path) for path in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_is_short_and_its_classes_are_small(path: Path) -> None:
    """A class has what it inherits from our own classes, too; Textual's and lark's are theirs."""
    assert len(path.read_text().splitlines()) <= MAX_LINES
    for name, node in classes(path).items():
        if not any("Transformer" in ast.unparse(base) for base in node.bases):
            # (a lark Transformer has one method a rule of the grammar)
            found = methods(path, name)
            assert len(found) <= MAX_METHODS, f"{name} has {len(found)} methods"


@pytest.mark.parametrize("path", outside(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_of_tests_or_benches_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_says_what_it_is(path: Path) -> None:
    """A package in several lines: what it is for, what comes in, what goes out."""
    said = ast.get_docstring(tree(path))
    assert said
    assert path.name != "__init__.py" or path.parent == PACKAGE or len(said.splitlines()) >= 3


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_holds_no_state_that_changes(path: Path) -> None:
    """A list, dict or set at module level is a table in capitals that no statement of its module changes."""
    tables = {name for statement in tree(path).body for name in assigned_mutables(statement)} - {"__all__"}
    assert all(name.isupper() for name in tables), f"not constants: {sorted(tables)}"
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.Global), f"line {node.lineno}: global {node.names}"
        changed = changed_names(node) & tables
        assert not changed, f"line {node.lineno}: changes {changed}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_cache_with_arguments_is_bounded(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and node.args.args:
            unbounded = {ast.unparse(each) for each in node.decorator_list} & UNBOUNDED
            assert not unbounded, f"line {node.lineno}: {unbounded}"


def assigned_mutables(statement: ast.stmt) -> set[str]:
    """Return the names that a module-level statement binds to a list, dict or set that nothing froze."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not is_mutable(statement.value):
        return set()
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name | ast.Attribute):
        return ast.unparse(value.func).rpartition(".")[2] in MUTABLE_TYPES
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def changed_names(node: ast.AST) -> set[str]:
    """Return the names whose object a node changes: ``N[0] = 1``, ``del N[0]``, ``N |= …``, ``N.append(…)``."""
    places: list[ast.expr] = []
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        places = [node.value]
    elif isinstance(node, ast.AugAssign):
        places = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        places = [node.func.value]
    return {place.id for place in places if isinstance(place, ast.Name)}


def loaded_by(program: str) -> set[str]:
    """Return the top-level modules that are loaded after `program` ran in a fresh interpreter."""
    report = "\nimport sys; print('loaded:', *{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", program + report], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.rpartition("loaded:")[2].split())


def test_headless_mode_loads_neither_textual_nor_bcc_nor_numpy() -> None:
    assert not loaded_by("import tracetop.headless.batch") & {"textual", "rich", "bcc", "numpy", "lark"}


def test_help_loads_nothing_heavy() -> None:
    program = "from tracetop.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not loaded_by(program) & {"textual", "rich", "bcc", "numpy", "lark", "psutil"}


def test_the_dashboard_loads_neither_bcc_nor_numpy() -> None:
    assert not loaded_by("import tracetop.ui.app") & {"bcc", "numpy", "lark"}


def test_the_parser_works_where_bcc_is_missing() -> None:
    hide = "import sys; sys.modules['bcc'] = None\n"
    parse = "from tracetop.lang.parse.parser import parse\nassert parse"
    assert "lark" in loaded_by(hide + parse)


def test_a_list_of_probes_loads_neither_bcc_nor_the_grammar() -> None:
    assert not loaded_by("import tracetop.tracer.inspect.list_probes") & {"bcc", "lark"}


def test_a_trial_and_an_interface_of_names_load_no_numpy() -> None:
    assert not loaded_by("import tracetop.bpf.load.trial, tracetop.bpf, tracetop.lang") & {"bcc", "lark", "numpy"}
