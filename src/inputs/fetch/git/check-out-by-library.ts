import fs from 'node:fs';
import git, { type GitHttpRequest, type GitHttpResponse } from 'isomorphic-git';
import { messageOf } from '../../../base/fault.ts';
import { httpRequest } from '../../../base/http-request.ts';
import { limits } from '../../../base/limits.ts';
import type { GitSource } from '../../../settings/template/template.ts';
import { storeRoute } from '../../../stores/store-route.ts';
import { type GitAccess, noCommit } from './git-access.ts';

/** What the library needs. */
interface Context {
  readonly access: GitAccess;
  readonly signal: AbortSignal;
  /** The revision is a commit's whole ID. */
  readonly isCommit: boolean;
}

/** Checks a revision out where there is no program git. @throws Error whose message is the reason */
export async function checkOutByLibrary(source: GitSource, place: string, context: Context): Promise<void> {
  const { access } = context;
  if (!/^https?:\/\//i.test(access.address))
    throw new Error('without the program git, its repository must be at http:// or https://');
  if (source.submodules) throw new Error('without the program git, submodules are not fetched');
  const common = {
    fs,
    dir: place,
    http: { request: (request: GitHttpRequest) => send(request, context) },
    onAuth: () => ({ username: access.user ?? 'git', password: access.password ?? '' }),
    // Asking again with the same credentials would not help.
    onAuthFailure: () => ({ cancel: true }),
  };
  try {
    await checkOut(source, common, context);
    if (!(await hasHead(common))) throw new Error(noCommit);
  } catch (cause) {
    if (context.signal.aborted) throw context.signal.reason;
    const message = messageOf(cause);
    throw message === noCommit ? cause : new Error(`git: ${message}`, { cause });
  }
}

type Common = Omit<Parameters<typeof git.clone>[0], 'url' | 'ref'>;

async function checkOut(
  { revision, depth, singleBranch }: GitSource,
  common: Common,
  { access, isCommit }: Context,
): Promise<void> {
  const limited = { ...(depth !== null && { depth }), singleBranch };
  if (!isCommit) {
    const ref = revision === null ? {} : { ref: revision };
    await git.clone({ ...common, ...limited, url: access.address, ...ref });
    return;
  }
  await git.init(common);
  await git.addRemote({ ...common, remote: 'origin', url: access.address });
  const commit = revision ?? '';
  // A server may refuse a commit that is no branch's tip: then everything is fetched that leads to it.
  const fetch = { ...common, remote: 'origin', tags: false };
  await git.fetch({ ...fetch, ...limited, ref: commit, singleBranch: true }).catch(() => null);
  if (!(await hasCommit(common, commit))) await git.fetch({ ...fetch, singleBranch: false });
  await git.checkout({ ...common, ref: commit });
}

async function hasHead(common: Common): Promise<boolean> {
  try {
    return await hasCommit(common, await git.resolveRef({ ...common, ref: 'HEAD' }));
  } catch {
    return false; // Its branch has no commit yet.
  }
}

async function hasCommit(common: Common, oid: string): Promise<boolean> {
  try {
    await git.readCommit({ ...common, oid });
    return true;
  } catch {
    return false; // It is not there yet: the caller fetches it.
  }
}

/** Through the one HTTP client: it knows proxies and authorities. */
async function send(request: GitHttpRequest, { access, signal }: Context): Promise<GitHttpResponse> {
  const url = new URL(request.url);
  const pieces: Uint8Array[] = [];
  for await (const piece of request.body ?? []) pieces.push(piece);
  const isPost = request.method === 'POST';
  const answer = await httpRequest(url, {
    ...storeRoute(url, access.environment),
    headers: request.headers ?? {},
    body: isPost ? Buffer.concat(pieces) : null,
    signal,
    // As git itself is told.
    idleMs: limits.fetchSilenceMs,
  });
  return {
    url: request.url,
    method: request.method,
    statusCode: answer.statusCode ?? 0,
    statusMessage: answer.statusMessage ?? '',
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    body: iterate(answer),
  };
}

async function* iterate(answer: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  yield* answer;
}
