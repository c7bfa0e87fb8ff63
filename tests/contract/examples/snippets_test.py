# SPDX-License-Identifier: Apache-2.0
"""The comparison of snippets notices what it is there for."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("snippets.py")


class Snippets(unittest.TestCase):
    def check(self, text, source="x\n  // [a]\n  int i;\n  // [/a]\n", *more):
        with tempfile.TemporaryDirectory() as folder:
            readme = pathlib.Path(folder, "t.md")
            readme.write_text(text, encoding="utf-8")
            pathlib.Path(folder, "f.c").write_text(source, encoding="utf-8")
            code = subprocess.run([sys.executable, str(SCRIPT), str(readme), *more], capture_output=True).returncode
            return code, readme.read_text(encoding="utf-8")

    def test_equal_is_good(self):
        self.assertEqual(self.check("<!-- snippet: f.c#a -->\n```c\nint i;\n```\n")[0], 0)

    def test_drift_is_noticed_and_updated(self):
        old = "<!-- snippet: f.c#a -->\n```c\nint j;\n```\n"
        self.assertEqual(self.check(old)[0], 1)
        code, text = self.check(old, "// [a]\nint k;\n// [/a]\n", "--update")
        self.assertEqual((code, text), (0, old.replace("int j", "int k")))

    def test_a_marker_without_source_or_block_is_noticed(self):
        self.assertEqual(self.check("<!-- snippet: f.c#b -->\n```c\nint i;\n```\n")[0], 1)
        self.assertEqual(self.check("<!-- snippet: g.c#a -->\n```c\nint i;\n```\n")[0], 1)
        self.assertEqual(self.check("<!-- snippet: f.c#a -->\nint i;\n")[0], 1)
        self.assertEqual(self.check("no snippet at all\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
