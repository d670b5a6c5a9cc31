// Texts of the page's language, which the server writes into every page (components/head.html).
const source = document.getElementById('messages');
const texts = source ? JSON.parse(source.textContent) : {};

/** The text `key` with {placeholders} filled from `values`; an unknown key is returned as it is. */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A number with its unit: `key` names two texts, for one and for two, from which the form is taken. */
export function count(key, number) {
  const [one, many] = texts[key] ?? ['1', '2'];
  return number === 1 ? one : many.replace('2', String(number));
}
