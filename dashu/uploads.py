"""What a browser or a program uploads: no more than any page of ours takes."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

MOST_BYTES = 32 * 1024 * 1024


class UpToLimit(FileUploadHandler):
    """
    Keep nothing of a body that is too large, so that it fills neither memory nor disk, and let the page say so.

    The other fields, the CSRF token among them, are read as always; `is_upload_too_large` tells the view.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, str],  # noqa: N803
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self._is_too_large = content_length > MOST_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._is_too_large:
            self.request.is_upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave keeping it to the handlers that follow."""


def is_too_large(request: Any) -> bool:
    """Tell whether a file of this request was left out because the whole was too large."""
    return getattr(request, "is_upload_too_large", False)
