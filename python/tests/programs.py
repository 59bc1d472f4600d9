"""The program, which the package must agree with."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def program(*arguments, code=0):
    """Runs the program as it was built beside the package, or that at `TAMIS`."""
    path = os.environ.get("TAMIS", str(ROOT / "target/release/tamis"))
    if not os.path.exists(path):
        pytest.skip(f"no program at {path}: cargo build --release, or say where by TAMIS")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
