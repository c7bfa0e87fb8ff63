#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The recipe of messages/: an artificial authority, four artificial people, and one message for every verdict, made by the
# openssl command line alone, so that nothing of this project judges its own work.
#
#   tests/vectors/make.sh DIR     writes everything anew into DIR (the kept files were made by OpenSSL 3.0.19)
#
# The keys belong to nobody and protect nothing; every certificate says TEST ONLY. What each message is and which
# verdict it must get stands in messages/manifest.json, written by hand.
set -euo pipefail

DIR=$(realpath -m "${1:?usage: make.sh DIR}")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
mkdir -p "$DIR"
cd "$WORK"

# ---- certificates -------------------------------------------------------------------------------------------------

cat > ca.conf <<'CONF'
[ca]
default_ca = any
[any]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha512
policy = policy
preserve = yes
email_in_dn = yes
unique_subject = no
[policy]
emailAddress = optional
UID = optional
CN = optional
O = optional
C = optional
[root]
basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
[user_ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
[user]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment,dataEncipherment
extendedKeyUsage = clientAuth,emailProtection
subjectKeyIdentifier = hash
CONF
: > index.txt
echo 1001 > serial

key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" 2>/dev/null; }

# certify NAME SUBJECT EXTENSIONS BEGIN END [ISSUER]
certify() {
  key "$1"
  openssl req -new -utf8 -key "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
  local by=(-cert "${6:-}.pem" -keyfile "${6:-}.key")
  [ -n "${6:-}" ] || by=(-selfsign -keyfile "$1.key")
  openssl ca -batch -notext -config ca.conf -extfile ca.conf -extensions "$3" -startdate "$4" -enddate "$5" \
    "${by[@]}" -in "$1.csr" -out "$1.pem" 2>/dev/null
}

# person NAME ADDRESS ISSUER [BEGIN END]
person() {
  certify "$1" "/emailAddress=$2/UID=00000000-0000-4000-8000-00000000000${#1}@99/CN=TEST ONLY $1/O=TEST ONLY/C=DE" user \
    "${4:-20240101000000Z}" "${5:-20440101000000Z}" "$3"
}

certify root "/CN=TEST ONLY Root CA/O=TEST ONLY/C=DE" root 20150101000000Z 20490101000000Z
certify user_ca "/CN=TEST ONLY User CA/O=TEST ONLY/C=DE" user_ca 20150101000000Z 20480101000000Z root
certify foreign_ca "/CN=TEST ONLY Foreign User CA/O=TEST ONLY/C=DE" user_ca 20150101000000Z 20480101000000Z root
certify attacker_ca "/CN=TEST ONLY User CA/O=TEST ONLY/C=DE" root 20150101000000Z 20480101000000Z
person anna anna@kv-safenet.de user_ca
person bernd bernd@kv-safenet.de user_ca
person expired anna@kv-safenet.de user_ca 20180101000000Z 20200101000000Z
person foreign anna@kv-safenet.de foreign_ca
person attacker anna@kv-safenet.de attacker_ca

# ---- pieces of messages -------------------------------------------------------------------------------------------

# fields NAME [FROM] [SERVICE]: the header fields of a mail to Bernd
fields() {
  cat <<FIELDS
From: ${2:-anna@kv-safenet.de}
To: bernd@kv-safenet.de
Date: Fri, 24 Jan 2025 10:00:00 +0100
Subject: eNachricht
Message-ID: <$1@kv-safenet.de>
X-KVC-Dienstkennung: ${3:-eNachricht;Lieferung;V2.0}
X-KVC-Sendersystem: TEST ONLY;V1.0
FIELDS
}

# text: a small entity without fields of a mail
text() {
  printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße von der Testpraxis.\nZweite Zeile.\n'
}

# part TYPE NAME DESCRIPTION < bytes: an attachment
part() {
  printf 'Content-Type: %s\n' "$1"
  [ -z "$3" ] || printf 'Content-Description: %s\n' "$3"
  printf 'Content-Transfer-Encoding: base64\nContent-Disposition: attachment; %s\n\n' "$2"
  base64 -w 76
}

# mixed FILE ...: a multipart/mixed of entities
mixed() {
  printf 'Content-Type: multipart/mixed; boundary="=_M"\n\n'
  local file
  for file in "$@"; do
    printf -- '--=_M\n'
    cat "$file"
    printf '\n'
  done
  printf -- '--=_M--\n'
}

# signed ENTITY WHO [option ...]: multipart/signed (or, with -nodetach, opaque) entity on standard output
signed() {
  local entity=$1 who=$2
  shift 2
  openssl cms -sign -in "$entity" -signer "$who.pem" -inkey "$who.key" -md sha256 "$@" 2>/dev/null
}

# enveloped ENTITY [option ...]: S/MIME entity for Bernd and Anna on standard output; RECIPIENTS overrides
enveloped() {
  local entity=$1
  shift
  local options=(-aes-256-cbc)
  [ "$#" -eq 0 ] || options=("$@")
  local recipients=()
  local who
  for who in ${RECIPIENTS:-bernd anna}; do
    recipients+=(-recip "$who.pem" ${KEYOPT:+-keyopt "$KEYOPT"})
  done
  openssl cms -encrypt -binary -in "$entity" "${options[@]}" "${recipients[@]}"
}

# mail NAME ENTITY [FROM] [SERVICE]: a whole mail around an entity
mail() {
  { fields "$1" "${3:-}" "${4:-}"; cat "$2"; } > "$DIR/$1.eml"
}

# usual NAME ENTITY [WHO] [FROM] [SERVICE]: signed by WHO, encrypted, sent
usual() {
  signed "$2" "${3:-anna}" > s
  enveloped s > e
  mail "$1" e "${4:-}" "${5:-}"
}

# ---- valid --------------------------------------------------------------------------------------------------------

text > t
usual valid t
sed 's/$/\r/' "$DIR/valid.eml" > "$DIR/valid_crlf.eml"
signed t anna -nodetach > s; enveloped s > e; mail valid_opaque e
signed t anna > s; KEYOPT=rsa_padding_mode:oaep enveloped s > e; mail valid_oaep e
signed t anna -keyopt rsa_padding_mode:pss > s; enveloped s > e; mail valid_pss e
openssl cms -sign -in t -signer anna.pem -inkey anna.key -md sha512 2>/dev/null > s; enveloped s > e; mail valid_sha512 e
signed t anna > s; enveloped s -aes-256-gcm > e; mail valid_gcm e
sed 's#application/pkcs7#application/x-pkcs7#' "$DIR/valid.eml" > "$DIR/valid_old_types.eml"

# A gateway wraps a whole mail (KV-Connect Mobile).
{ printf 'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\nContent-Transfer-Encoding: 7bit\n\n'
  cat "$DIR/valid.eml"; } > n
usual valid_nested n anna "" 'eMail-Dienst;Lieferung;V1.0'

{ printf 'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_R"\n\n'
  printf -- '--=_R\nContent-Type: text/plain\n\nDie Nachricht wurde abgeholt.\n--=_R\n'
  printf 'Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <original@kv-safenet.de>\n'
  printf 'Final-Recipient: rfc822; anna@kv-safenet.de\nDisposition: automatic-action/MDN-sent-automatically;displayed\n'
  printf -- '--=_R--\n'; } > r
usual valid_receipt r anna "" 'eNachricht;Eingangsbestaetigung;V2.0'

printf '%%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%%%EOF\n' > pdf
cat > cda <<'CDA'
<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="00000000-0000-4000-8000-000000000001"/>
  <code code="11488-4" codeSystem="2.16.840.1.113883.6.1"/>
  <effectiveTime value="20250124100000+0100"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <recordTarget><patientRole><id root="1.2.276.0.76.4.8" extension="K070990552"/>
    <patient><name><given>Erika</given><family>Testpatient</family></name><birthTime value="19900907"/></patient>
  </patientRole></recordTarget>
  <author><time value="20250124100000+0100"/><assignedAuthor><id nullFlavor="UNK"/></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id nullFlavor="UNK"/>
    </representedCustodianOrganization></assignedCustodian></custodian>
  <component><nonXMLBody><text mediaType="application/pdf"><reference value="brief.pdf"/></text></nonXMLBody></component>
</ClinicalDocument>
CDA
part application/pdf 'filename="brief.pdf"' eAB-PDF-unsigned < pdf > p1
part application/xml 'filename="brief.xml"' eAB-XML < cda > p2
printf 'Bild' | part image/jpeg 'filename="bild.jpg"' eAB-Anhang-01 > p3
mixed t p1 p2 p3 > m
usual valid_earztbrief m anna "" 'Arztbrief;VHitG-Versand;V1.2'

cat > companion <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<einlieferung xmlns="http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0">
  <version V="1"/>
  <guid V="00000000-0000-4000-8000-000000000002"/>
  <bsnr V="999999900"/>
  <testdaten V="true"/>
  <lieferungs_zeitpunkt V="2025-01-24T10:00:00+01:00"/>
  <dokumenten_typ V="ABRECHNUNG"/>
  <quartal V="2024-4"/>
  <vollstaendig V="true"/>
  <anhang V="Z01.con.xkm"/>
</einlieferung>
XML
part application/xml 'filename="begleitdatei.xml"' '' < companion > p1
printf 'verschluesselt' | part application/octet-stream 'filename="Z01.con.xkm"' '' > p2
mixed t p1 p2 > m
usual valid_1click m anna "" '1ClickAbrechnung;Lieferung;V2.0'

# Names that would do harm if they were used as they are.
printf 1 | part application/pdf 'filename="../../x"' '' > p1
printf 2 | part application/pdf "filename*=utf-8''a%00b.pdf" '' > p2
printf 3 | part application/pdf "filename=\"$(printf 'x%.0s' $(seq 296)).pdf\"" '' > p3
printf 4 | part application/pdf "filename*=utf-8''Rechnung%E2%80%AEfdp.exe" '' > p4
printf 5 | part application/pdf 'filename="CON"' '' > p5
printf 6 | part application/pdf 'filename="nul.txt"' '' > p6
printf 7 | part application/pdf 'filename="COM1.pdf"' '' > p7
printf 8 | part application/pdf 'filename="Befund.pdf. . ."' '' > p8
printf 9 | part application/pdf 'filename="C:\\Windows\\win.ini"' '' > p9
printf 10 | part application/pdf 'filename="/etc/passwd"' '' > p10
mixed p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 > m
usual valid_hostile_names m

# ---- everything else ----------------------------------------------------------------------------------------------

# malformed
head -n "$(($(wc -l < "$DIR/valid.eml") - 20))" "$DIR/valid.eml" > "$DIR/malformed_truncated.eml"
{ fields malformed_garbage
  printf 'Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\n'
  printf 'Das ist kein CMS, sondern Text.' | base64; } > "$DIR/malformed_garbage.eml"
{ printf 'From: bernd@kv-safenet.de\n'; cat "$DIR/valid.eml"; } > "$DIR/malformed_two_from.eml"
printf 'Dies ist kein Brief.\nGar keiner.\n' > "$DIR/malformed_no_mail.eml"
# decrypt_failed
signed t anna > s; RECIPIENTS=anna enveloped s > e; mail decrypt_failed e
# not_signed
enveloped t > e; mail not_signed e
mail not_signed_plain t
signed t anna > s; mixed s t > m; enveloped m > e; mail not_signed_mixed e
# digest_mismatch
signed t anna > s; sed 's/Zweite Zeile/Dritte Zeile/' s > c; enveloped c > e; mail digest_mismatch e
signed t foreign > s; sed 's/Zweite Zeile/Dritte Zeile/' s > c; enveloped c > e; mail digest_mismatch_foreign e
# signer_not_sender
usual signer_not_sender t anna carla@kv-safenet.de
usual signer_not_sender_two t anna 'anna@kv-safenet.de, carla@kv-safenet.de'
usual signer_not_sender_foreign t foreign carla@kv-safenet.de
# issuer_not_trusted
usual issuer_not_trusted t foreign
signed t attacker -certfile attacker_ca.pem > s; enveloped s > e; mail issuer_not_trusted_embedded e
# certificate_expired
usual certificate_expired t expired
# weak_algorithm
openssl cms -sign -in t -signer anna.pem -inkey anna.key -md sha1 2>/dev/null > s; enveloped s > e; mail weak_sha1 e
signed t anna > s; enveloped s -des3 > e; mail weak_3des e
# not_encrypted
signed t anna > s; mail not_encrypted s

# ---- what a reader needs ------------------------------------------------------------------------------------------

for name in root user_ca; do cp "$name.pem" "$DIR/TEST_ONLY_$name.pem"; done
{ echo 'TEST ONLY: belongs to nobody, protects nothing.'; cat bernd.key; cat bernd.pem; } > "$DIR/TEST_ONLY_bernd.pem"
{ echo 'TEST ONLY: belongs to nobody, protects nothing.'; cat anna.key; cat anna.pem; } > "$DIR/TEST_ONLY_anna.pem"
for name in root user_ca foreign_ca attacker_ca; do
  { echo 'TEST ONLY: belongs to nobody, protects nothing.'; cat "$name.key"; cat "$name.pem"; } > "$DIR/TEST_ONLY_$name.key.pem"
done
