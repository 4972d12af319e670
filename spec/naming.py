"""Names of generated things: Python identifiers from the words of the API."""

import keyword
import re

_USED = frozenset({"bool", "dict", "dt", "field", "float", "int", "list", "self", "str", "to_dict"})
"""What generated classes use under these names, so that no field may hide it."""


def pascal(text: str) -> str:
    """Class name: `ad_groups/list` -> `AdGroupsList`; words in capitals are lowered."""
    shouted = text.isupper() and len(text) > 4
    parts = [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]
    name = "".join(w.capitalize() if shouted else w[0].upper() + w[1:] for w in parts)
    return f"N{name}" if name[:1].isdigit() else name


def snake(text: str) -> str:
    """Name of a namespace or method: `MMM reports/get` -> `mmm_reports_get`."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def constant(text: str) -> str:
    """Constant name: `ad_groups.list` -> `AD_GROUPS_LIST`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()


def singular(text: str) -> str:
    """Singular of a plural field name, as far as the API's vocabulary needs it."""
    for plural, one in (("tatuses", "tatus"), ("ies", "y"), ("sses", "ss"), ("xes", "x")):
        if text.endswith(plural):
            return text[: -len(plural)] + one
    if text.endswith("s") and not text.endswith(("ss", "us", "is")):
        return text[:-1]
    return text


def attribute(text: str) -> str:
    """Attribute for a field of the wire: itself where it is an identifier, else the nearest one."""
    name = re.sub(r"\W", "_", text)
    if name[0].isdigit():
        name = f"_{name}"
    if name.startswith("_"):
        name = f"x{name}"
    if keyword.iskeyword(name) or name in _USED:
        return f"{name}_"
    return name.lower() if name != text else name
