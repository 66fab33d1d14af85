"""Rows as Parquet: in the order in which they come, names by dictionary, times by delta, zstd.

Importing this module needs pyarrow, which is an extra: `pip install 'tagwarden[parquet]'`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped] # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped] # as above

from history.exports import Column, Row

ROWS_A_GROUP = 100_000
ZSTD_LEVEL = 9

_TYPES: Mapping[str, Any] = {
    "text": pa.string(),
    "name": pa.dictionary(pa.int32(), pa.string()),
    "time": pa.timestamp("ns", tz="UTC"),
    "int": pa.int64(),
    "real": pa.float64(),
    "flag": pa.bool_(),
    "json": pa.string(),
}
_ENCODED = {"time": "DELTA_BINARY_PACKED"}


def write_parquet(
    path: Path, columns: Sequence[Column], rows: Iterable[Row], says: Mapping[str, str]
) -> int:
    """Write rows to a new file; how many. `says` goes into the metadata of the schema.

    Memory is bounded by one row group. Raises OSError.
    """
    schema = _schema_of(columns, says)
    by_delta = {each.name: _ENCODED[each.kind] for each in columns if each.kind in _ENCODED}
    plain: Any = [each.name for each in columns if each.kind not in _ENCODED]
    written = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=plain,
        column_encoding=by_delta,
        version="2.6",
        store_schema=True,
    ) as writer:
        for block in _blocks(rows):
            writer.write_table(_table(block, schema))
            written += len(block)
    return written


def said_by(path: Path) -> dict[str, str]:
    """What the metadata of a file's schema says. Raises OSError, and ValueError for no Parquet."""
    found = pq.read_schema(path).metadata or {}
    return {
        name.decode(): value.decode() for name, value in found.items() if name != b"ARROW:schema"
    }


def rows_in(path: Path) -> int:
    """How many rows a file has, each of its pages read and decoded. Raises OSError, ValueError."""
    file = pq.ParquetFile(path)
    return sum(batch.num_rows for batch in file.iter_batches(ROWS_A_GROUP))


def _schema_of(columns: Sequence[Column], says: Mapping[str, str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    fields = [
        pa.field(each.name, _TYPES[each.kind], metadata={"unit": each.unit} if each.unit else None)
        for each in columns
    ]
    return pa.schema(fields, metadata=dict(says))


def _table(block: Sequence[Row], schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    values = zip(*block, strict=True)
    arrays = [_array(cells, field.type) for cells, field in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(cells: Sequence[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    if pa.types.is_dictionary(kind):
        return pa.array(cells, pa.string()).dictionary_encode().cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if cell is None else bool(cell) for cell in cells], kind)
    return pa.array(cells, kind)


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    each = iter(rows)
    while block := list(islice(each, ROWS_A_GROUP)):
        yield block
