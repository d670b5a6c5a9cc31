// Evaluates the tree of a condition exactly as the server does (forms/conditions.py).

// What a question counts as while it is hidden or unanswered, by its kind; null for the others.
export const EMPTY = { boolean: false, list: [] };

const ordered = (compare) => (left, right) => left !== null && right !== null && compare(left, right);
const comparisons = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': ordered((left, right) => left < right),
  '<=': ordered((left, right) => left <= right),
  '>': ordered((left, right) => left > right),
  '>=': ordered((left, right) => left >= right),
};

export function evaluate([word, ...rest], get) {
  switch (word) {
    case 'value': return rest[0];
    case 'name': return get(rest[0]);
    case 'not': return !evaluate(rest[0], get);
    case 'and': return rest.every((part) => evaluate(part, get));
    case 'or': return rest.some((part) => evaluate(part, get));
    case 'in': return rest[1].includes(evaluate(rest[0], get));
    case 'has': return (get(rest[0]) ?? []).includes(evaluate(rest[1], get));
    default: return comparisons[word](evaluate(rest[0], get), evaluate(rest[1], get));
  }
}
