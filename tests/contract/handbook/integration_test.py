# SPDX-License-Identifier: Apache-2.0
"""integration_test.py SOURCE_DIR: the comparison of the integrator's handbook notices a new setting, a new outcome and a new stage."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1))
SCRIPT = SOURCE / "packaging/docs/integration.py"
SCHEMA, TEXTS, HANDBOOK = "src/settings/settings.schema.json", "src/doctor/texts.cpp", "plugin/INTEGRATION.md"


class Integration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = pathlib.Path(self.folder.name)
        for name in (SCHEMA, TEXTS, HANDBOOK):
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, self.tree / name)

    def tearDown(self):
        self.folder.cleanup()

    def change(self, name, old, new):
        path = self.tree / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def check(self, *more):
        return subprocess.run([sys.executable, str(SCRIPT), str(self.tree), *more], capture_output=True, text=True).returncode

    def test_as_it_is(self):
        self.assertEqual(self.check(), 0)

    def test_a_new_setting_is_noticed_and_written(self):
        self.change(SCHEMA, '"renewal_hint_days": {', '"surprise": {"description": "New.", "type": "integer", "default": 7},\n"renewal_hint_days": {')
        self.assertEqual(self.check(), 1)
        self.assertEqual(self.check("--update"), 0)
        self.assertEqual(self.check(), 0)
        self.assertIn("| `surprise` | integer | `7` |", (self.tree / HANDBOOK).read_text(encoding="utf-8"))

    def test_another_advice_is_noticed(self):
        self.change(TEXTS, "Turn to your KV.", "Turn away.")
        self.assertEqual(self.check(), 1)

    def test_a_new_stage_needs_words_of_its_own(self):
        self.change(TEXTS, '{"login.good",', '{"moon.full", "Vollmond", "",\n     "Full moon.", ""},\n    {"login.good",')
        self.assertEqual(self.check("--update"), 1)

    def test_a_row_that_is_not_understood_is_an_error(self):
        self.change(TEXTS, '{"login.good",', '{kSomething, "Vollmond", "", "Full moon.", ""},\n    {"login.good",')
        self.assertEqual(self.check(), 1)

    def test_a_handbook_without_a_place_for_a_list_is_an_error(self):
        self.change(HANDBOOK, "<!-- begin outcomes -->", "")
        self.assertEqual(self.check(), 1)


if __name__ == "__main__":
    unittest.main()
