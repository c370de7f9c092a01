import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { httpAgent } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { explainS3 } from './explain-s3.ts';
import type { S3Settings } from './s3-settings.ts';

/** The errors of a server that does not know the client's checksums (it answers for AWS only by mistake). */
const refusesChecksums =
  /^(?:NotImplemented|InvalidArgument|InvalidRequest|MissingContentLength|XAmzContentSHA256Mismatch|SignatureDoesNotMatch|AccessDenied|MalformedTrailerError|InvalidHeader\w*|BadRequest|UnknownError|400|501)$/;
const isSkewed = /^(?:RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/;
const isExpired = /^(?:ExpiredToken\w*|TokenRefreshRequired|InvalidToken)$/;

type Cure = 'clock' | 'credentials' | 'checksums';

/**
 * Sends requests to one bucket's server. What only the client's state prevents is put right once, and the request sent
 * again: credentials that have expired are read again, the clock is corrected, and a server that refuses checksums gets none.
 */
export class S3Connection {
  readonly name: string;
  readonly settings: S3Settings;
  #client: Promise<S3Client> | null = null;
  #withChecksums = true;

  constructor(settings: S3Settings) {
    this.settings = settings;
    this.name = `s3://${settings.bucket}`;
  }

  /** Whether the server checks what it gets. */
  get withChecksums(): boolean {
    return this.#withChecksums;
  }

  /**
   * @param act sends one request, with a body of its own each time
   * @param tried what was put right for this request already
   * @throws StoreError, or the signal's reason
   */
  async send<T>(
    act: (client: S3Client) => Promise<T>,
    signal: AbortSignal,
    tried: ReadonlySet<Cure> = new Set(),
  ): Promise<T> {
    signal.throwIfAborted();
    const client = this.#client ?? this.#renew();
    const withChecksums = this.#withChecksums;
    let cure: Cure;
    try {
      return await act(await client);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      cure = this.#cureFor(error, withChecksums, tried);
    }
    // The client itself corrects its clock, by the answer's date. Another request may have done the rest.
    if (cure === 'checksums') this.#useChecksums(false);
    if (cure === 'credentials' && this.#client === client) this.#client = null;
    return this.send(act, signal, new Set([...tried, cure]));
  }

  close(): void {
    const client = this.#client;
    this.#client = null;
    client?.then((opened) => opened.destroy()).catch(() => undefined);
  }

  #renew(): Promise<S3Client> {
    this.#client = openClient(this.settings, this.#withChecksums);
    return this.#client;
  }

  #useChecksums(use: boolean): void {
    if (this.#withChecksums === use) return;
    this.#withChecksums = use;
    this.#client = null;
  }

  /** @throws StoreError if there is none */
  #cureFor(error: unknown, withChecksums: boolean, tried: ReadonlySet<Cure>): Cure {
    const cure = cureOf(error, this.settings.endpoint !== null && withChecksums);
    if (cure !== null && !tried.has(cure)) return cure;
    // They were not the cause.
    if (tried.has('checksums')) this.#useChecksums(true);
    throw explainS3(error, this.name);
  }
}

/** @param mayDropChecksums AWS itself knows them */
function cureOf(error: unknown, mayDropChecksums: boolean): Cure | null {
  const name = error instanceof Error ? error.name : '';
  if (isSkewed.test(name) || hasCorrectedClock(error)) return 'clock';
  if (isExpired.test(name)) return 'credentials';
  return mayDropChecksums && refusesChecksums.test(name) ? 'checksums' : null;
}

/** The answer to a HEAD has no code. */
function hasCorrectedClock(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly clockSkewCorrected?: boolean } };
  return $metadata?.clockSkewCorrected === true;
}

async function openClient(settings: S3Settings, withChecksums: boolean): Promise<S3Client> {
  const checksums = withChecksums ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const connections = { keepAlive: true, maxSockets: limits.storeRequests * 2 };
  const config: S3ClientConfig & { readonly ignoreCache: boolean } = {
    // Credentials of a file are read again by each client.
    ignoreCache: true,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    ...(settings.region !== null && { region: settings.region }),
    ...(settings.credentials !== null && { credentials: settings.credentials }),
    forcePathStyle: settings.isPathStyle,
    followRegionRedirects: settings.endpoint === null,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    // `Pace` retries, and knows of all requests.
    maxAttempts: 1,
    requestHandler: {
      httpAgent: await httpAgent('http:', settings.route, connections),
      httpsAgent: await httpAgent('https:', settings.route, connections),
      connectionTimeout: limits.storeConnectMs,
      socketTimeout: limits.storeIdleMs,
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    } as NonNullable<S3ClientConfig['requestHandler']>,
  };
  const client = new S3Client(config);
  if (settings.region !== null) return client;
  try {
    await client.config.region();
    return client;
  } catch {
    // Servers that are not AWS have no regions, and AWS itself redirects to the right one.
    client.destroy();
    return new S3Client({ ...config, region: 'us-east-1' });
  }
}
