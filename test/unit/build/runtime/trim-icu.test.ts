import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cutUnused } from '../../../../build/runtime/cut-unused.ts';
import { loadedPart, segmentKinds, segmentsOf } from '../../../../build/runtime/elf.ts';
import { readIcuPackage } from '../../../../build/runtime/icu-package.ts';
import { trimIcu } from '../../../../build/runtime/trim-icu.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

const pinned = loadedPart(readFileSync(process.execPath));
const trimmed = Buffer.from(pinned);
trimIcu(trimmed);
const cut = cutUnused(trimmed);

test('trimIcu changes nothing outside the data of ICU', () => {
  const { start, end } = readIcuPackage(pinned);
  assert.ok(trimmed.subarray(0, start).equals(pinned.subarray(0, start)));
  assert.ok(trimmed.subarray(end).equals(pinned.subarray(end)));
});

test('trimIcu keeps what belongs to no language, and English, and nothing of others', () => {
  const all = readIcuPackage(pinned).items;
  const kept = readIcuPackage(trimmed).items;
  for (const [name, item] of kept) assert.ok(all.get(name)?.equals(item), name);
  const names = new Set([...kept.keys()].map((name) => name.slice(name.indexOf('/') + 1)));
  for (const name of [
    'root.res',
    'en_CA.res',
    'zoneinfo64.res',
    'coll/ucadata.icu',
    'nfkc.nrm',
    'curr/pool.res',
  ])
    assert.ok(names.has(name), name);
  for (const name of ['cs.res', 'zone/cs.res', 'ibm-1047_P100-1995.cnv', 'brkitr/cjdict.dict', 'unames.icu'])
    assert.ok(!names.has(name), name);
});

test('cutUnused keeps every byte that is read at its address, and takes 30 MB from the file', () => {
  assert.ok(pinned.length - cut.length > 30_000_000, `${pinned.length} → ${cut.length}`);
  const before = segmentsOf(trimmed).filter(({ kind }) => kind === segmentKinds.load);
  const after = segmentsOf(cut).filter(({ kind }) => kind === segmentKinds.load);
  assert.equal(after.length, before.length + 1);
  const table = Number(cut.readBigUInt64LE(32));
  for (const { address, offset, bytes, alignment } of after) {
    assert.equal((address - offset) % alignment, 0);
    const old = before.find((one) => one.address <= address && address + bytes <= one.address + one.bytes);
    assert.ok(old !== undefined);
    const was = Buffer.from(trimmed.subarray(old.offset + address - old.address).subarray(0, bytes));
    const now = cut.subarray(offset, offset + bytes);
    if (offset === 0) was.set(cut.subarray(0, 64)); // The header tells where the table is,
    const isHolder = offset <= table && table < offset + bytes; // and the table is where the cut begins.
    assert.ok(
      isHolder ? was.subarray(0, table - offset).equals(now.subarray(0, table - offset)) : was.equals(now),
    );
  }
});

test('cutUnused puts the table of segments where Linux before 5.18 looks for it', () => {
  const [first] = segmentsOf(cut).filter(({ kind }) => kind === segmentKinds.load);
  const table = segmentsOf(cut).find(({ kind }) => kind === segmentKinds.table);
  assert.ok(first !== undefined && table !== undefined);
  assert.equal(table.offset, Number(cut.readBigUInt64LE(32)));
  assert.equal(table.address, first.address - first.offset + table.offset);
});

test('cutUnused refuses a program without an unused part, and one with two', () => {
  assert.throws(() => cutUnused(pinned), /No part of the program is marked as unused/);
  const twice = Buffer.from(trimmed);
  twice.write('emissary: unused', 4096);
  assert.throws(() => cutUnused(twice), /not all are marked as unused/);
});

/** What the program uses of ICU, and what it might: prints the answers as JSON. */
const questions = `
  const time = new Date('2026-07-03T14:05:06.789Z');
  const inZone = (timeZone) => new Intl.DateTimeFormat('en-CA', {
    timeZone, calendar: 'iso8601', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).formatToParts(time);
  const matches = (pattern) => {
    let count = 0;
    for (let code = 0; code < 0x30000; code++) if (pattern.test(String.fromCodePoint(code))) count++;
    return count;
  };
  console.log(JSON.stringify([
    time.toISOString(), time.getTimezoneOffset(), time.toUTCString(), new Date(2026, 6, 3).getTime(),
    ['Europe/Prague', 'Asia/Calcutta', 'America/St_Johns', 'utc', '+05:30'].map(inZone),
    Intl.supportedValuesOf('timeZone').length,
    Temporal.Instant.fromEpochMilliseconds(+time).toZonedDateTimeISO('Europe/Prague').toString(),
    ['ž', 'z', 'á', 'a', 'ß', '日', '-', '1'].sort((one, other) => one.localeCompare(other, 'en')),
    ['NFC', 'NFD', 'NFKC', 'NFKD'].map((form) => 'ﬁ ž ① 한 é'.normalize(form)),
    [/\\p{L}/u, /\\p{Lu}/iu, /[\\p{P}\\p{S}]/u, /[\\p{Cc}\\p{Cf}]/u, /\\p{Emoji}/v].map(matches),
    'Žluť İß'.toLocaleLowerCase('en'), (1234567.891).toLocaleString('en'),
    ['utf-8', 'utf-16le', 'utf-16be', 'latin1'].map((name) => new TextDecoder(name).decode(Buffer.from('a\\0é'))),
    new URL('http://žluť.cz/č').href, time.toLocaleString('en', { dateStyle: 'full', timeStyle: 'full' }),
  ]));
  time.toLocaleString(); String(time); (1.5).toLocaleString(); 'ž'.localeCompare('z'); // Whatever the language.
`;

test('the trimmed runtime answers as the pinned one does, whatever language and time zone are set', (t) => {
  const file = join(temporaryVolume(t), 'node');
  writeFileSync(file, cut, { mode: 0o755 });
  const surroundings = [
    { LANG: 'C', TZ: '' },
    { LANG: 'en_US.UTF-8', TZ: 'Europe/Prague' },
    { LANG: 'cs_CZ.UTF-8', TZ: 'CET-1CEST' },
    { LANG: 'ar_EG.UTF-8', TZ: 'No/Where' },
    { LANG: 'xx_YY', TZ: '../etc/passwd' },
  ];
  for (const env of surroundings) {
    const [answers, expected] = [file, process.execPath].map((node) =>
      execFileSync(node, ['-e', questions], { env, encoding: 'utf8' }),
    );
    assert.equal(answers, expected, JSON.stringify(env));
  }
});
