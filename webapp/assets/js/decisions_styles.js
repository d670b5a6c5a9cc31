// CodeMirror, in which dmn-js edits cells, would write its rules into a style element, which the page's policy forbids.
// As a constructed style sheet they are allowed; style-mod knows how, but does so within shadow roots only.
import { StyleModule } from 'style-mod';

if ('adoptedStyleSheets' in document) {
  const mount = StyleModule.mount;
  const root = {
    ownerDocument: document,
    get adoptedStyleSheets() { return document.adoptedStyleSheets; },
    set adoptedStyleSheets(sheets) { document.adoptedStyleSheets = sheets; },
  };
  StyleModule.mount = (target, ...rest) => mount.call(StyleModule, target === document ? root : target, ...rest);
}
