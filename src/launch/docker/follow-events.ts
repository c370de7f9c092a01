import type Docker from 'dockerode';

/** One line of an engine's progress. */
interface EngineEvent {
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/**
 * Follows a pull or an import to its end. The engine has answered 200 by then, and reports a failure in the stream.
 *
 * @returns the last line's status
 * @throws Error with the engine's own reason
 */
export async function followEvents(docker: Docker, stream: NodeJS.ReadableStream): Promise<string> {
  let failure: string | null = null;
  let status = '';
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error) => (error === null ? resolve() : reject(error)),
      (event: EngineEvent) => {
        failure ??= event.error ?? event.errorDetail?.message ?? null;
        status = event.status ?? status;
      },
    );
  });
  if (failure !== null) throw new Error(failure);
  return status;
}
