#!/bin/sh
# CPU seconds and peak memory of cleaning hostile pages, as rows of a Markdown table.
#
#   cargo build --release
#   cargo run --release --example hostile_pages -- FOLDER
#   benches/hostile.sh FOLDER [RULES]
#
# RULES is a rule set or a file; without it an empty one. Needs python3, which knows the peak
# memory of a child everywhere. TAMIS is the program (target/release/tamis).
set -eu

[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
own=$(dirname "$0")
exec python3 - "$1" "${2:-$own/rules/empty.toml}" "${TAMIS:-$own/../target/release/tamis}" <<'PYTHON'
import os, subprocess, sys, tempfile

folder, rules, tamis = sys.argv[1:]
sizes = sorted({int(name[:-5].rsplit("-", 1)[1]) for name in os.listdir(folder)})
names = sorted({name[:-5].rsplit("-", 1)[0] for name in os.listdir(folder)})
print("| page |", " | ".join(f"{size} MB" for size in sizes), "| peak, times the page |")
print("|---|" + "---|" * (len(sizes) + 1))
for name in names:
    cells = []
    for size in sizes:
        path = os.path.join(folder, f"{name}-{size}.html")
        with tempfile.TemporaryDirectory() as scratch:
            child = subprocess.Popen([tamis, "clean", path, "-o", scratch + "/out", "-q", "-r", rules,
                                      "--threads", "1"], stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = 0
        # 3: set aside with a reason.
        assert os.waitstatus_to_exitcode(status) in (0, 3), path
        cells.append(f"{used.ru_utime + used.ru_stime:.2f} s")
        most = used.ru_maxrss * 1024 / os.path.getsize(path)
    print("|", name.replace("-", " "), "|", " | ".join(cells), "|", f"{most:.0f} |")
PYTHON
