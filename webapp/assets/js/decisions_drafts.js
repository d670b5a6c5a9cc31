// Drafts of decision tables in this browser, under officer and decision, so that nothing typed is lost by leaving the
// page. A table says nothing about people. Once it is deployed, the draft goes (data-draft-done="officer/decision").
const PREFIX = 'decision-draft:';

/** The draft, `{base, content, at}`; null if there is none, or it cannot be read. */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Keep a draft; false if the browser has no room for it or keeps nothing. */
export function keep(name, base, content) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify({ base, content, at: new Date().toISOString() }));
    return true;
  } catch {
    return false;
  }
}

export function drop(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // a browser that keeps nothing has nothing to drop
  }
}

for (const done of document.querySelectorAll('[data-draft-done]')) drop(done.dataset.draftDone);
