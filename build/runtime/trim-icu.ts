import { markUnused } from './cut-unused.ts';
import { makeIcuPackage, readIcuPackage } from './icu-package.ts';

/**
 * The part of ICU's data that is kept: what belongs to no language (calendars, time zones, numbering systems, normalization,
 * …), and English, which is the one language of our program. ICU falls back to `root` for any other.
 *
 * Left out: 800 languages and regions, the names of languages, regions and units, dictionaries that find words,
 * converters for old character sets, transliteration, spelled-out numbers, names of characters.
 */
const kept: readonly RegExp[] = [
  /^(brkitr\/|coll\/|curr\/|zone\/)?(root|pool|res_index|en(_\w+)?)\.res$/,
  /^[a-z]+[A-Z]\w*\.res$/, // Tables for all languages: keyTypeData, likelySubtags, supplementalData, timezoneTypes, …
  /^(icustd|icuver|metadata|plurals|units|zoneinfo64)\.res$/,
  /^curr\/supplementalData\.res$/,
  /^zone\/tzdbNames\.res$/,
  /^coll\/ucadata\.icu$/,
  /^(cnvalias|uemoji|ulayout)\.icu$/,
  /\.nrm$/,
  /^brkitr\/(char|line|sent|title|word)\.brk$/,
];

/**
 * Removes most of the data of ICU, the library behind `Intl`, from the runtime: 30 MB that our program never reads. The job
 * has its own runtime, so nothing changes for it. Decision 90 tells more.
 *
 * @throws Error when the runtime has the data in another form than expected
 */
export function trimIcu(runtime: Buffer): void {
  const { start, header, items, end } = readIcuPackage(runtime);
  const needed = new Map([...items].filter(([name]) => isKept(name)));
  const smaller = makeIcuPackage(header, needed);
  runtime.set(smaller, start);
  markUnused(runtime, start + smaller.length, end);
}

/** @param name as ICU has it: the version of the data stands before the rest */
function isKept(name: string): boolean {
  const path = name.slice(name.indexOf('/') + 1);
  return kept.some((pattern) => pattern.test(path));
}
