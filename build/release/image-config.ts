import type { SourceState } from './source-state.ts';

/** What the image sets for its containers: the same as images/emissary/Dockerfile. */
export function imageConfig(version: string, { commit }: SourceState): object {
  return {
    User: '65532:65532',
    Entrypoint: ['/emissary'],
    WorkingDir: '/',
    Labels: {
      'org.opencontainers.image.title': 'multiflexi-emissary',
      'org.opencontainers.image.description': 'In-container job wrapper of MultiFlexi: init, run, wait',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'MIT',
      ...(commit !== null && { 'org.opencontainers.image.revision': commit }),
    },
  };
}
