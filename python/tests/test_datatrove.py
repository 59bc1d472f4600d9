"""A pipeline of datatrove."""

import gzip
import json
import pathlib

import pytest

pytest.importorskip("datatrove", reason="pip install datatrove")

import tamis
from datatrove.data import Document
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from tamis.datatrove import TamisFilter

from test_cleaner import CALL, DROPS, GOOD, TEXT


def lines(folder: pathlib.Path) -> dict[str, dict]:
    rows = [json.loads(line) for file in sorted(folder.rglob("*.jsonl.gz"))
            for line in gzip.open(file, "rt")]
    return {row["id"]: row for row in rows}


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS)
    return ["web", path]


def test_a_pipeline_is_one_line_more(tmp_path, rules):
    texts = {"a": TEXT, "b": GOOD, "c": GOOD + " And beta."}
    (tmp_path / "in").mkdir()
    for n in range(4):
        with open(tmp_path / "in" / f"{n}.jsonl", "w") as file:
            for name, text in texts.items():
                file.write(json.dumps({"id": f"{name}{n}", "text": text,
                                       "url": "https://a.example/"}) + "\n")
    out, aside = tmp_path / "out", tmp_path / "aside"
    pipeline = [
        JsonlReader(str(tmp_path / "in")),
        TamisFilter(rules, exclusion_writer=JsonlWriter(str(aside)), batch_size=5),
        JsonlWriter(str(out)),
    ]
    LocalPipelineExecutor(pipeline, tasks=2, workers=2, logging_dir=str(tmp_path / "logs")).run()
    kept, dropped = lines(out), lines(aside)
    assert {name: row["text"] for name, row in kept.items()} == {
        f"{name}{n}": GOOD for name in "ab" for n in range(4)}
    said = kept["a0"]["metadata"]["tamis"]
    assert said["action"] == "cut" and tamis.restore(GOOD, said["removed"]) == TEXT
    assert kept["b0"]["metadata"]["tamis"]["action"] == "kept"
    assert kept["b0"]["metadata"]["url"] == "https://a.example/"
    assert sorted(dropped) == ["c0", "c1", "c2", "c3"]
    assert dropped["c1"]["text"] == texts["c"]
    assert dropped["c1"]["metadata"]["filter_reason"].startswith("mine/")
    stats = json.loads((tmp_path / "logs" / "stats.json").read_text())[1]["stats"]
    totals = {name: of if isinstance(of, int) else of["total"] for name, of in stats.items()}
    assert totals["forwarded"] == 8 and totals["tamis_cut"] == 4 and totals["tamis_dropped"] == 4
    assert totals["tamis_removed"] == 4 * (len(TEXT) - len(GOOD) + len(texts["c"]))


def test_a_poisoned_document_is_put_aside_with_its_reason(tmp_path):
    block = TamisFilter(exclusion_writer=JsonlWriter(str(tmp_path / "aside")))
    documents = [Document(GOOD, "a"), Document("The mill\ud800 stands.", "b"), Document(None, "c"),
                 Document(TEXT, "d", metadata={"url": 7, "language": "\ud800"})]
    kept = list(block.run(iter(documents)))
    assert [(document.id, document.text) for document in kept] == [("a", GOOD), ("d", GOOD)]
    aside = lines(tmp_path / "aside")
    assert aside["b"]["metadata"]["tamis"]["reason"].startswith("invalid UTF-8 at byte 8")
    assert aside["b"]["text"] == "The mill\\ud800 stands."
    assert aside["c"]["metadata"]["filter_reason"] == "unreadable"


def test_one_document_at_a_time_without_a_note():
    block = TamisFilter(batch_size=1, note=None)
    document = Document(TEXT, "a")
    assert block.filter(document) is True
    assert document.text == GOOD and document.metadata == {}


def test_a_survey_knows_documents_by_their_metadata(tmp_path):
    text = GOOD + "\n\n" + CALL
    documents = [Document(text, str(n), metadata={"file": "x", "row": n}) for n in range(3)]
    places = {"source": "file", "ordinal": "row"}
    rows = [{"text": text, "file": "x", "row": n} for n in range(3)]
    import pyarrow as pa

    survey = tmp_path / "survey.parquet"
    tamis.Cleaner("exact-lines", **places).survey(pa.Table.from_pylist(rows), survey)
    block = TamisFilter("exact-lines", survey=survey, **places)
    assert [document.id for document in block.run(iter(documents))] == ["0"]
    with pytest.raises(tamis.TamisError, match="survey"):
        TamisFilter("exact-lines")


def test_a_mistake_in_the_rules_is_told_before_the_pipeline_starts(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS.replace("document", "docment"))
    with pytest.raises(tamis.RulesError, match="docment"):
        TamisFilter(path)
