import { X509Certificate } from 'node:crypto';
import { limits } from '../../base/limits.ts';
import type { Certificates } from './make-certificates.ts';

/** All certificates of a webhook, which all of its operators share. */
export interface CertificateState {
  /** Those that are served. */
  readonly current: Certificates;
  /** Their successors, which are trusted already; null: not made yet. */
  readonly next: Certificates | null;
  /** The authority of their predecessors, which some operator may still serve; null: it has expired. */
  readonly previous: string | null;
}

/** How certificates are renewed. */
export interface Renewal {
  /** What a certificate must be valid for. */
  readonly names: readonly string[];
  readonly now: number;
  readonly make: (names: readonly string[]) => Promise<Certificates>;
}

/**
 * The state as it should be: the successors are made long before the end, and are served only when they have been trusted
 * for a while. The same object: nothing is to be done.
 */
export async function renewed(state: CertificateState | null, renewal: Renewal): Promise<CertificateState> {
  const { now, names } = renewal;
  const isValid = (each: Certificates | null): each is Certificates =>
    each !== null && shareOf(each.certificate, now) < 1;
  if (state === null || !(isValid(state.current) || isValid(state.next)))
    return { current: await renewal.make(names), next: null, previous: null };
  const { current, next } = state;
  if (!isValid(current) && isValid(next)) return { current: next, next: null, previous: null };
  const share = shareOf(current.certificate, now);
  // Operators that know different names agree on all of them.
  const all = [...new Set([...namesIn(current.certificate), ...names])];
  const isComplete = all.length === namesIn(current.certificate).length;
  if (next === null)
    return share > limits.certificateNextShare || !isComplete
      ? { ...state, next: await renewal.make(all) }
      : withoutExpired(state, now);
  const isTrusted = now - madeAt(next.certificate) > limits.certificateTrustMs;
  if (share > limits.certificateSwapShare || (!isComplete && isTrusted))
    return { current: next, next: null, previous: current.authority };
  return withoutExpired(state, now);
}

/** All authorities that are to be trusted, as PEM. */
export function bundleOf({ current, next, previous }: CertificateState): string {
  return [current.authority, next?.authority ?? '', previous ?? ''].join('');
}

/** What is in the Secret. */
export function secretFiles({ current, next, previous }: CertificateState): Record<string, string> {
  return {
    'tls.crt': current.certificate,
    'tls.key': current.key,
    'ca.crt': current.authority,
    'next-tls.crt': next?.certificate ?? '',
    'next-tls.key': next?.key ?? '',
    'next-ca.crt': next?.authority ?? '',
    'previous-ca.crt': previous ?? '',
  };
}

/** The reverse; null: there is nothing usable in it. */
export function stateOfFiles(files: ReadonlyMap<string, string>): CertificateState | null {
  const certificates = (prefix: string): Certificates | null => {
    const [certificate = '', key = '', authority = ''] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) =>
      files.get(`${prefix}${name}`),
    );
    return isCertificate(certificate) && isCertificate(authority) && key !== ''
      ? { certificate, key, authority }
      : null;
  };
  const current = certificates('');
  return current === null
    ? null
    : { current, next: certificates('next-'), previous: files.get('previous-ca.crt') || null };
}

function withoutExpired(state: CertificateState, now: number): CertificateState {
  const { previous } = state;
  const isOver = previous !== null && (!isCertificate(previous) || shareOf(previous, now) >= 1);
  return isOver ? { ...state, previous: null } : state;
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).validTo !== '';
  } catch {
    return false;
  }
}

/** Which share of a certificate's time has passed; 1: it has expired. */
function shareOf(text: string, now: number): number {
  const { validFromDate, validToDate } = new X509Certificate(text);
  return (now - validFromDate.getTime()) / (validToDate.getTime() - validFromDate.getTime());
}

/** At the latest. */
function madeAt(text: string): number {
  const { validFromDate, validToDate } = new X509Certificate(text);
  const life = (validToDate.getTime() - validFromDate.getTime()) / 1.1;
  return validFromDate.getTime() + Math.min(limits.certificateSkewMs, life / 10);
}

function namesIn(text: string): readonly string[] {
  const names = new X509Certificate(text).subjectAltName ?? '';
  return names
    .split(', ')
    .map((each) => each.replace(/^(DNS|IP Address):/, ''))
    .filter((each) => each !== '');
}
