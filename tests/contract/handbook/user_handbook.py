# SPDX-License-Identifier: Apache-2.0
"""user_handbook.py SOURCE_DIR: the users' handbook names functions as the screen does, and leaves none out."""
import json
import pathlib
import re
import sys

# Headings of a paragraph, not names of a function.
PROSE = {"Fett", "Beim Anlegen eines Kontos:", "In ein vorhandenes Konto:"}


def problems(text, screen, functions):
    """One sentence for each bold word that no screen has, and for each function that is not named."""
    bold = {re.sub(r"\s+", " ", one) for one in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)}
    return [f"no screen says: {one}" for one in sorted(bold - screen - PROSE)] + \
           [f"the handbook leaves out: {one}" for one in sorted(functions - bold)]


def main(source):
    source = pathlib.Path(source)
    texts = json.loads((source / "plugin/texts/de.json").read_text(encoding="utf-8"))
    contributes = json.loads((source / "manifest.json").read_text(encoding="utf-8"))["contributes"]
    titles = {one["title"]["de"] for one in contributes["menus"] + contributes["commands"]}
    functions = titles | {text for key, text in texts.items() if key.startswith("action.")}
    functions |= {text for key, text in texts.items() if key.startswith("verdict.")}
    # The check sees what it is there for.
    assert problems("**Nirgends**", {"A"}, {"A"}) == ["no screen says: Nirgends", "the handbook leaves out: A"]
    found = problems((source / "plugin/README.md").read_text(encoding="utf-8"), set(texts.values()) | titles, functions)
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
