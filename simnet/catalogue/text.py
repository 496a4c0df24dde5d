"""The text of a network's tables: UTF-8, as editors and spreadsheets write it."""

from importlib.resources.abc import Traversable

from simnet.errors import ModelError, Problem


def utf8_text(file: Traversable) -> str:
    """What a file holds, without the mark that spreadsheets put before it.

    Raises:
        ModelError: it is not in UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"is not text in UTF-8: byte {error.start} is none of it"
        way_out = 'save it as UTF-8 (in Excel, as "CSV UTF-8")'
        raise ModelError(Problem(what=file.name, why=why, way_out=way_out)) from None
