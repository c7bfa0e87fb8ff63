// SPDX-License-Identifier: Apache-2.0
// Sealing and opening with BouncyCastle in one warm JVM, byte arrays in and out. Optional: runs where Java and libbcmail-java are installed.
//
//   java -cp /usr/share/java/bcmail.jar:... Peer.java PEOPLE CONTENT MAIL SIZE REPETITIONS OUT.json
//
// Made by hand where the S/MIME layer of BouncyCastle would need JavaMail: header, multipart, base64. That is to its advantage.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.CollectionStore;

public class Peer {
  static final String BC = "BC";
  static final String BOUNDARY = "GRENZE-0123456789abcdef";
  final X509Certificate anna, bernd;
  final PrivateKey annaKey, berndKey;
  final PKIXParameters trust;

  Peer(Path people) throws Exception {
    anna = certificate(people.resolve("anna.pem"));
    bernd = certificate(people.resolve("bernd.pem"));
    annaKey = key(people.resolve("anna.key"));
    berndKey = key(people.resolve("bernd.key"));
    Set<TrustAnchor> anchors = Set.of(new TrustAnchor(certificate(people.resolve("user_ca.pem")), null));
    trust = new PKIXParameters(anchors);
    trust.setRevocationEnabled(false);
  }

  static X509Certificate certificate(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  static PrivateKey key(Path file) throws Exception {
    try (PEMParser parser = new PEMParser(Files.newBufferedReader(file))) {
      return new JcaPEMKeyConverter().setProvider(BC).getPrivateKey((PrivateKeyInfo) parser.readObject());
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  byte[] seal(byte[] content) throws Exception {
    CMSSignedDataGenerator signing = new CMSSignedDataGenerator();
    signing.addSignerInfoGenerator(new JcaSimpleSignerInfoGeneratorBuilder().setProvider(BC).build("SHA256withRSA", annaKey, anna));
    signing.addCertificates(new CollectionStore<>(List.of(new JcaX509CertificateHolder(anna))));
    byte[] signature = signing.generate(new CMSProcessableByteArray(content), false).getEncoded();
    ByteArrayOutputStream signed = new ByteArrayOutputStream(content.length + 8192);
    signed.write(ascii("Content-Type: multipart/signed; boundary=\"" + BOUNDARY + "\"\r\n\r\n--" + BOUNDARY + "\r\n"));
    signed.write(content);
    signed.write(ascii("\r\n--" + BOUNDARY + "\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    signed.write(Base64.getMimeEncoder().encode(signature));
    signed.write(ascii("\r\n--" + BOUNDARY + "--\r\n"));
    CMSEnvelopedDataGenerator sealing = new CMSEnvelopedDataGenerator();
    sealing.addRecipientInfoGenerator(new JceKeyTransRecipientInfoGenerator(bernd).setProvider(BC));
    sealing.addRecipientInfoGenerator(new JceKeyTransRecipientInfoGenerator(anna).setProvider(BC));
    byte[] envelope = sealing.generate(new CMSProcessableByteArray(signed.toByteArray()),
        new JceCMSContentEncryptorBuilder(CMSAlgorithm.AES256_CBC).setProvider(BC).build()).getEncoded();
    return Base64.getMimeEncoder().encode(envelope);
  }

  /** Where `what` begins in `in`, from `at` on. */
  static int find(byte[] in, byte[] what, int at) {
    outer:
    for (; at <= in.length - what.length; ++at) {
      for (int i = 0; i < what.length; ++i) {
        if (in[at + i] != what[i]) {
          continue outer;
        }
      }
      return at;
    }
    throw new IllegalStateException("not found");
  }

  byte[] open(byte[] mail) throws Exception {
    int body = find(mail, ascii("\r\n\r\n"), 0) + 4;
    byte[] der = Base64.getMimeDecoder().decode(Arrays.copyOfRange(mail, body, mail.length));
    RecipientInformation mine = new CMSEnvelopedData(der).getRecipientInfos().get(new JceKeyTransRecipientId(bernd));
    byte[] entity = mine.getContent(new JceKeyTransEnvelopedRecipient(berndKey).setProvider(BC));
    String header = new String(entity, 0, find(entity, ascii("\r\n\r\n"), 0), StandardCharsets.ISO_8859_1);
    int quote = header.indexOf("boundary=\"") + 10;
    String boundary = header.substring(quote, header.indexOf('"', quote));
    int start = find(entity, ascii("--" + boundary + "\r\n"), 0) + boundary.length() + 4;
    int end = find(entity, ascii("\n--" + boundary), start);
    byte[] content = Arrays.copyOfRange(entity, start, entity[end - 1] == '\r' ? end - 1 : end);
    int signature = find(entity, ascii("\r\n\r\n"), end) + 4;
    int last = find(entity, ascii("\r\n--" + boundary + "--"), signature);
    byte[] cms = Base64.getMimeDecoder().decode(Arrays.copyOfRange(entity, signature, last));
    CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), cms);
    for (SignerInformation signer : signed.getSignerInfos()) {
      X509CertificateHolder holder = (X509CertificateHolder) signed.getCertificates().getMatches(signer.getSID()).iterator().next();
      X509Certificate leaf = new JcaX509CertificateConverter().setProvider(BC).getCertificate(holder);
      CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
      CertPathValidator.getInstance("PKIX").validate(path, trust);
      if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(leaf))) {
        throw new IllegalStateException("signature");
      }
    }
    return content;
  }

  interface Work {
    void once() throws Exception;
  }

  /** Median of `repetitions` means, each of at least 0.2 s, after a warm-up of at least a second. */
  static double median(int repetitions, Work work) throws Exception {
    for (long begun = System.nanoTime(); System.nanoTime() - begun < 1_000_000_000L;) {
      work.once();
    }
    double[] means = new double[repetitions];
    for (int i = 0; i < repetitions; ++i) {
      long begun = System.nanoTime();
      int count = 0;
      do {
        work.once();
        ++count;
      } while (System.nanoTime() - begun < 200_000_000L);
      means[i] = (System.nanoTime() - begun) / 1e3 / count;
    }
    Arrays.sort(means);
    return means[repetitions / 2];
  }

  static String row(String name, double micros) {
    return "{\"run_name\": \"" + name + "\", \"run_type\": \"iteration\", \"real_time\": " + micros + ", \"time_unit\": \"us\"}";
  }

  public static void main(String[] args) throws Exception {
    Locale.setDefault(Locale.ROOT);
    Security.addProvider(new BouncyCastleProvider());
    Peer peer = new Peer(Path.of(args[0]));
    byte[] content = Files.readAllBytes(Path.of(args[1]));
    byte[] mail = Files.readAllBytes(Path.of(args[2]));
    int repetitions = Integer.parseInt(args[4]);
    if (peer.open(mail).length != content.length) {
      throw new IllegalStateException("the content is another one");
    }
    double seal = median(repetitions, () -> peer.seal(content));
    double open = median(repetitions, () -> peer.open(mail));
    Files.writeString(Path.of(args[5]), "{\"benchmarks\": [" + row("seal/bouncycastle/" + args[3], seal) + ", "
        + row("open/bouncycastle/" + args[3], open) + "]}\n");
  }
}
