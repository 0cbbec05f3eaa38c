"""What can be wrong with a tape. A `TapeRefused` refuses the file; a `RowRefused` only its row."""

from dashu.kernel.errors import DomainError


class TapeRefused(DomainError):
    """The file as a whole cannot be read; nothing was written."""

    code = "tape_refused"


class MissingColumn(TapeRefused):
    """The mapping needs a column that the file does not have."""

    code = "missing_column"


class UnreadableTape(TapeRefused):
    """The file is not of a kind, an encoding or a form that can be read."""

    code = "unreadable_tape"


class UnknownMapping(TapeRefused):
    """There is no mapping with this name, or it is not well-formed."""

    code = "unknown_mapping"


class RowRefused(DomainError):
    """One row says something impossible; `field` is the column."""

    code = "row_refused"


class BadValue(RowRefused):
    """A cell does not have the form that its column asks for."""

    code = "bad_value"


class NothingOutstanding(RowRefused):
    """A loan is to be taken over, but the row says that nothing is left of it."""

    code = "nothing_outstanding"


class RowConflict(RowRefused):
    """A loan stands in the file twice, with different terms."""

    code = "conflicting_row"
