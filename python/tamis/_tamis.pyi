"""The compiled part; see `tamis`."""

import pyarrow as pa

class TamisError(ValueError): ...
class RulesError(TamisError): ...

class Engine:
    def __init__(
        self,
        rules: list[str],
        is_text: bool,
        survey: str | None,
        counted: bool,
        memory: int,
        text: str,
        id: str | None,
        url: str | None,
        group: str | None,
        source: str | None,
        ordinal: str | None,
        format: str,
        max_bytes: int | None,
    ) -> None: ...
    def effective(self) -> str: ...
    def hash(self) -> str: ...
    def warnings(self) -> list[str]: ...
    def clean_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch: ...
    def output_schema(self, schema: pa.Schema) -> pa.Schema: ...

def builtin_names() -> list[str]: ...
