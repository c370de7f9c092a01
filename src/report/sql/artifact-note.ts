import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';

/** What follows the description where the artifact is not text. */
const encoded = ' (base64; decode it to get the file)';
const markEnd = /\[emissary ([^[\]]+)\]$/;
/** Before descriptions, the mark was all of the note. */
const oldMark = /^emissary (.*?)(?:; base64)?$/;

/** A pattern of SQL (`like`) that every note with a mark of ours fits, also an old one. */
export const markPatterns = ['%[emissary %]', 'emissary %'] as const;

/**
 * The note of an artifact: what people read first, and our mark, by which a second delivery knows it, always whole at the
 * end. The column takes 255 characters.
 *
 * @param text the description; it may come from anybody
 * @param mark without brackets
 */
export function noteOf(text: string, mark: string, isText: boolean): string {
  const end = `${isText ? '' : encoded} [emissary ${mark}]`;
  return shortened(printable(text).trim(), limits.noteCharacters - end.length) + end;
}

/** The mark in a note; null where there is none of ours. */
export function markIn(note: string): string | null {
  return markEnd.exec(note)?.[1] ?? oldMark.exec(note)?.[1] ?? null;
}

/** Counts characters as the database does, and cuts none in two. */
function shortened(text: string, most: number): string {
  const characters = [...text.toWellFormed()];
  if (characters.length <= most) return characters.join('');
  // Not `…`, which some columns do not have.
  return most < cut.length ? '' : characters.slice(0, most - cut.length).join('') + cut;
}

const cut = '...';
