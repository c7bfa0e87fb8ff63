#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the made-up documents of the demo: PDF files of one page, a note, and a file shaped like a billing file.

usage: documents.py DIRECTORY
"""
import pathlib
import sys

LETTERS = {
    "brief_muster.pdf": ("Arztbrief", "Muster, Erika, geb. 01.01.1970", [
        "Sehr geehrter Herr Kollege,",
        "",
        "vielen Dank für die Überweisung. Der Blutdruck liegt unter der neuen Einstellung",
        "im Zielbereich; bitte kontrollieren Sie in vier Wochen erneut.",
    ]),
    "labor_muster.pdf": ("Laborwerte", "Muster, Erika, geb. 01.01.1970", [
        "Hämoglobin     13,8 g/dl     (12,0 - 15,5)",
        "Kreatinin       0,9 mg/dl    ( 0,5 -  0,9)",
        "Kalium          4,2 mmol/l   ( 3,5 -  5,1)",
    ]),
    "brief_beispiel.pdf": ("Arztbrief", "Beispiel, Bernd, geb. 17.05.1955", [
        "Verlaufskontrolle nach Knieprothese rechts: reizlose Verhältnisse, Beugung 110 Grad.",
    ]),
    "brief_testmann.pdf": ("Befund", "Testmann-Probe, Clara, geb. 30.11.1988", [
        "Sonographie der Schilddrüse: unauffälliger Befund.",
    ]),
    "brief_dummy.pdf": ("Verlaufsbericht", "Dummy, Dieter, geb. 09.02.1943", [
        "Die Wunde am linken Unterschenkel heilt. Verbandwechsel alle drei Tage.",
    ]),
    "konsil_muster.pdf": ("Konsilbericht", "Muster, Erika, geb. 01.01.1970", [
        "Liebe Frau Kollegin,",
        "",
        "das Langzeit-EKG zeigt keine bedeutsamen Rhythmusstörungen.",
    ]),
    "brief_einhorn.pdf": ("Arztbrief", "Einhorn, Emil, geb. 31.12.1999", [
        "Impfberatung vor einer Reise. Empfohlen wurde die Auffrischung von Tetanus.",
    ]),
}
FOOTER = "Erfundenes Dokument der Vorführung; es gibt weder die Praxis noch den Patienten."


def text_literal(text):
    """A PDF string; the fonts below use WinAnsi, which is Windows-1252."""
    raw = text.encode("cp1252")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw + b")"


def page_content(title, subject, lines):
    parts = [b"BT /F2 18 Tf 56 770 Td " + text_literal(title) + b" Tj ET",
             b"BT /F2 11 Tf 56 742 Td " + text_literal(subject) + b" Tj ET"]
    top = 706
    for line in lines:
        parts.append(b"BT /F1 11 Tf 56 %d Td " % top + text_literal(line) + b" Tj ET")
        top -= 18
    parts.append(b"BT /F1 8 Tf 56 48 Td " + text_literal(FOOTER) + b" Tj ET")
    return b"\n".join(parts)


def pdf(title, subject, lines):
    content = page_content(title, subject, lines)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    directory = pathlib.Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    for name, (title, subject, lines) in LETTERS.items():
        (directory / name).write_bytes(pdf(title, subject, lines))
    (directory / "telefonnotiz.txt").write_text("Telefonat: Herr Dummy kommt am Freitag zum Verbandwechsel.\n", "utf-8")
    (directory / "befund.txt").write_text("Befund der Vorführung, frei erfunden: alles unauffällig.\n", "utf-8")
    # What the KBV's encryption module would have written; nobody here opens it.
    (directory / "abrechnung.con.xkm").write_bytes(b"TEST ONLY: stands for an encrypted billing file\n" * 40)
    (directory / "dokumentation.zip.xkm").write_bytes(b"TEST ONLY: stands for an encrypted archive\n" * 40)


main(sys.argv[1:])
