# SPDX-License-Identifier: Apache-2.0
"""snippets.py FILE.md [--update]: code in a text is what stands in the file it comes from.

A line `<!-- snippet: examples/host.cpp#load -->` stands above a block of code that must be the lines between `[load]` and `[/load]` of that file,
which is named from the text's own folder. --update writes the blocks anew.
"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"(<!-- snippet: (?P<file>[\w./-]+)#(?P<name>[\w-]+) -->\n```(?P<language>\w*)\n)(?P<code>.*?)(^```$)",
                   re.MULTILINE | re.DOTALL)


def region(path, name):
    """The lines between the markers, without their common indentation."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if f"[{name}]" in line]
    ends = [i for i, line in enumerate(lines) if f"[/{name}]" in line]
    if len(starts) != 1 or len(ends) != 1 or ends[0] <= starts[0]:
        raise ValueError(f"{path.name} has no part [{name}]")
    return textwrap.dedent("".join(line for line in lines[starts[0] + 1:ends[0]]))


def renewed(text, folder):
    """The text with every block as its source has it. ValueError for a marker without a source or without a block."""
    if text.count("<!-- snippet:") != len(BLOCK.findall(text)):
        raise ValueError("a snippet marker is not followed by a block of code")
    return BLOCK.sub(lambda m: m[1] + region(folder / m["file"], m["name"]) + m[6], text)


def main(arguments):
    path = pathlib.Path(arguments[0])
    text = path.read_text(encoding="utf-8")
    new = renewed(text, path.parent)
    if arguments[1:] == ["--update"]:
        path.write_text(new, encoding="utf-8")
        return 0
    if "<!-- snippet:" not in text:
        print(f"{path.name} has no snippets", file=sys.stderr)
        return 1
    for old_block, new_block in zip(BLOCK.finditer(text), BLOCK.finditer(new)):
        if old_block["code"] != new_block["code"]:
            print(f"{path.name}: {old_block['file']}#{old_block['name']} is not what the file says. "
                  f"Run: {pathlib.Path(__file__).name} {path.name} --update", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
