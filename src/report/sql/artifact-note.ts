import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';

/** Follows the description if the artifact is not text. */
const encoded = ' (base64; decode it to get the file)';
const markEnd = /\[emissary ([^[\]]+)\]$/;
/** Earlier versions had no description: the mark was the whole note. */
const oldMark = /^emissary (.*?)(?:; base64)?$/;

/** SQL patterns (`like`) for all notes with our mark, including those of earlier versions. */
export const markPatterns = ['%[emissary %]', 'emissary %'] as const;

/**
 * The note of an artifact: the description, and at the end our complete mark, by which a second delivery recognizes the
 * row. The column takes 255 characters.
 *
 * @param text the description, from an untrusted source
 * @param mark without brackets
 */
export function noteOf(text: string, mark: string, isText: boolean): string {
  const end = `${isText ? '' : encoded} [emissary ${mark}]`;
  return shortened(printable(text).trim(), limits.noteCharacters - end.length) + end;
}

/** Our mark in a note; null if there is none. */
export function markIn(note: string): string | null {
  return markEnd.exec(note)?.[1] ?? oldMark.exec(note)?.[1] ?? null;
}

/** What a note says of its artifact. */
export interface NotedArtifact {
  /** As people read it, without our mark. */
  readonly text: string;
  /** Whether the artifact is stored as base64. */
  readonly isBase64: boolean;
  /** Null: somebody else has stored it. */
  readonly sha256: string | null;
}

/** Reads a note, of whomever. */
export function readNote(note: string): NotedArtifact {
  const mark = markIn(note);
  const text = note.replace(markEnd, '').trimEnd();
  const isOurs = mark !== null && text.endsWith(encoded.trimStart());
  return {
    text: isOurs ? text.slice(0, -encoded.trimStart().length).trimEnd() : text,
    isBase64: isOurs || (mark !== null && note.endsWith('; base64')),
    sha256: / sha256:([0-9a-f]{64})$/.exec(mark ?? '')?.[1] ?? null,
  };
}

/** Counts characters as the database does, and splits none. */
function shortened(text: string, most: number): string {
  const characters = [...text.toWellFormed()];
  if (characters.length <= most) return characters.join('');
  // Not `…`, which some character sets lack.
  return most < cut.length ? '' : characters.slice(0, most - cut.length).join('') + cut;
}

const cut = '...';
