import './reflect-metadata.ts';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { limits } from '../../base/limits.ts';

/** Browsers have these types, and Node has them under other names. The library's own types name them. */
declare global {
  type Algorithm = webcrypto.Algorithm;
  type AlgorithmIdentifier = webcrypto.AlgorithmIdentifier;
  type BufferSource = ArrayBufferView | ArrayBuffer;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
  type EcKeyGenParams = webcrypto.EcKeyGenParams;
  type EcKeyImportParams = webcrypto.EcKeyImportParams;
  type EcdsaParams = webcrypto.EcdsaParams;
  type KeyUsage = webcrypto.KeyUsage;
  type RsaHashedImportParams = webcrypto.RsaHashedImportParams;
}

/** A certificate for the webhook with its key, and the authority that signed it and nothing else: PEM. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes an authority and a certificate for a server. The authority's key is forgotten: it can sign nothing else.
 *
 * @param names DNS names and addresses
 */
export async function makeCertificates(names: readonly string[], lifeMs: number): Promise<Certificates> {
  const serial = () => `01${randomBytes(15).toString('hex')}`;
  const times = timesOf(lifeMs);
  const authorityKeys = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...times,
    serialNumber: serial(),
    // Two authorities that are trusted at the same time have different names.
    name: `CN=multiflexi-emissary ${randomBytes(6).toString('hex')}`,
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...times,
    serialNumber: serial(),
    subject: 'CN=multiflexi-emissary',
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const exported = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    authority: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(exported, 'PRIVATE KEY')}\n`,
  };
}

/** Clocks may differ: it is valid for others already. */
function timesOf(lifeMs: number) {
  const now = Date.now();
  const skew = Math.min(limits.certificateSkewMs, lifeMs / 10);
  return { notBefore: new Date(now - skew), notAfter: new Date(now + lifeMs) };
}
