"""What the package needs by itself."""

import subprocess
import sys


def test_pyarrow_alone_is_needed():
    code = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name in ("pyspark", "ray", "datasets", "datatrove", "polars", "duckdb", "pandas"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
import tamis, tamis.spark, tamis.ray
print(tamis.Cleaner().clean("The mill stands idle.").action)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "kept\n"), done.stderr
