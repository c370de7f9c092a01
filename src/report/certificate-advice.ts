/**
 * What is wrong with a server's certificate, and what a person can do about it.
 * @param args Node's own, or its code (https://nodejs.org/api/tls.html#x509-certificate-error-codes)
 * @param untrusted the sentence where no known authority has signed it
 * @returns null where the certificate is not what failed
 */
export function certificateAdvice(args: string, untrusted: string): string | null {
  if (/altname/i.test(args))
    return `shows a certificate for another host (${args}); use a name that it holds, or renew it there`;
  if (/expired|not.yet.valid/i.test(args))
    return `shows a certificate that has expired or is not valid yet (${args}); renew it there, and check both clocks`;
  return /cert|signature|self.signed|issuer/i.test(args) ? untrusted : null;
}
