import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Volume } from '../../../../src/contract/volume.ts';
import type { OutputLine } from '../../../../src/observe/line-packer.ts';
import { StreamBounds } from '../../../../src/observe/stream-bounds.ts';
import { OutputLog } from '../../../../src/report/spool/output-log.ts';
import { seeded } from '../../../helpers/seeded.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

const lineBytes = 65_535;

/** A piece of output, and what happens to the reader after it was written. */
interface Step {
  readonly name: string;
  readonly stream: 1 | 2;
  readonly text: string;
  /** Ms since the previous step. */
  readonly ms: number;
  readonly after: 'nothing' | 'read' | 'read in vain' | 'read later' | 'restart' | 'look back';
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('line\n', 'ž\n', '\n', 'half ', 'end\nhalf ') },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3_000 }).map((count) => 'many lines\n'.repeat(count)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 70_000 }).map((count) => 'x'.repeat(count)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 70_000 }).map((count) => '\n'.repeat(count)) },
);

function step(names: readonly string[], after: readonly Step['after'][]): fc.Arbitrary<Step> {
  return fc.record({
    name: fc.constantFrom(...names),
    stream: fc.constantFrom(1, 1, 1, 2),
    text: piece,
    ms: fc.constantFrom(0, 1, 50, 399, 400, 1_000, 5_000),
    after: fc.constantFrom(...after),
  });
}

/** A followed job, and a database that keeps the delivered rows. */
class Simulation {
  readonly stored: OutputLine[] = [];
  readonly #root: string;
  readonly #names: readonly string[];
  readonly #volume: Volume;
  #log: OutputLog;
  #time = 1_700_000_000_000;
  #ended = false;

  constructor(root: string, names: readonly string[], rows = 200_000) {
    rmSync(root, { recursive: true, force: true });
    for (const name of names) mkdirSync(join(root, 'ctr', name), { recursive: true });
    mkdirSync(join(root, 'report'));
    this.#root = root;
    this.#names = names;
    this.#volume = new Volume(root);
    this.rows = rows;
    this.#log = this.#open();
  }

  rows: number;

  get complaints(): readonly string[] {
    return this.#log.complaints;
  }

