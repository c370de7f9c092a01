import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { hostProgram, hostVerbs, program } from '../helpers/program.ts';

const podVerbs = ['init', 'run', 'wait', 'signal', 'resume', 'report', 'status', 'hold', 'send'];

const programs = [
  { name: 'emissary', file: program, verbs: podVerbs },
  { name: 'multiflexi-emissary', file: hostProgram, verbs: [...podVerbs, ...hostVerbs] },
];

test('--version prints the version of package.json, with every verb and without', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  for (const { name, file, verbs } of programs) {
    for (const args of [[], ...verbs.map((verb) => [verb])]) {
      const { status, stdout, stderr } = await emissary([...args, '--version'], { program: file });
      assert.deepEqual([status, stdout.toString(), stderr], [0, `${name} ${version}\n`, '']);
    }
  }
});

test('--help names the verb, its options and an example, on standard output', async () => {
  for (const { name, file, verbs } of programs) {
    for (const verb of verbs) {
      const { status, stdout, stderr } = await emissary([verb, '--help'], { program: file });
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout.toString(), new RegExp(`^Usage: ${name} ${verb} [^]*--version[^]*Example:\n`));
    }
  }
});

test('--help of a program names its verbs', async () => {
  for (const { name, file, verbs } of programs) {
    const { status, stdout } = await emissary(['--help'], { program: file });
    assert.equal(status, 0);
    assert.match(stdout.toString(), new RegExp(`^${name}: [^]*Usage: ${name} VERB`));
    const listed = [...stdout.toString().matchAll(/^ {2}([a-z-]+) /gm)].map(([, verb]) => verb);
    assert.deepEqual(listed, verbs);
  }
});

test('a verb of the other program exits 64 in the pod program, and names the program that has it', async () => {
  for (const verb of hostVerbs) {
    const { status, stdout, stderr } = await emissary([verb, 'app.json'], { program });
    assert.deepEqual([status, stdout.toString()], [64, '']);
    const where = 'is a verb of multiflexi-emissary, the program outside of the pod';
    assert.equal(stderr, `emissary: "${verb}" ${where}: multiflexi-emissary ${verb} --help\n`);
  }
});

test('-h, -V, version and help VERB are the long options in other words', async () => {
  const pairs = [
    [['-h'], ['--help']],
    [['-V'], ['--version']],
    [['version'], ['--version']],
    [
      ['help', 'run'],
      ['run', '--help'],
    ],
    [
      ['run', '-h'],
      ['run', '--help'],
    ],
    [
      ['run', '-V'],
      ['run', '--version'],
    ],
  ];
  for (const [short = [], long = []] of pairs) {
    const [found, expected] = await Promise.all([emissary(short), emissary(long)]);
    assert.deepEqual([found.status, found.stderr, found.stdout], [0, '', expected.stdout], short.join(' '));
  }
});

test('help of an unknown verb exits 64', async () => {
  const { status, stderr } = await emissary(['help', 'start']);
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: unknown verb "start"; /);
});

test('each text in the help of a verb starts in the same column', async () => {
  for (const { file, verbs } of programs) {
    for (const verb of verbs) {
      const help = (await emissary([verb, '--help'], { program: file })).stdout.toString();
      const [, options = ''] = /^Options:\n([^]*?)\n\n/m.exec(help) ?? [];
      for (const line of options.split('\n'))
        assert.match(line, /^( {2}--\S+( \S+)?$|(?=.{26}\S)( {2}--\S+( \S+)? {2,}| {26})\S)/);
    }
  }
});

test('the help of launch has its own default of --root, and EMISSARY_TEMPLATE', async () => {
  const help = (await emissary(['launch', '--help'])).stdout.toString();
  assert.match(help, /--root DIR +the job's volume, kept when the job has ended \(default a new one/);
  assert.match(help, /EMISSARY_TEMPLATE/);
});

test('messages tell what to type by the name of the program that was called', async () => {
  for (const { name, file } of programs) {
    const advice: readonly (readonly [readonly string[], string])[] = [
      [['run'], `usage: ${name} run [options]`],
      [['run', '--graze'], `see ${name} run --help`],
      [['signal'], `for example: ${name} signal main TERM`],
      [['emissary', 'wait'], `for the verb wait: ${name} wait`],
    ];
    for (const [args, words] of advice) {
      const { status, stderr } = await emissary(args, { program: file });
      assert.equal(status, 64);
      assert.ok(stderr.includes(words), stderr);
    }
  }
});

test('--help of wait names every variable that configures a destination', async () => {
  const help = (await emissary(['wait', '--help'])).stdout.toString();
  const named = ['MULTIFLEXI_JOB_ID', 'MULTIFLEXI_DATABASE_URL', 'MULTIFLEXI_API_URL', 'MULTIFLEXI_TIMEZONE'];
  for (const variable of [
    ...named,
    'MULTIFLEXI_REPORT',
    'EMISSARY_RESULTS_DIR',
    'EMISSARY_LOG_LIMIT_BYTES',
    'EMISSARY_SPOOL_DIR',
    'EMISSARY_REPORT_SECONDS',
    'EMISSARY_OUTPUT_ROWS',
    'ZABBIX_SERVER',
  ])
    assert.ok(help.includes(variable), variable);
  assert.ok(help.includes('--version'));
});

test("a quoted value in a message can neither break its line nor move the terminal's cursor", async () => {
  for (const args of [['run\n\u001b[2Jforged'], ['init', '--template', '/no\r\nsuch\u009b2Jfile\u202e']]) {
    const { status, stderr } = await emissary(args);
    assert.equal(status, 64);
    assert.match(stderr, /^emissary: [^\p{Cc}\p{Cf}]+\n$/u);
  }
});

test('an unknown option exits 64 with one message', async () => {
  const { status, stdout, stderr } = await emissary(['run', '--graze', '5', '--', 'true']);
  assert.deepEqual([status, stdout.toString()], [64, '']);
  assert.equal(stderr, 'emissary: run: unknown option --graze; see emissary run --help\n');
});

test('a missing or unknown verb exits 64 with one message that names the verbs', async () => {
  const all = `the verbs are ${podVerbs.join(', ')}; see emissary --help`;
  const refused = { '': 'no verb', start: 'unknown verb "start"', '--bad': 'unknown option "--bad"' };
  for (const [arg, what] of Object.entries(refused)) {
    const { status, stdout, stderr } = await emissary(arg === '' ? [] : [arg]);
    assert.deepEqual([status, stdout.toString(), stderr], [64, '', `emissary: ${what}; ${all}\n`]);
  }
});
