"""What stops a start: a stable code and one sentence that says what to do."""

import sys


class Refusal(Exception):
    """Raised where the start cannot go on; `tell` prints it without a traceback."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def tell(self) -> None:
        sys.stderr.write(f"{self.code}: {self.message}\n")

    def as_json(self) -> dict[str, str | None]:
        """Return the shape that every refusal has in the JSON commands."""
        return {"code": self.code, "message": self.message, "field": None}
