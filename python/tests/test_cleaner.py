"""The class, one text and one batch at a time."""

import doctest
import pickle
import threading

import pyarrow as pa
import pytest

import tamis

GOOD = "The mill at the mouth of the creek ground its last corn in the spring of 1957."
CALL = "Share your thoughts in the comments below!"
TEXT = f"{GOOD}\n\n{CALL}"
DROPS = """format = 1
about = "Drops what says beta"
[rules.off]
about = "Beta"
scope = "document"
category = "spam"
action = "drop"
when = { phrases = ["beta"] }
"""


def test_the_documentation_is_true():
    assert doctest.testmod(tamis).failed == 0


def test_what_is_cut_is_explained_and_can_be_undone():
    done = tamis.Cleaner().clean(TEXT)
    assert (done.action, done.text, done.reason) == ("cut", GOOD, None)
    (part,) = done.removed
    assert TEXT.encode()[part["start"]:part["end"]].decode() == part["text"]
    assert TEXT[part["char_start"]:part["char_end"]] == part["text"]
    assert part["rules"] and part["copy_of"] is None
    assert done.scores["boilerplate"] > 0
    assert tamis.restore(done.text, done.removed) == TEXT


def test_a_dropped_document_has_no_text_and_can_be_undone():
    done = tamis.Cleaner.from_text(DROPS).clean(f"{GOOD} Übrigens: beta.")
    assert (done.action, done.text) == ("dropped", None)
    assert done.removed[0]["rules"] == ["rules/off"]
    assert tamis.restore(done.text, done.removed) == f"{GOOD} Übrigens: beta."


def test_all_columns_come_out_and_every_row_stays():
    batch = pa.record_batch({
        "n": pa.array([1, 2, 3]),
        "text": pa.array([TEXT.encode(), b"\xff\xfe", None], pa.binary()),
        "tags": pa.array([["a"], [], None]),
    })
    out = tamis.Cleaner().clean_batch(batch)
    assert out.schema.names == ["n", "text", "tags", "tamis"]
    assert out["n"].equals(batch["n"]) and out["tags"].equals(batch["tags"])
    rows = out.to_pylist()
    assert [row["tamis"]["action"] for row in rows] == ["cut", "unreadable", "unreadable"]
    assert [row["text"] for row in rows] == [GOOD.encode(), b"\xff\xfe", None]
    assert rows[1]["tamis"]["reason"] == "invalid UTF-8 at byte 0"
    assert rows[2]["tamis"]["reason"] == "no field `text`"
    assert out.schema == tamis.Cleaner().output_schema(batch.schema)


def test_nothing_is_an_answer_too():
    empty = pa.record_batch({"text": pa.array([], pa.string())})
    assert tamis.Cleaner().clean_batch(empty).num_rows == 0
    assert tamis.Cleaner().clean("").action == "kept"


def test_a_long_text_is_unreadable():
    assert tamis.Cleaner(max_bytes=10).clean("x" * 11).reason == "too large: more than 10 bytes"
    assert tamis.Cleaner(max_bytes=10).clean("x" * 10).action == "kept"


def test_html_comes_out_as_text():
    page = f"<html><body><p>{GOOD}</p><p>{GOOD[4:]}</p></body></html>"
    assert tamis.Cleaner(format="html").clean(page).text.startswith(GOOD)


def test_mistakes_are_told_in_the_words_of_the_program():
    with pytest.raises(tamis.RulesError, match="no-such-rules"):
        tamis.Cleaner("no-such-rules")
    with pytest.raises(tamis.RulesError, match="word_cuont"):
        tamis.Cleaner.from_text(DROPS.replace('{ phrases = ["beta"] }',
                                              '{ signal = "word_cuont", above = 3 }'))
    with pytest.raises(tamis.TamisError, match="no column `text`; its columns are `body`"):
        tamis.Cleaner().clean_batch(pa.record_batch({"body": ["x"]}))
    with pytest.raises(tamis.TamisError, match="holds Int64 and no text"):
        tamis.Cleaner().clean_batch(pa.record_batch({"text": [1]}))
    with pytest.raises(tamis.TamisError, match="markdown or html"):
        tamis.Cleaner(format="pdf")
    with pytest.raises(tamis.TamisError, match="nowhere.parquet"):
        tamis.Cleaner(survey="nowhere.parquet")


def test_it_pickles_by_the_text_of_its_rules(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DROPS)
    cleaner = tamis.Cleaner(["web", path])
    path.unlink()
    again = pickle.loads(pickle.dumps(cleaner))
    assert again.rules_hash == cleaner.rules_hash
    assert again.clean(f"{GOOD} beta").action == "dropped"


def test_mistakes_pickle():
    with pytest.raises(tamis.RulesError) as caught:
        tamis.Cleaner.from_text("format = 1\nabout = 3")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is tamis.RulesError and str(again) == str(caught.value)


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_a_table_comes_out_in_order_whatever_cleans_it(threads):
    texts = [f"{GOOD} {n}\n\n{CALL}" if n % 3 else f"{GOOD} {n}" for n in range(100)]
    table = pa.table({"id": range(100), "text": texts})
    cleaned = tamis.Cleaner().clean_table(table, rows=7, threads=threads)
    assert cleaned["id"].to_pylist() == list(range(100))
    assert cleaned["text"].to_pylist() == [f"{GOOD} {n}" for n in range(100)]


def test_threads_take_few_batches_ahead_and_stop_with_who_asked():
    taken = []

    def batches():
        for n in range(1000):
            taken.append(n)
            yield pa.RecordBatch.from_pydict({"text": [TEXT]})

    cleaned = tamis.Cleaner().clean_batches(batches(), threads=2)
    assert next(cleaned)["text"].to_pylist() == [GOOD] and len(taken) <= 5
    cleaned.close()
    assert len(taken) <= 5
    before = threading.active_count()
    assert len(list(tamis.Cleaner().clean_batches(batches(), threads=3))) == 1000
    assert threading.active_count() == before


def test_what_is_wrong_with_a_batch_is_said_from_threads_too():
    wrong = pa.RecordBatch.from_pydict({"body": [TEXT]})
    with pytest.raises(tamis.TamisError, match="no column `text`"):
        list(tamis.Cleaner().clean_batches([wrong] * 9, threads=2))
    for threads in (0, -1):
        with pytest.raises(tamis.TamisError, match="at least 1"):
            tamis.Cleaner().clean_batches([], threads=threads)
        with pytest.raises(tamis.TamisError, match="at least 1"):
            tamis.Cleaner().clean_table(pa.table({"text": [TEXT]}), threads=threads)


def test_threads_share_a_cleaner():
    cleaner = tamis.Cleaner()
    batch = pa.record_batch({"text": [TEXT] * 200})
    expected, found = cleaner.clean_batch(batch), []
    threads = [threading.Thread(target=lambda: found.append(cleaner.clean_batch(batch)))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(one.equals(expected) for one in found)