  write({ name, stream, text, ms }: Pick<Step, 'name' | 'stream' | 'text' | 'ms'>): void {
    this.#time += ms;
    const bytes = Buffer.from(text);
    appendFileSync(join(this.#root, 'ctr', name, stream === 1 ? 'stdout' : 'stderr'), bytes);
    appendFileSync(join(this.#root, 'ctr', name, 'timeline'), `${this.#time} ${stream} ${bytes.length}\n`);
  }

  /** Delivers everything available; with `inVain`, the last batch is not stored. */
  deliver(inVain = false): void {
    for (;;) {
      const batch = this.#log.batch(this.stored.length + 1);
      if (batch === null) return;
      assert.equal(batch.first, this.stored.length + 1);
      if (inVain) return;
      this.stored.push(...batch.lines);
    }
  }

  restart(): void {
    this.#log.close();
    this.#log = this.#open();
  }

  /** Reads the delivered rows again, as for a database restored from a backup. */
  lookBack(kept: number): void {
    const again = this.stored.slice(0, kept);
    for (let from = kept + 1; from <= this.stored.length; ) {
      const batch = this.#log.batch(from);
      assert.ok(batch !== null, `row ${from} is there again`);
      again.push(...batch.lines);
      from += batch.lines.length;
    }
    assert.deepEqual(again.slice(0, this.stored.length), this.stored);
    // New rows are delivered now, like the next batch would be.
    this.stored.push(...again.slice(this.stored.length));
  }

  end(): void {
    this.#ended = true;
    this.deliver();
    this.#log.close();
  }

  /** Nothing is lost, duplicated, or too long for its column. */
  check(): void {
    for (const { line } of this.stored) assert.ok(line !== '' && Buffer.byteLength(line) <= lineBytes);
    for (const type of ['stdout', 'stderr'] as const) {
      const text = this.stored.filter((row) => row.type === type).map(({ line }) => line);
      const [only, ...others] = this.#names.map((name) => this.#read(name, type));
      if (others.length === 0) assert.equal(text.join(''), only);
      else assert.equal(text.join('').length, [only, ...others].join('').length);
    }
  }

  #read(name: string, type: string): string {
    const path = join(this.#root, 'ctr', name, type);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  #open(): OutputLog {
    return new OutputLog(this.#volume, this.#names, {
      hasEnded: () => this.#ended,
      later: () => undefined,
      rows: this.rows,
      streams: new StreamBounds(0, () => null),
      home: this.#volume,
    });
  }
}

/** The reader's clock; it only advances on request. */
function stoppedClock(t: TestContext): { pass(ms: number): void } {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  return {
    pass: (ms) => {
      now += ms;
    },
  };
}

function play(simulation: Simulation, steps: readonly Step[], pass: () => void, back: number): void {
  for (const each of steps) {
    simulation.write(each);
    if (each.after === 'restart') simulation.restart();
    if (each.after === 'read later') {
      simulation.deliver();
      pass();
    }
    if (each.after === 'look back') simulation.lookBack(Math.floor(simulation.stored.length * back));
    if (each.after !== 'nothing') simulation.deliver(each.after === 'read in vain');
  }
  simulation.end();
  simulation.check();
}

test('rows of a container are the same wherever the reading was interrupted, and lose nothing', (t) => {
  const root = temporaryVolume(t);
  stoppedClock(t);
  const kinds = ['nothing', 'nothing', 'read', 'read in vain', 'restart', 'look back'] as const;
  const property = fc.property(
    fc.array(step(['a'], kinds), { maxLength: 25 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (steps, back) => {
      const interrupted = new Simulation(root, ['a']);
      play(interrupted, steps, () => undefined, back);
      const once = new Simulation(root, ['a']);
      play(
        once,
        steps.map((each) => ({ ...each, after: 'nothing' as const })),
        () => undefined,
        0,
      );
      assert.deepEqual(interrupted.stored, once.stored);
    },
  );
  fc.assert(property, { seed: seeded(t).seed, numRuns: 120 });
});

test('rows of two containers that pause are the same in every later process, and lose nothing', (t) => {
  const root = temporaryVolume(t);
  const clock = stoppedClock(t);
  const kinds = ['nothing', 'read', 'read in vain', 'read later', 'restart', 'look back'] as const;
  for (const names of [['a'], ['a', 'b']] as const) {
    const property = fc.property(
      fc.array(step(names, kinds), { maxLength: 25 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, back) => {
        play(new Simulation(root, names), steps, () => clock.pass(1_000), back);
      },
    );
    fc.assert(property, { seed: seeded(t).seed, numRuns: 100 });
  }
});

test('light output is one line per row; heavy output is packed, and a pending row is finished in less than a second', (t) => {
  const simulation = new Simulation(temporaryVolume(t), ['a']);
  const clock = stoppedClock(t);
  const log = (text: string, ms: number) => simulation.write({ name: 'a', stream: 1, text, ms });
  for (let count = 0; count < 3_000; count += 1) log('every two seconds\n', 2_000);
  simulation.deliver();
  assert.equal(simulation.stored.length, 3_000);
  log('\n'.repeat(3_000_000), 1);
  simulation.deliver();
  assert.ok(simulation.stored.length < 3_000 + 1_100, `${simulation.stored.length} rows`);
  const before = simulation.stored.length;
  log('last\n', 1);
  simulation.deliver();
  assert.equal(simulation.stored.length, before);
  clock.pass(700);
  simulation.deliver();
  assert.ok(simulation.stored.at(-1)?.line.endsWith('\nlast\n'));
  simulation.end();
  simulation.check();
});

test('endless output alternating between both streams takes a bounded number of rows', (t) => {
  const simulation = new Simulation(temporaryVolume(t), ['a']);
  for (let count = 0; count < 200_000; count += 1)
    simulation.write({ name: 'a', stream: count % 2 === 0 ? 1 : 2, text: 'a line\n', ms: 1 });
  simulation.end();
  simulation.check();
  assert.ok(simulation.stored.length < 45_000, `${simulation.stored.length} rows`);
});

test("a job's rows are limited; the limit is reported, and the rest can be delivered later", (t) => {
  const simulation = new Simulation(temporaryVolume(t), ['a'], 500);
  simulation.write({ name: 'a', stream: 1, text: 'a line\n'.repeat(501), ms: 1 });
  simulation.deliver();
  assert.equal(simulation.stored.length, 500);
  assert.match(simulation.complaints.join(), /exceeds the limit of 500 rows/);
  simulation.rows = 501;
  simulation.restart();
  simulation.end();
  simulation.check();
});

test('the journal of a thousand alternating containers grows with their turns, and is read again in one pass', (t) => {
  const names = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
  const root = temporaryVolume(t);
  const simulation = new Simulation(root, names);
  for (let round = 1; round <= 3; round += 1) {
    for (const name of names) simulation.write({ name, stream: 1, text: `${name}: ${round}\n`, ms: 1 });
    simulation.deliver();
    assert.equal(simulation.stored.length, round * names.length);
    simulation.restart();
  }
  assert.ok(statSync(join(root, 'report/journal')).size < 600 * simulation.stored.length);
  simulation.lookBack(0);
  simulation.end();
  simulation.check();
});
