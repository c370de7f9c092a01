import type { IForbiddenRuleType, IRegularForbiddenRuleType } from 'dependency-cruiser';

/** One layer of src: folders that never import each other, except as `besides` allows. */
interface Layer {
  readonly folders: readonly string[];
  /** Folder → the folder of the same layer that it may import. */
  readonly besides?: Readonly<Record<string, string>>;
}

/** The layers of src, from the top down: a folder imports only from layers below its own (src/README.md). */
export const layersOfSource: readonly Layer[] = [
  { folders: ['commands'] },
  { folders: ['operator', 'page'], besides: { operator: 'page' } },
  {
    folders: ['init', 'inputs', 'run', 'outputs', 'wait', 'report', 'mirror', 'launch'],
    besides: { wait: 'report' },
  },
  { folders: ['observe', 'pod', 'registry', 'stores'] },
  { folders: ['settings'] },
  { folders: ['contract'] },
  { folders: ['kernel'] },
  { folders: ['base'] },
];

/** Folders of src without code. */
export const documents: readonly string[] = ['decisions'];

/** The two programs. */
const entries = '(emissary|multiflexi-emissary)\\.ts';

const upward = layersOfSource.flatMap(({ folders, besides = {} }, index) =>
  folders.map((folder) => {
    const below = layersOfSource.slice(index + 1).flatMap((layer) => layer.folders);
    const allowed = [folder, ...(besides[folder] === undefined ? [] : [besides[folder]]), ...below];
    return rule(
      `down-only-${folder}`,
      { path: `^src/${folder}/` },
      { path: '^src/[^/]+/', pathNot: `^src/(${allowed.join('|')})/` },
    );
  }),
);

/**
 * Who may import whom, and the only home of each dependency: the two tables of src/README.md as rules. Paths are
 * those of imported files; names of node's own modules have no `node:` prefix.
 */
export const layerRules: readonly IForbiddenRuleType[] = [
  // Includes types: two files that need each other's types are one concept, or lack a third file.
  rule('no-cycles', {}, { circular: true }),
  rule(
    'imports-resolve',
    {},
    { couldNotResolve: true, pathNot: '^(node:)?(ffi|sqlite|sea|test/reporters)$' },
  ),
  rule('src-stands-alone', { path: '^src/' }, { path: '^(build|test|images)/' }),

  // The entry files → start-program → cli; the entry files → commands → layersOfSource.
  rule('nothing-imports-entries', { path: '^src/' }, { path: `^src/${entries}$` }),
  rule(
    'only-entries-start',
    { path: '^src/', pathNot: `^src/${entries}$` },
    { path: '^src/start-program\\.ts$' },
  ),
  rule(
    'only-the-top-imports-cli',
    { path: '^src/', pathNot: `^src/(${entries}|start-program\\.ts|pod-commands\\.ts)$` },
    { path: '^src/cli\\.ts$' },
  ),
  rule(
    'only-entries-import-commands',
    { path: '^src/', pathNot: `^src/(${entries}|pod-commands\\.ts)$` },
    { path: '^src/commands/' },
  ),
  ...upward,
  // Everything that the pod program could ever load: it is copied to every job's volume.
  {
    name: 'the-pod-program-is-small',
    severity: 'error',
    from: { path: '^src/emissary\\.ts$' },
    to: {
      path: '^src/(commands/(manifest|launch|attach|cancel|list|doctor|mirror|operator|page)\\.ts|pod/|registry/|launch/|operator/|page/|settings/application/)|node_modules/(yaml|execa|dockerode|docker-modem|@kubernetes|@peculiar|ws)/',
      reachable: true,
    },
  },

  // Each dependency has one home.
  home('ffi', '^(node:)?ffi$', '^src/kernel/'),
  home('zod', 'node_modules/zod/', '^src/settings/|^src/(report|observe|launch/azure/api)/.*schema\\.ts$'),
  home('yaml', 'node_modules/yaml/', '^src/pod/'),
  home('archives', 'node_modules/(tar|yauzl)/', '^src/(outputs|inputs)/|^src/page/archive-entries\\.ts$'),
  home('database', 'node_modules/(kysely|mysql2)/|^(node:)?sqlite$', '^src/report/'),
  home('media-types', 'node_modules/mime/', '^src/report/sql/'),
  home('opentelemetry', 'node_modules/@opentelemetry/', '^src/report/'),
  home('engine-clients', 'node_modules/(dockerode|docker-modem)/', '^src/launch/docker/'),
  home('cluster-client', 'node_modules/@kubernetes/client-node/', '^src/launch/kubernetes/'),
  home('websockets', 'node_modules/ws/', '^src/launch/(kubernetes|azure)/api/exec-stream\\.ts$'),
  home(
    'http',
    '^(https?|http2)$',
    '^src/base/(http-request|proxy-agent)\\.ts$|^src/launch/(docker|kubernetes)/|^src/operator/(probe-server|webhook/webhook-server|page/page-server)\\.ts$|^src/page/serve-page\\.ts$',
  ),
  home(
    'network',
    '^(tls|net|dgram|dns)$',
    '^src/report/|^src/settings/proxy\\.ts$|^src/launch/docker/|^src/operator/(webhook/make-certificates|page/served-page)\\.ts$|^src/page/serve-page\\.ts$',
  ),
  home('certificates', 'node_modules/@peculiar/', '^src/operator/webhook/make-certificates\\.ts$'),
  home(
    'child-processes',
    'node_modules/execa/|^child_process$',
    '^src/launch/|^src/inputs/fetch/git/run-git\\.ts$',
  ),
  home('azure-client', 'node_modules/@azure/storage-blob/', '^src/stores/azure/'),
  home('azure-identity', 'node_modules/@azure/(?!storage-blob)', '^src/(stores|launch)/azure/'),
  home('google-client', 'node_modules/(google-auth-library|gaxios|gcp-metadata)/', '^src/stores/gcs/'),
  home('git', 'node_modules/isomorphic-git/', '^src/inputs/fetch/git/'),
  home('s3-client', 'node_modules/(@aws-sdk|@smithy)/', '^src/stores/s3/'),
  // What runs in the page is bundled apart: only data is shared.
  home('browser', 'node_modules/(preact|uplot|papaparse|ansi-sequence-parser)/', '^src/page/browser/'),
  rule(
    'the-page-stands-alone',
    { path: '^src/page/browser/' },
    { path: '^src/', pathNot: '^src/page/(browser/|page-model\\.ts$)' },
  ),
  rule(
    'only-the-build-bundles-the-page',
    { path: '^src/', pathNot: '^src/page/browser/' },
    { path: '^src/page/browser/' },
  ),
  home('bundler', 'node_modules/esbuild/', '^$'),
  rule('zod-mini-only', { path: '^src/' }, { path: 'node_modules/zod/', pathNot: 'node_modules/zod/mini/' }),
];

function rule(
  name: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType {
  return { name, severity: 'error', from, to };
}

/** Within src, only files that match `homes` may import what matches `path`. */
function home(name: string, path: string, homes: string): IRegularForbiddenRuleType {
  return rule(`home-of-${name}`, { path: '^src/', pathNot: homes }, { path });
}
