"""Lines of source files in DWARF: where their code is. Reader."""

from typing import Any

from elftools.dwarf.dwarfinfo import DWARFInfo


def addresses_of(dwarf: DWARFInfo, file: str, line: int) -> list[int]:
    """Return where statements of a line begin, in the order of addresses; `file` is its name or the end of its path."""
    found = set()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        wanted = {number for number, path in _files(program) if path == file or path.endswith(f"/{file}")}
        for entry in program.get_entries() if wanted else ():
            state = entry.state
            if state and state.line == line and state.file in wanted and state.is_stmt and not state.end_sequence:
                found.add(state.address)
    return sorted(found)


def _files(program: Any) -> list[tuple[int, str]]:
    """Return number and path of a program's files."""
    header = program.header
    first = 0 if header.version >= 5 else 1
    folders = [_text(each) for each in header.include_directory]
    paths = []
    for number, entry in enumerate(header.file_entry, first):
        folder = entry.dir_index - (0 if header.version >= 5 else 1)
        inside = folders[folder] if 0 <= folder < len(folders) else ""
        paths.append((number, f"{inside}/{_text(entry.name)}".lstrip("/")))
    return paths


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
