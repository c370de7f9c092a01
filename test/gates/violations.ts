import { layersOfSource } from '../../build/gates/layer-rules.ts';

/** A planted fault: the files that are written over a copy of the tree, and what the gate must say of them. */
export interface Violation {
  readonly gate: string;
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly says: RegExp;
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `  log('${index}');`).join('\n');
const saying = "import { log } from '../base/log.ts';\n\n";

function layer(rule: string, from: string, to: string): Violation {
  return {
    gate: 'layers',
    title: `${from} imports ${to}`,
    files: { [from]: `import '${to}';\n` },
    says: new RegExp(`${rule}: ${from.replaceAll('.', '\\.')} → `),
  };
}

/** At least one for every gate, and one for every rule that is this project's own choice. */
export const violations: readonly Violation[] = [
  {
    gate: 'types',
    title: 'a text where a number is wanted',
    files: { 'src/base/planted.ts': "export const planted: number = 'text';\n" },
    says: /src\/base\/planted\.ts\(1,14\): error TS2322/,
  },
  lintViolation('badly formatted', 'export const planted = "text"\n', /planted\.ts format/),
  lintViolation('a default export', 'export default 1;\n', /planted\.ts.*noDefaultExport/),
  lintViolation(
    'a non-null assertion',
    'export const planted = (text: string | null) => text!.length;\n',
    /planted\.ts.*noNonNullAssertion/,
  ),
  lintViolation('a process global', 'export const planted = process.pid;\n', /planted\.ts.*noProcessGlobal/),
  lintViolation(
    'the environment imported below start-program.ts',
    "import { env } from 'node:process';\n\nexport const planted = env;\n",
    /planted\.ts.*noRestrictedImports/,
  ),
  lintViolation(
    'a floating promise',
    'async function act(): Promise<void> {}\n\nexport function planted(): void {\n  act();\n}\n',
    /planted\.ts.*noFloatingPromises/,
  ),
  lintViolation(
    'a function that is too long',
    `${saying}export function planted(): void {\n${lines(60)}\n}\n`,
    /planted\.ts.*noExcessiveLinesPerFunction/,
  ),
  lintViolation(
    'a file that is too long',
    saying +
      [0, 1, 2, 3, 4].map((n) => `export function planted${n}(): void {\n${lines(40)}\n}\n`).join('\n'),
    /planted\.ts.*noExcessiveLinesPerFile/,
  ),
  layer('only-entries-import-commands', 'src/report/planted-command.ts', '../commands/run.ts'),
  layer('only-entries-import-commands', 'src/commands/planted.ts', './init.ts'),
  layer('only-the-top-imports-cli', 'src/commands/planted-cli.ts', '../cli.ts'),
  layer('nothing-imports-entries', 'src/planted-entry.ts', './emissary.ts'),
  layer('only-entries-start', 'src/planted-start.ts', './start-program.ts'),
  {
    gate: 'layers',
    title: 'the program of the pod can load what it does not need',
    files: {
      'src/pod/planted-yaml.ts': "import 'yaml';\n",
      'src/pod-commands.ts': "import './pod/planted-yaml.ts';\n",
    },
    says: /the-pod-program-is-small: src\/(pod-commands|emissary)\.ts → /,
  },
  layer('down-only-kernel', 'src/kernel/planted.ts', '../settings/cli/invocation.ts'),
  layer('down-only-base', 'src/base/planted-up.ts', '../kernel/libc.ts'),
  layer('src-stands-alone', 'src/report/planted-test.ts', '../../test/helpers/program.ts'),
  layer('imports-resolve', 'src/report/planted-lost.ts', './nowhere.ts'),
  layer('home-of-ffi', 'src/run/planted-ffi.ts', 'node:ffi'),
  layer('home-of-zod', 'src/run/planted-zod.ts', 'zod/mini'),
  layer('zod-mini-only', 'src/settings/planted-zod.ts', 'zod'),
  layer('home-of-archives', 'src/report/planted-tar.ts', 'tar'),
  layer('home-of-archives', 'src/run/planted-yauzl.ts', 'yauzl'),
  layer('home-of-database', 'src/settings/planted-kysely.ts', 'kysely'),
  layer('home-of-database', 'src/outputs/planted-sqlite.ts', 'node:sqlite'),
  layer('home-of-media-types', 'src/outputs/planted-mime.ts', 'mime'),
  layer('home-of-http', 'src/report/planted-http.ts', 'node:http'),
  layer('home-of-http', 'src/inputs/planted-https.ts', 'node:https'),
  layer('home-of-network', 'src/inputs/planted-net.ts', 'node:net'),
  layer('home-of-child-processes', 'src/run/planted-execa.ts', 'execa'),
  layer('home-of-child-processes', 'src/run/planted-child.ts', 'node:child_process'),
  layer('home-of-bundler', 'src/run/planted-esbuild.ts', 'esbuild'),
  ...upwardImports(),
  {
    gate: 'layers',
    title: 'a stage imported from below',
    files: {
      'src/outputs/planted-stage.ts': 'export const planted = 1;\n',
      'src/contract/planted-up.ts': "import '../outputs/planted-stage.ts';\n",
    },
    says: /down-only-contract: src\/contract\/planted-up\.ts → /,
  },
  {
    gate: 'layers',
    title: 'a folder that the rules do not know',
    files: { 'src/planted/planted.ts': 'export const planted = 1;\n' },
    says: /src\/planted is missing from layer-rules/,
  },
  {
    gate: 'layers',
    title: 'a circle',
    files: {
      'src/base/planted-one.ts': "import './planted-two.ts';\n",
      'src/base/planted-two.ts': "import './planted-one.ts';\n",
    },
    says: /no-cycles: src\/base\/planted-one\.ts → src\/base\/planted-two\.ts/,
  },
  {
    gate: 'dead-code',
    title: 'a file that nobody imports',
    files: { 'src/base/planted-file.ts': 'export const planted = 1;\n' },
    says: /src\/base\/planted-file\.ts/,
  },
  {
    gate: 'documented',
    title: 'an export without a doc comment',
    files: {
      'src/base/planted-bare.ts': '// Not for a reader of the interface.\nexport const planted = 1;\n',
    },
    says: /src\/base\/planted-bare\.ts:2 has no doc comment/,
  },
  {
    gate: 'places',
    title: 'a registry',
    files: { 'images/planted/Dockerfile': `FROM ${['ghcr', 'io'].join('.')}/somebody/image:1\n` },
    says: /images\/planted\/Dockerfile:1: a registry host/,
  },
  {
    gate: 'places',
    title: "one machine's path",
    files: { 'test/planted.md': `See\n${['', 'root', 'notes'].join('/')}.txt\n` },
    says: /test\/planted\.md:2: a path of one machine/,
  },
  {
    gate: 'size',
    title: 'a program that is too large',
    files: { 'dist/emissary': 'x'.repeat(100_000_001) },
    says: /dist\/emissary has 100000001 bytes/,
  },
  {
    gate: 'versions',
    title: 'an image of another version',
    files: { 'images/planted/pod.yaml': `image: ${['multiflexi-emissary', '9.8.7'].join(':')}\n` },
    says: /images\/planted\/pod\.yaml:1 has 9\.8\.7 instead of/,
  },
  {
    gate: 'versions',
    title: 'a Debian package of another version',
    files: {
      'images/planted/README.md': `apt install ./${['multiflexi-emissary', '9.8.8-1', 'amd64.deb'].join('_')}\n`,
    },
    says: /images\/planted\/README\.md:1 has 9\.8\.8 instead of/,
  },
  {
    gate: 'versions',
    title: 'an application of another version',
    files: { 'images/planted/planted.multiflexi.app.json': '{\n  "version": "9.8.6"\n}\n' },
    says: /images\/planted\/planted\.multiflexi\.app\.json:2 has 9\.8\.6 instead of/,
  },
  {
    gate: 'versions',
    title: 'a chart of another version',
    files: { 'images/chart/Chart.yaml': 'version: 9.8.4\nappVersion: "9.8.4"\n' },
    says: /images\/chart\/Chart\.yaml:2 has 9\.8\.4 instead of/,
  },
  {
    gate: 'versions',
    title: 'a lock file of another version',
    files: { 'package-lock.json': '{ "version": "9.8.5", "packages": { "": { "version": "9.8.5" } } }\n' },
    says: /package-lock\.json has 9\.8\.5 instead of/,
  },
];

function lintViolation(title: string, text: string, says: RegExp): Violation {
  return {
    gate: 'lint',
    title,
    files: { [`src/base/${title.replaceAll(/\W/g, '-')}-planted.ts`]: text },
    says,
  };
}

/** Every pair of rooms. */
/** Every import between two folders of src that points up or sideways. */
function upwardImports(): readonly Violation[] {
  return layersOfSource.flatMap(({ folders, besides = {} }, index) => {
    const forbidden = layersOfSource.slice(0, index + 1).flatMap((layer) => layer.folders);
    return folders.flatMap((from) =>
      forbidden.filter((to) => to !== from && besides[from] !== to).map((to) => upwardImport(from, to)),
    );
  });
}

function upwardImport(from: string, to: string): Violation {
  return {
    gate: 'layers',
    title: `${from} imports ${to}`,
    files: {
      [`src/${to}/planted-target.ts`]: 'export const planted = 1;\n',
      [`src/${from}/planted-to-${to}.ts`]: `import '../${to}/planted-target.ts';\n`,
    },
    says: new RegExp(`down-only-${from}: src/${from}/planted-to-${to}\\.ts → src/${to}/planted-target\\.ts`),
  };
}
