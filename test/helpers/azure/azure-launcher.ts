import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { type Engine, requireEngine } from '../engine.ts';
import { exampleImages } from '../example-images.ts';
import { makeNamedImage, withBusybox } from '../images.ts';
import { jobImage, jobTools, type Launcher, starters } from '../launcher-parts.ts';
import { requireProgram } from '../require.ts';
import { temporaryVolume } from '../volume.ts';
import type { Azure } from './azure.ts';
import { startAzure } from './start-azure.ts';

/** A launcher of jobs in a stand-in of the test's own. */
export interface AzureLauncher extends Launcher {
  readonly azure: Azure;
  /** The environment without credentials. */
  readonly place: Readonly<Record<string, string>>;
}

/** Made once for all tests of a file. */
let images: Promise<void> | null = null;

/** Null after the test was skipped because podman does not work here; in CI that is a failure. */
export async function azureLauncher(t: TestContext): Promise<AzureLauncher | null> {
  const isThere = ['busybox', 'script', 'openssl'].every((program) => requireProgram(t, program));
  const podman = isThere ? await requireEngine(t, 'podman') : null;
  if (podman === null) return null;
  images ??= makeImages(t, podman);
  await images;
  const started = await startAzure(t, podman);
  const { azure } = started;
  const state = join(temporaryVolume(t), 'state');
  atEnd(t, () => rmSync(state, { recursive: true, force: true }));
  const ours = { EMISSARY_IMAGE: emissaryImage, EMISSARY_STATE_DIR: state };
  const env = { ...started.env, ...ours };
  const options = ['--engine', 'azure', '--image', jobImage];
  return {
    name: 'azure',
    azure,
    place: { ...started.place, ...ours },
    engine: null,
    state,
    env,
    options,
    ...starters(t, options, env),
    containers: async () => [...azure.groups.keys()],
    // By exec, the group could be gone before the exec itself has ended.
    gate: () => ({
      options: [],
      isOpen: '[ -e /var/run/argo/go ]',
      open: async () => writeFileSync(join(azure.only.volume('emissary'), 'go'), ''),
    }),
    left: () => readdirSync(join(state, 'jobs')),
  };
}

const [own] = exampleImages;
/** A name of these tests' own: those of the examples remove theirs, with what runs from it. */
const emissaryImage = 'localhost/emissary-azure:0.1.0';

async function makeImages(t: TestContext, podman: Engine): Promise<void> {
  await makeNamedImage(t, podman, jobImage, (tree) => withBusybox(tree, jobTools));
  if (own === undefined) throw new Error('There is no image of the emissary');
  await makeNamedImage(t, podman, emissaryImage, own.fill, own.start);
}
