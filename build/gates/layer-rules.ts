import type { IRegularForbiddenRuleType } from 'dependency-cruiser';

/** The rooms of one level, which never import each other. */
export const rooms: readonly string[] = ['process', 'install', 'manifest', 'inputs', 'outputs', 'report'];
/** The other folders of src. */
export const floors: readonly string[] = ['commands', 'settings', 'contract', 'kernel', 'base', 'decisions'];

const room = `^src/(${rooms.join('|')})/`;

/**
 * Who may import whom, and the one home of each dependency: the two tables of src/README.md as rules. Paths are those
 * of the files that an import leads to; `node:` is left out of the names of node's own modules.
 */
export const layerRules: readonly IRegularForbiddenRuleType[] = [
  // A circle through a type is none: it is gone at run time.
  rule('no-circles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
  rule(
    'everything-is-found',
    {},
    { couldNotResolve: true, pathNot: '^(node:)?(ffi|sqlite|sea|test/reporters)$' },
  ),
  rule('src-stands-alone', { path: '^src/' }, { path: '^(build|test|images)/' }),

  // Down only: main → cli → commands → rooms → settings, contract → kernel, base.
  rule('main-is-the-top', {}, { path: '^src/main\\.ts$' }),
  rule('only-main-imports-cli', { path: '^src/', pathNot: '^src/main\\.ts$' }, { path: '^src/cli\\.ts$' }),
  rule('only-cli-imports-commands', { path: '^src/', pathNot: '^src/cli\\.ts$' }, { path: '^src/commands/' }),
  rule('only-commands-import-rooms', { path: '^src/', pathNot: `^src/commands/|${room}` }, { path: room }),
  rule('rooms-are-apart', { path: room }, { path: room, pathNot: '^src/$1/' }),
  rule(
    'the-ground-imports-nothing-above',
    { path: '^src/(kernel|base)/' },
    { path: '^src/', pathNot: '^src/(kernel|base)/' },
  ),
  rule('base-imports-nothing', { path: '^src/base/' }, { path: '^src/', pathNot: '^src/base/' }),

  // One home per dependency.
  home('ffi', '^(node:)?ffi$', '^src/kernel/'),
  home('chokidar', 'node_modules/chokidar/', '^src/contract/watch\\.ts$'),
  home('zod', 'node_modules/zod/', '^src/settings/|^src/report/[^/]*schema\\.ts$'),
  home('yaml', 'node_modules/yaml/', '^src/manifest/'),
  home('archives', 'node_modules/(tar|yauzl)/', '^src/(outputs|inputs)/'),
  home('database', 'node_modules/(kysely|mysql2)/|^(node:)?sqlite$', '^src/report/'),
  home('opentelemetry', 'node_modules/@opentelemetry/', '^src/report/'),
  home(
    'network',
    '^(https?|http2|tls|net|dgram|dns)$',
    '^src/(report|inputs)/|^src/(settings/proxy|base/proxy-agent)\\.ts$',
  ),
  home('whole-programs', 'node_modules/execa/|^child_process$', '^$'),
  home('bundler', 'node_modules/esbuild/', '^$'),
  rule(
    'zod-is-the-small-one',
    { path: '^src/' },
    { path: 'node_modules/zod/', pathNot: 'node_modules/zod/mini/' },
  ),
];

function rule(
  name: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType {
  return { name, severity: 'error', from, to };
}

/** Within src, what `path` matches is imported only by files that `homes` matches. */
function home(name: string, path: string, homes: string): IRegularForbiddenRuleType {
  return rule(`home-of-${name}`, { path: '^src/', pathNot: homes }, { path });
}
