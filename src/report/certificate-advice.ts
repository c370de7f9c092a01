/**
 * What is wrong with a server's certificate, and what the user can do about it.
 * @param reason Node's message, or its code (https://nodejs.org/api/tls.html#x509-certificate-error-codes)
 * @param untrusted the clause if no known authority has signed it
 * @returns null if the certificate is not the cause
 */
export function certificateAdvice(reason: string, untrusted: string): string | null {
  if (/altname/i.test(reason))
    return `presents a certificate for another host (${reason}); use a host name that it lists, or renew it`;
  if (/expired|not.yet.valid/i.test(reason))
    return `presents a certificate that has expired or is not valid yet (${reason}); renew it, and check both clocks`;
  return /cert|signature|self.signed|issuer/i.test(reason) ? untrusted : null;
}
