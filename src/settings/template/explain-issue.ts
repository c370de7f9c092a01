import type * as z from 'zod/mini';

type Issue = z.core.$ZodIssue;

/**
 * Says what a value of the template must be, and what was found: zod's small edition has no words of its own.
 * @param input the whole input, in which the issue's path leads to the value
 */
export function explainIssue(issue: Issue, input: unknown): string {
  const found = issue.path.reduce(
    (value, key) => (value as Record<PropertyKey, unknown> | null)?.[key],
    input,
  );
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}, found ${kindOf(found)}`;
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

/** Where the value has one of the types, what is wrong with it as such; else all of the types. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, found: unknown): string {
  const first = issue.errors.map(([each]) => each).filter((each) => each !== undefined);
  const near = first.find((each) => each.code !== 'invalid_type' || each.path.length > 0);
  if (near !== undefined) {
    const key = near.path.map((part) => `its ${String(part)} `).join('');
    return key + explainIssue(near, found);
  }
  const types = first.map((each) => (each.code === 'invalid_type' ? withArticle(each.expected) : ''));
  return `must be ${types.join(' or ')}, found ${kindOf(found)}`;
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

/** Its kind alone: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return Number.isInteger(value) || typeof value === 'string' ? `a ${typeof value}` : 'a fraction';
}
