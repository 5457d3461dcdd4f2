"""Tables of records: CSV, TSV and workbooks of every exporter, and any other by its columns.

`text` and `workbook` are the doors of the two formats. Both give rows of cells to `records`,
which makes entries of them by what `columns` knows of the headings.
"""

from screening.importers.tables.columns import FIELDS, NeedsColumns, proposed_mapping

__all__ = ["FIELDS", "NeedsColumns", "proposed_mapping"]
