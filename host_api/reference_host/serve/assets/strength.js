// SPDX-License-Identifier: Apache-2.0
// How hard a password is to guess, while it is typed: 0 weak, 1 fair, 2 good, 3 strong. A meter that praises what the check
// on submitting refuses helps nobody, so this estimates as the plugin's strength.cpp does; a test compares words and results.
"use strict";

const passwordStrength = (() => {
  const LIMITS = [40, 60, 80]; // bits: fair, good, strong
  const WORD_BITS = 10, YEAR_BITS = 7, REPETITION_BITS = 3;
  const MOST_LOOKED = 256;
  const WORDS = [
    "kv-connect", "kvconnect", "kennwort", "passwort", "password", "passw0rt", "passw0rd", "keystore", "schluessel",
    "schlüssel", "zertifikat", "geheim", "secret", "praxis", "doktor", "doctor", "aerztin", "ärztin", "arzt",
    "medizin", "patient", "hallo", "hello", "willkommen", "welcome", "sommer", "winter", "herbst", "fruehling",
    "frühling", "qwertz", "qwerty", "asdfgh", "yxcvbn", "zxcvbn", "admin", "benutzer", "username", "initial", "start",
    "test", "schatz", "liebe", "berlin", "hamburg", "muenchen", "münchen", "iloveyou",
  ];

  // One character for each byte of UTF-8, so that both count alike.
  const bytes = (text) => Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  const small = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const words = WORDS.map(bytes);

  /// Length of "aaaa", "1234" or "dcba" at the front; 0 below three.
  function runAt(text) {
    const step = text.length < 3 ? 2 : text.charCodeAt(1) - text.charCodeAt(0);
    if (Math.abs(step) > 1) {
      return 0;
    }
    let length = 2;
    while (length < text.length && text.charCodeAt(length) - text.charCodeAt(length - 1) === step) {
      ++length;
    }
    return length >= 3 ? length : 0;
  }

  /// Length of what stood there before already; 0 below three.
  function repetitionAt(text, at) {
    let longest = 0;
    for (let start = 0; start < at; ++start) {
      let length = 0;
      while (at + length < text.length && text[start + length] === text[at + length]) {
        ++length;
      }
      longest = Math.max(longest, length);
    }
    return longest >= 3 ? longest : 0;
  }

  function bitsOfACharacter(text) {
    const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[!-/:-@[-`{-~]/, 33], [/ /, 1], [/[\x80-\xff]/, 32]]
      .reduce((sum, [pattern, size]) => sum + (pattern.test(text) ? size : 0), 0);
    return kinds < 2 ? 1 : Math.log2(kinds);
  }

  /// What the beginning of `rest` costs an attacker, and how long it is: [bits, length].
  function next(text, at, each) {
    const rest = text.slice(at);
    const word = words.find((known) => small(rest).startsWith(known));
    if (word !== undefined) {
      return [WORD_BITS, word.length];
    }
    if (/^(19|20)[0-9]{2}/.test(rest)) {
      return [YEAR_BITS, 4];
    }
    const run = runAt(small(rest));
    if (run > 0) {
      return [each + Math.log2(run), run];
    }
    const again = repetitionAt(text, at);
    return again > 0 ? [REPETITION_BITS + Math.log2(again), again] : [each, 1];
  }

  return (password) => {
    const text = bytes(password).slice(0, MOST_LOOKED);
    const each = bitsOfACharacter(text);
    let bits = 0;
    for (let at = 0; at < text.length;) {
      const [more, length] = next(text, at, each);
      bits += more;
      at += length;
    }
    return LIMITS.filter((limit) => bits >= limit).length;
  };
})();
