# SPDX-License-Identifier: Apache-2.0
"""The parts list is what the standard demands, the check notices what is not, and a library without a known licence stops the build."""
import copy
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "packaging")]
import parts_list  # noqa: E402
import sbom  # noqa: E402


def good():
    file = {"type": "file", "bom-ref": "file:a.so", "name": "a.so", "hashes": [{"alg": "SHA-256", "content": "0" * 64}],
            "licenses": [{"license": {"id": "Apache-2.0"}}]}
    library = {"type": "library", "bom-ref": "pkg:deb/debian/z@1", "name": "z", "version": "1", "licenses": sbom.licence("zlib"),
               "purl": "pkg:deb/debian/z@1"}
    return sbom.bill("probe", "1.0-1", 1700000000, [file], [library], {"file:a.so": {"pkg:deb/debian/z@1"}})


class PartsList(unittest.TestCase):
    def test_good(self):
        self.assertEqual(parts_list.problems(good()), [])

    def test_the_same_parts_have_the_same_number(self):
        self.assertEqual(good()["serialNumber"], good()["serialNumber"])

    def test_every_damage_is_noticed(self):
        def change(*path, value=None):
            document = copy.deepcopy(good())
            at = document
            for key in path[:-1]:
                at = at[key]
            if value is None:
                del at[path[-1]]
            else:
                at[path[-1]] = value
            return document

        for damaged in (change("bomFormat"), change("specVersion", value="9"), change("serialNumber", value="urn:uuid:1"),
                        change("metadata", "timestamp"), change("components", 0, "hashes"), change("components", 0, "licenses"),
                        change("components", 1, "licenses", value=[{"license": {"id": "WTFPL-9"}}]), change("components", 1, "purl"),
                        change("components", 1, "bom-ref", value="file:a.so"), change("components"), change("dependencies"),
                        change("dependencies", 0, "dependsOn", value=["nowhere"]), change("surprise", value=1),
                        change("components", 0, "type", value="thing"), [], None):
            self.assertNotEqual(parts_list.problems(damaged), [], damaged)

    def test_an_unknown_licence_stops_the_build(self):
        with self.assertRaises(ValueError):
            sbom.licence("surprise-library")

    def test_a_file_of_no_package_stops_the_build(self):
        with self.assertRaises(ValueError):
            sbom.package_of("/nowhere/libsurprise.so.1")


if __name__ == "__main__":
    unittest.main()
