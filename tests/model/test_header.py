"""What a script says of itself, for the title of its pane."""

import pytest

from tracetop.model.header import first_sentence, without_comments


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/usr/bin/env bpftrace\n/*\n * foo - Does a thing. And more.\n */\nBEGIN { }", "Does a thing"),
        ("#!/usr/bin/env bpftrace\n// foo.bt\tTrace open() calls.\n// \tFor Linux.\nBEGIN { }", "Trace open() calls"),
        ("// Count calls: by name\nBEGIN { }", "Count calls: by name"),
        ("/* a */ BEGIN { }", "a"),
        ("#!/usr/bin/env bpftrace\nBEGIN { }", ""),
        ("BEGIN { } // not at the head", ""),
        ("", ""),
    ],
)
def test_a_script_s_first_comment_says_what_it_is(text: str, said: str) -> None:
    assert first_sentence(text) == said


def test_a_script_on_one_line_is_without_what_comes_before_its_first_clause() -> None:
    assert without_comments("#!/usr/bin/env bpftrace\n/* a */\n// b\nBEGIN {\n  @ = 1;\n}\n") == "BEGIN { @ = 1; }"
