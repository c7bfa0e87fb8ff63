#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sender of its own beside the practices, made of the openssl command line and the server's REST calls: writes letters
the product did not make, sound ones and forged ones, for the demo and for the browser tests.

usage: outside_letter.py --server READY.json --work DIR --from USERNAME --to ADDRESS --kind KIND
                         [--text TEXT] [--id ID] [--date SECONDS] [--out FILE.eml]

  --server  the line of JSON the server printed when it was ready
  --work    folder for the sender's key and certificate; a second letter of the same sender takes them from there
  --kind    valid     signed and encrypted as it should be
            forged    one word was changed after signing
            unsigned  encrypted, but without a signature
  --date    header Date, as seconds since 1970 (default: now)
  --out     writes the letter to a file, as an archive would keep it, instead of sending it

The sender's initial password comes from the environment variable KVC_OUTSIDE_PASSWORD. Key and password of the sender
are made up, belong to a test server, and are worth nothing.
"""
import argparse
import base64
import email.utils
import json
import os
import pathlib
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

WAIT_SECONDS = 60
OTHER_PASSWORD = "Draussen-ANDERS-9"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Rest:
    """The few calls a sender needs."""

    def __init__(self, ready):
        self.base = ready["base_url"].rstrip("/")
        context = ssl.create_default_context(cafile=ready["root"])
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), NoRedirect)

    def call(self, path, user, password, body=None, kind="text/plain;charset=UTF-8"):
        """(status, headers, body); every status is an answer."""
        url = path if path.startswith("https:") else f"{self.base}/{path}"
        request = urllib.request.Request(url, data=body)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        request.add_header("Authorization", "Basic " + token)
        if body is not None:
            request.add_header("Content-Type", kind)
        try:
            with self.opener.open(request, timeout=WAIT_SECONDS) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def certificate(self, address, user, password):
        query = urllib.parse.urlencode({"email": address})
        status, _, body = self.call("certificates?" + query, user, password)
        if status != 200:
            return None
        pem = xml.etree.ElementTree.fromstring(body).findtext(".//{*}body", "").strip()
        return pem.encode() if pem else None


def openssl(arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


def enrol(rest, work, user, address, initial):
    """A new account gets a password and a certificate, as a practice's would."""
    key, certificate = work / "sender.key", work / "sender.pem"
    if certificate.exists():
        return
    status, headers, _ = rest.call("login/" + user, user, initial)
    if status in (302, 303):
        status, _, _ = rest.call(headers["Location"] + "/password", user, initial, OTHER_PASSWORD.encode())
        if status != 204:
            sys.exit(f"the server does not take the new password: {status}")
    openssl(["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(work / "sender.csr"),
             "-subj", "/x500UniqueIdentifier=" + user])
    status, _, _ = rest.call("csr", user, OTHER_PASSWORD, (work / "sender.csr").read_bytes(), "text/plain")
    if status != 201:
        sys.exit(f"the server does not take the request for a certificate: {status}")
    end = time.monotonic() + WAIT_SECONDS
    while (found := rest.certificate(address, user, OTHER_PASSWORD)) is None:
        if time.monotonic() > end:
            sys.exit("the server gives no certificate")
        time.sleep(0.1)
    certificate.write_bytes(found)


def entity(text):
    return ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text + "\n").encode()


def sealed(work, kind, text, recipient):
    """The S/MIME entity of the whole letter."""
    plain = work / "plain"
    plain.write_bytes(entity(text))
    inner = plain.read_bytes()
    if kind != "unsigned":
        inner = openssl(["cms", "-sign", "-in", str(plain), "-signer", str(work / "sender.pem"), "-inkey",
                         str(work / "sender.key"), "-md", "sha256"])
    if kind == "forged":
        changed = inner.replace("unauffällig".encode(), "bedenklich".encode())
        if changed == inner:
            sys.exit("the text needs the word that a forger changes: unauffällig")
        inner = changed
    (work / "recipient.pem").write_bytes(recipient)
    (work / "inner").write_bytes(inner)
    return openssl(["cms", "-encrypt", "-binary", "-in", str(work / "inner"), "-aes-256-cbc", "-recip",
                    str(work / "recipient.pem")])


def header(options, address, domain):
    message_id = options.id or secrets.token_hex(12)
    date = email.utils.formatdate(options.date, localtime=True)
    return (f"From: {address}\nTo: {options.to}\nDate: {date}\nSubject: eNachricht\n"
            f"Message-ID: <{message_id}@{domain}>\nX-KVC-Dienstkennung: eNachricht;Lieferung;V2.0\n"
            "X-KVC-Sendersystem: TEST ONLY;V1.0\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("server", "work", "from", "to"):
        parser.add_argument("--" + name, required=True, dest="sender" if name == "from" else name)
    parser.add_argument("--kind", choices=("valid", "forged", "unsigned"), required=True)
    parser.add_argument("--text", default="Der Befund ist unauffällig.")
    parser.add_argument("--id")
    parser.add_argument("--date", type=int)
    parser.add_argument("--out")
    options = parser.parse_args()

    ready = json.loads(pathlib.Path(options.server).read_text("utf-8").splitlines()[-1])
    work = pathlib.Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    rest = Rest(ready)
    address = f"{options.sender}@{ready['mail_domain']}"
    enrol(rest, work, options.sender, address, os.environ["KVC_OUTSIDE_PASSWORD"])
    recipient = rest.certificate(options.to, options.sender, OTHER_PASSWORD)
    if recipient is None:
        sys.exit(f"the server has no certificate of {options.to}")
    letter = header(options, address, ready["mail_domain"]) + sealed(work, options.kind, options.text, recipient)
    if options.out:
        pathlib.Path(options.out).write_bytes(letter)
        return
    status, _, _ = rest.call("mails", options.sender, OTHER_PASSWORD, letter)
    if status != 201:
        sys.exit(f"the server does not take the letter: {status}")


main()
