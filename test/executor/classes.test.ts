import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installedExecutors } from '../helpers/php-executor.ts';
import { requireProgram } from '../helpers/require.ts';

const classes = ['Emissary', 'EmissaryAzure', 'EmissaryDocker', 'EmissaryKubernetes', 'EmissaryPodman'];
const tree = join(import.meta.dirname, '../..');
const sources = globSync('executor/**/*.php', { cwd: tree }).sort();

test('every PHP file has valid syntax', (t) => {
  if (!requireProgram(t, 'php')) return;
  for (const file of [...sources, ...globSync('test/executor/**/*.php', { cwd: tree })])
    assert.match(execFileSync('php', ['-l', join(tree, file)], { encoding: 'utf8' }), /^No syntax errors/);
});

test('the executor classes follow PSR-12', (t) => {
  if (!requireProgram(t, 'phpcs')) return;
  // A class that core includes by its path has to load its base itself.
  const options = ['--standard=PSR12', '--exclude=PSR1.Files.SideEffects', '-q'];
  assert.equal(execFileSync('phpcs', [...options, join(tree, 'executor')], { encoding: 'utf8' }).trim(), '');
});

test('core finds exactly one class in each executor file, named like the file', (t) => {
  if (!requireProgram(t, 'php')) return;
  const files = sources.filter((file) => file.startsWith('executor/MultiFlexi/Executor/'));
  assert.deepEqual(
    files.map((file) => file.replace(/^.*\/|\.php$/g, '')),
    classes,
  );
  for (const file of files) {
    const text = readFileSync(join(tree, file), 'utf8');
    assert.equal(text.match(/^(?:abstract |final )?(?:class|interface|trait|enum) /gm)?.length, 1, file);
    assert.ok(text.split('\n').length <= 100, file);
  }
});

test("core's loader makes every class an executor with a name, a description and a picture", (t) => {
  if (!requireProgram(t, 'php')) return;
  const described = php(
    installedExecutors(t),
    `foreach (${names()} as $name) {
       $class = "MultiFlexi\\\\Executor\\\\$name";
       $reflection = new ReflectionClass($class);
       $all[$name] = [
         class_exists($class, false), $reflection->isInstantiable(), is_subclass_of($class, 'MultiFlexi\\executor'),
         $class::name(), $class::description(), $class::logo(),
       ];
     }
     echo json_encode($all);`,
  );
  const seen = new Set<string>();
  for (const [name, parts] of Object.entries(described)) {
    const [isLoaded, isInstantiable, isExecutor, ...texts] = parts;
    assert.deepEqual([isLoaded, isInstantiable, isExecutor], [true, true, true], name);
    const [title = '', description = '', logo = ''] = texts as string[];
    assert.match(title, /^Emissary/);
    assert.match(description, /^Run the job \S+/);
    const svg = Buffer.from(logo.replace('data:image/svg+xml;base64,', ''), 'base64').toString();
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>$/);
    seen.add(title).add(svg);
  }
  assert.equal(seen.size, 2 * classes.length);
});

test('Emissary takes every application, the container classes those with an image', (t) => {
  if (!requireProgram(t, 'php')) return;
  const usable = php(
    installedExecutors(t),
    `foreach (${names()} as $name) {
       $class = "MultiFlexi\\\\Executor\\\\$name";
       $all[$name] = array_map(
         fn (array $data) => $class::usableForApp(new MultiFlexi\\Application($data)),
         [['ociimage' => 'busybox'], ['ociimage' => ''], []],
       );
     }
     echo json_encode($all);`,
  );
  for (const [name, answers] of Object.entries(usable))
    assert.deepEqual(answers, name === 'Emissary' ? [true, true, true] : [true, false, false], name);
});

test('the constructor has no side effects', (t) => {
  if (!requireProgram(t, 'php')) return;
  const share = installedExecutors(t);
  const [files] = php(
    share,
    `MultiFlexi\\Defaults::$MULTIFLEXI_TMP = '${share}';
     putenv('EMISSARY_LAUNCHER=/nonexistent');
     $before = [glob('${share}/*'), getenv(), pcntl_async_signals()];
     foreach (${names()} as $name) {
       new MultiFlexi\\Job(['id' => 1, 'executor' => $name, 'application' => ['executable' => 'true']]);
     }
     echo json_encode([[$before === [glob('${share}/*'), getenv(), pcntl_async_signals()]]]);`,
  ) as unknown as readonly (readonly boolean[])[];
  assert.deepEqual(files, [true]);
});

test('each exit code has a meaning in words', (t) => {
  if (!requireProgram(t, 'php')) return;
  const meanings = php(
    installedExecutors(t),
    `echo json_encode(array_map(
       fn (int $code) => [MultiFlexiEmissary\\ExitCode::meaning($code)],
       range(0, 255),
     ));`,
  ) as unknown as readonly (readonly string[])[];
  const all = meanings.map(([text]) => text ?? '');
  assert.ok(all.every((text) => text.length > 10));
  assert.equal(all[0], 'The job succeeded');
  assert.equal(all[3], 'The job failed with exit code 3');
  assert.match(all[64] ?? '', /could not be run or reported/);
  assert.match(all[126] ?? '', /cannot be executed/);
  assert.match(all[127] ?? '', /not found/);
  assert.match(all[137] ?? '', /SIGKILL/);
  assert.match(all[143] ?? '', /SIGTERM/);
  assert.match(all[150] ?? '', /signal 22/);
});

function names(): string {
  return `['${classes.join("', '")}']`;
}

function php(share: string, code: string): Record<string, readonly unknown[]> {
  const script = `require '${share}/MultiFlexi/autoload.php';
    require_once '${share}/MultiFlexiEmissary/autoload.php';
    ${code}`;
  return JSON.parse(execFileSync('php', ['-r', script], { encoding: 'utf8' })) as Record<
    string,
    readonly unknown[]
  >;
}
