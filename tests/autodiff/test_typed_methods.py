"""The stub that type checkers read lists exactly the methods that are bound."""

from __future__ import annotations

import typed_methods


def test_stub_is_up_to_date() -> None:
    assert typed_methods.PATH.read_text(encoding="utf-8") == typed_methods.text(), (
        "run: python tests/support/typed_methods.py"
    )
