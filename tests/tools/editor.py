"""What an editor makes of rules files: the schema, and a TOML language server that reads it.

    python editor.py TAMIS TAPLO NPM

Checks that every built-in rules file fits the schema and a wrong one does not, by jsonschema and by
`taplo lint`; and asks taplo's language server what it would complete in a file that names the
schema in its first line, as `tamis rules new` writes it. TAPLO is the program; NPM a folder with
`node_modules/@taplo/lsp`, as the program of pip has no language server.
"""

import json
import subprocess
import sys
import tempfile
import threading
import tomllib
from pathlib import Path

import jsonschema

RULES = Path(__file__).resolve().parents[2] / "rules"

WRONG = {
    "a key that there is not": 'format = 1\n[rules.x]\nabuot = "X"\nabout = "X"\nscope = "block"\n'
    'action = "remove"\nwhen = { pattern = "x" }\n',
    "a scope that there is not": 'format = 1\n[rules.x]\nabout = "X"\nscope = "blok"\n'
    'action = "remove"\nwhen = { pattern = "x" }\n',
    "a signal that there is not": 'format = 1\n[rules.x]\nabout = "X"\nscope = "block"\n'
    'action = "remove"\nwhen = { signal = "wordcount", above = 1 }\n',
    "no format": 'about = "X"\n',
}


def run(*command, code=0):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def builtin():
    files = [path for path in RULES.rglob("*.toml")]
    assert len(files) > 40, files
    return files


def check_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in builtin():
        text = path.read_text()
        first = text.splitlines()[0]
        named = (path.parent / first.removeprefix("#:schema ")).resolve()
        assert first.startswith("#:schema ") and named == RULES / "schema.json", f"{path}: {first}"
        errors = [error.message for error in validator.iter_errors(tomllib.loads(text))]
        assert not errors, f"{path}: {errors}"
    for what, text in WRONG.items():
        assert list(validator.iter_errors(tomllib.loads(text))), f"the schema takes {what}"


def check_lint(taplo, folder):
    run(taplo, "lint", *map(str, builtin()))
    for what, text in WRONG.items():
        path = folder / "wrong.toml"
        path.write_text("#:schema ./rules.schema.json\n" + text)
        done = subprocess.run([taplo, "lint", str(path)], capture_output=True)
        assert done.returncode != 0, f"taplo takes {what}"


class Server:
    """A language server on its standard input and output."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, cwd=folder)
        self.timer = threading.Timer(120, self.process.kill)
        self.timer.start()
        self.last = 0
        root = folder.as_uri()
        folders = [{"uri": root, "name": "rules"}]
        asked = {"processId": None, "rootUri": root, "capabilities": {}, "workspaceFolders": folders}
        self.ask("initialize", asked)
        self.tell("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def read(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server ended"
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, params):
        self.last += 1
        own = self.last
        self.send({"id": own, "method": method, "params": params})
        while True:
            message = self.read()
            if message.get("id") == own and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            if "id" in message:
                # The server asks in its turn: for settings, of which there are none.
                items = message.get("params", {}).get("items", [])
                self.send({"id": message["id"], "result": [None] * len(items) or None})

    def completions(self, path, text, version):
        """What is offered where `|` stands."""
        before, _, after = text.partition("|")
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "toml", "version": version, "text": before + after}
        self.tell("textDocument/didOpen", {"textDocument": document})
        line = before.count("\n")
        place = {"line": line, "character": len(before) - (before.rfind("\n") + 1)}
        at = {"textDocument": {"uri": uri}, "position": place}
        offered = set()
        # The schema is loaded beside: asked at once, the server may not know it yet.
        for _ in range(20):
            found = self.ask("textDocument/completion", at) or []
            found = found["items"] if isinstance(found, dict) else found
            offered = {item["label"].strip('"') for item in found}
            if offered:
                break
            threading.Event().wait(0.25)
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
        return offered

    def end(self):
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.timer.cancel()
        self.process.kill()


def check_completion(npm, folder):
    head = '#:schema ./rules.schema.json\nformat = 1\n\n[rules.notice]\nabout = "X"\n'
    cases = [
        (head + "|", {"weight", "action", "scope", "when", "hits", "misses"}),
        (head + "scope = |", {"block", "sentence", "document", "area", "page", "source"}),
        (head + "action = |", {"remove", "drop", "keep", "flag", "cut", "part"}),
        (head + "category = |", {"spam", "boilerplate", "quality"}),
        (head + "[rules.notice.when]\nsignal = |", {"word_count", "link_density"}),
        ("#:schema ./rules.schema.json\nformat = 1\n[decide]\n|", {"remove-block-at", "guard-share"}),
    ]
    shim = Path(__file__).with_name("taplo_stdio.mjs")
    server = Server(["node", str(shim), str(Path(npm).resolve())], folder)
    for version, (text, wanted) in enumerate(cases, 1):
        path = folder / f"case-{version}.toml"
        path.write_text(text.replace("|", ""))
        offered = server.completions(path, text, version)
        assert wanted <= offered, f"{text!r}: not offered {wanted - offered}, but {sorted(offered)}"
    server.end()
    return len(cases)


def main(tamis, taplo, npm):
    schema = run(tamis, "rules", "schema")
    assert schema == (RULES / "schema.json").read_text(), "rules/schema.json is stale"
    check_schema(json.loads(schema))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        new = folder / "mine.toml"
        run(tamis, "rules", "new", "mine/notice", "--file", str(new), "--hit", "This site uses cookies")
        run(taplo, "lint", str(new))
        check_lint(taplo, folder)
        cases = check_completion(npm, folder)
    print(f"{len(builtin())} built-in files fit the schema; {cases} places completed by taplo")


main(*sys.argv[1:4])
