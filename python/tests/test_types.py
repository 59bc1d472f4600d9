"""The package's types, and those of its compiled part against what is there. It needs mypy."""

import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy", reason="pip install mypy")

SETTINGS = str(pathlib.Path(__file__).parents[1] / "pyproject.toml")
#: Right on the first lines, wrong on the last.
SCRIPT = """\
import tamis
done = tamis.Cleaner(["web"], max_bytes=1000).clean("The mill.", url=None)
text: str | None = done.text
rules: str = tamis.Cleaner.from_text("format = 1").rules
tamis.Cleaner(rules=3)
"""


def run(module: str, *arguments: str, cwd: pathlib.Path) -> str:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=cwd, capture_output=True,
                          text=True)
    return done.stdout + done.stderr


def test_types_agree_with_each_other(tmp_path):
    said = run("mypy", "--config-file", SETTINGS, "-p", "tamis", cwd=tmp_path)
    assert said.startswith("Success"), said


def test_the_stub_says_what_the_compiled_part_has(tmp_path):
    said = run("mypy.stubtest", "--mypy-config-file", SETTINGS, "tamis._tamis", cwd=tmp_path)
    assert said.startswith("Success"), said


def test_a_user_is_told_what_fits(tmp_path):
    (tmp_path / "mine.py").write_text(SCRIPT)
    said = run("mypy", "--config-file", SETTINGS, "mine.py", cwd=tmp_path)
    assert "Found 1 error in 1 file" in said and "mine.py:5: error" in said, said
