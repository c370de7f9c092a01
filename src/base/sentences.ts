import { limits } from './limits.ts';

/** A name that a job gave, as a sentence may have it: no longer than a sentence. */
export function named(name: string): string {
  return name.slice(0, limits.namedCharacters);
}

/** Sentences, or other parts of one, as one; of very many the first ones, and how many more there are. */
export function allOf(sentences: readonly string[], separator = '; '): string {
  const more = sentences.length - limits.listedSentences;
  const listed = sentences.slice(0, limits.listedSentences).join(separator);
  return more > 0 ? `${listed}${separator}and ${more} more` : listed;
}
