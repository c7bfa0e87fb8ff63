#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""integration.py SOURCE_DIR [--update]: the lists in plugin/INTEGRATION.md are what the product itself says.

Between `<!-- begin NAME -->` and `<!-- end NAME -->` stands a list made from its source: `settings` from settings.schema.json, `outcomes` and `problems` from
src/doctor/texts.cpp. --update writes them anew; without it, a difference is an error. Every stage of the examination needs a heading of its own.
"""
import json
import pathlib
import re
import sys


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell(one) for one in row) + " |" for row in rows]) + "\n"


def code(value):
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def limits(schema):
    """What a value may be, in words."""
    words = [schema.get("type", "")]
    if "enum" in schema:
        words.append("one of " + ", ".join(code(one) for one in schema["enum"]))
    if "minimum" in schema or "maximum" in schema:
        words.append(f"{schema.get('minimum', '')} to {schema.get('maximum', '')}")
    if "maxItems" in schema:
        words.append(f"at most {schema['maxItems']}")
    if "maxLength" in schema:
        words.append(f"at most {schema['maxLength']} characters")
    return ", ".join(word for word in words if word)


def rows_of(schema, definitions, prefix=""):
    required = schema.get("required", [])
    for name, value in schema["properties"].items():
        path = prefix + name
        default = "**required**" if name in required else code(value["default"]) if "default" in value else "none"
        example = code(value["examples"][0]) if value.get("examples") else ""
        items = value.get("items", {})
        if "$ref" in items:  # its keys have rows of their own, with examples
            example = ""
        yield (f"`{path}`", limits(value), default, example, value["description"])
        if "properties" in value:
            yield from rows_of(value, definitions, path + ".")
        if "$ref" in items:
            yield from rows_of(definitions[items["$ref"].rsplit("/", 1)[1]], definitions, path + "[].")


def settings_list(source):
    schema = json.loads((source / "src/settings/settings.schema.json").read_text(encoding="utf-8"))
    return table(["setting", "value", "default", "example", "meaning"], rows_of(schema, schema["definitions"]))


LITERAL = r'"(?:[^"\\]|\\.)*"'
TEXT = rf"({LITERAL}(?:\s*{LITERAL})*)"


def literals(chunk):
    """A row of C++ string literals as the one text they are."""
    return "".join(json.loads(one) for one in re.findall(LITERAL, chunk))


def array(text, name, columns):
    """The rows of a constexpr array of structs of texts."""
    body = re.search(rf"{name}\[\] = \{{(.*?)\n\}};", text, re.DOTALL)[1]
    row = re.compile(r"\{" + r"\s*,\s*".join([TEXT] * columns) + r"\s*\}", re.DOTALL)
    rows = [tuple(literals(one) for one in match) for match in row.findall(body)]
    if len(rows) != len(re.findall(r"^ {4}\{", body, re.MULTILINE)):
        raise ValueError(f"{name}: a row was not understood")
    return rows


def wordings(source):
    text = (source / "src/doctor/texts.cpp").read_text(encoding="utf-8")
    return array(text, "kWordings", 5)


def outcome_list(source):
    rows = [(f"`{outcome}`", german, english, advice or "Nothing to do.") for outcome, german, _, english, advice in wordings(source)]
    return table(["outcome", "screen (German)", "what was found", "what to do"], rows)


def problem_list(source):
    text = (source / "src/doctor/texts.cpp").read_text(encoding="utf-8")
    return table(["code", "meaning"], [(f"`{name}`", english) for name, _, english in array(text, "kProblemTexts", 3)])


def renewed(text, source):
    for name, make in (("settings", settings_list), ("outcomes", outcome_list), ("problems", problem_list)):
        part = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if len(part.findall(text)) != 1:
            raise ValueError(f"the handbook has no place for the list {name}")
        text = part.sub(lambda m: m[1] + make(source) + m[2], text)
    return text


def unexplained(text, source):
    """Stages of the examination, and whatever else an outcome begins with, that have no heading."""
    stages = {outcome.split(".")[0] for outcome, *_ in wordings(source)}
    return sorted(stage for stage in stages if f"\n### `{stage}`" not in text)


def main(source, *more):
    source = pathlib.Path(source)
    path = source / "plugin/INTEGRATION.md"
    text = path.read_text(encoding="utf-8")
    new = renewed(text, source)
    missing = unexplained(text, source)
    if missing:
        print(f"{path.name} does not explain the stages: {', '.join(missing)}", file=sys.stderr)
        return 1
    if more == ("--update",):
        path.write_text(new, encoding="utf-8")
        return 0
    if new != text:
        print(f"{path.name} is not what schema and examination say. Build the target update_handbook.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
