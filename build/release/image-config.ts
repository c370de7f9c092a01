import type { SourceState } from './source-state.ts';

/** Those of all parts in the SBOM (SPDX). */
const licences = [
  'MIT',
  'Apache-2.0',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'GPL-3.0-or-later WITH GCC-exception-3.1',
  'ISC',
  'LGPL-2.1-or-later',
  'Unicode-3.0',
  'Zlib',
  'blessing',
].join(' AND ');

/** What an image is called, and what it is for. */
export interface ImageTitle {
  readonly name: string;
  readonly description: string;
}

/** What an image sets for its containers: the same as its Dockerfile. */
export function imageConfig(title: ImageTitle, version: string, { commit }: SourceState): object {
  return {
    User: '65532:65532',
    Entrypoint: ['/emissary'],
    WorkingDir: '/',
    Labels: {
      'org.opencontainers.image.title': title.name,
      'org.opencontainers.image.description': title.description,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': licences,
      ...(commit !== null && { 'org.opencontainers.image.revision': commit }),
    },
  };
}
