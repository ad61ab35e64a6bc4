"""Tables handed out as CSV while they are read: whole however long they are, a batch in memory at a time."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

_LINES_AT_ONCE = 500


def stream_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Answer with a CSV (UTF-8 with its mark, comma, CRLF) of every row, written as the rows are read.

    Texts that others wrote must be harmless to a spreadsheet already. A reading that fails halfway breaks the download off:
    what arrives as complete is complete.
    """
    answer = StreamingHttpResponse(_parts(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _parts(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(header)
    left = iter(rows)
    while lines := list(itertools.islice(left, _LINES_AT_ONCE)):
        writer.writerows(lines)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()
