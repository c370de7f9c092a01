import { limits } from './limits.ts';

/** A name that a job has chosen, cut to a length that fits a message. */
export function shorten(name: string): string {
  return name.slice(0, limits.quotedCharacters);
}

/** Joins sentences, or parts of one; of a long list only the first ones, and how many more there are. */
export function joinLimited(sentences: readonly string[], separator = '; '): string {
  const more = sentences.length - limits.listedMessages;
  const listed = sentences.slice(0, limits.listedMessages).join(separator);
  return more > 0 ? `${listed}${separator}and ${more} more` : listed;
}
