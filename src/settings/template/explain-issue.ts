import type * as z from 'zod/mini';

type Issue = z.core.$ZodIssue;

/**
 * Describes what a value of the template must be, and what was found: zod's small edition has no messages of its own.
 *
 * @param input the whole input, which the issue's path refers to
 */
export function explainIssue(issue: Issue, input: unknown): string {
  const found = issue.path.reduce(
    (value, key) => (value as Record<PropertyKey, unknown> | null)?.[key],
    input,
  );
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}, found ${typeOf(found)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'unrecognized_keys':
      return `must not have the key ${issue.keys.map((key) => JSON.stringify(key)).join(' or ')}`;
    case 'invalid_union':
      return explainUnion(issue, found);
    default:
      return issue.message;
  }
}

/** If the value has one of the types, explains what is wrong with it; otherwise lists all types. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, found: unknown): string {
  const first = issue.errors.map(([each]) => each).filter((each) => each !== undefined);
  const closest = first.find((each) => each.code !== 'invalid_type' || each.path.length > 0);
  if (closest !== undefined) {
    const key = closest.path.map((part) => `its ${String(part)} `).join('');
    return key + explainIssue(closest, found);
  }
  const types = first.map((each) => (each.code === 'invalid_type' ? withArticle(each.expected) : ''));
  return `must be ${types.join(' or ')}, found ${typeOf(found)}`;
}

function withArticle(type: string): string {
  const names: Readonly<Record<string, string>> = {
    int: 'whole number',
    record: 'object',
    boolean: 'true or false',
  };
  const name = names[type] ?? type;
  if (name === 'true or false') return name;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Only its type: the value may be a secret. */
function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return Number.isInteger(value) || typeof value === 'string' ? `a ${typeof value}` : 'a fraction';
}
