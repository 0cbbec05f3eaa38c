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


class UnreadableLine(TapeRefused):
    """A line does not say to which loan it belongs, so no loan of the file is known to be whole."""

    code = "unreadable_line"


class PartMissing(TapeRefused):
    """The mapping needs a second file that was not named."""

    code = "part_missing"


class NotOfThisMapping(TapeRefused):
    """A second file was named that the mapping does not know."""

    code = "part_not_of_mapping"


class PartRefused(RowRefused):
    """A line of another file that belongs to the loan cannot be read, so the loan is not whole."""

    code = "part_refused"


class RowsOutOfOrder(RowRefused):
    """The schedule of a loan is not numbered from 1 without gaps in the order of its due dates."""

    code = "rows_out_of_order"


class OpenMoreThanDemanded(RowRefused):
    """More of an installment is open than it demands."""

    code = "open_more_than_demanded"


class BalanceDisagrees(RowRefused):
    """The open rows do not add up to a balance that the same file states."""

    code = "balance_disagrees"


class DaysDisagree(RowRefused):
    """The stated days past due are not those of the oldest open row."""

    code = "days_past_due_disagree"


class HistoryDisagrees(RowRefused):
    """A line of the history lies after the takeover, or its parts are not its amount."""

    code = "history_disagrees"


class TakenOverInFuture(RowRefused):
    """The day of takeover has not come yet."""

    code = "taken_over_in_future"


class DailyInterest(RowRefused):
    """A product whose interest runs daily does not have it in its rows."""

    code = "daily_interest"


class HandedOverOtherwise(RowRefused):
    """The loan was handed over before, and other figures or rows were stated of it then."""

    code = "handed_over_otherwise"


class RowConflict(RowRefused):
    """A loan stands in the file twice, with different terms."""

    code = "conflicting_row"
