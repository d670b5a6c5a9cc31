// Builds the front end into webapp/static/dist: hashed bundles, the icon sprite and manifest.json.
//   node webapp/assets/build.mjs [--dev] [--out=FOLDER]
//     --dev   keeps the code readable and skips the compressed copies
//     --out   builds elsewhere
// Running it again gives the same files. Progress and sizes go to stdout; any problem ends it with an error.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const elsewhere = process.argv.find((one) => one.startsWith('--out='))?.slice('--out='.length);
const target = resolve(elsewhere ?? join(here, '..', 'static', 'dist'));
const draft = `${target}.${process.pid}`;
const dev = process.argv.includes('--dev');
const browsers = ['chrome109', 'firefox115', 'safari16'];

const hash = (content) => {
  // Upper-case base 32 of eight letters, as esbuild writes its own.
  const digest = createHash('sha256').update(content).digest();
  return [...digest.subarray(0, 8)].map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');
};

function writeHashed(name, extension, content) {
  const file = `${name}-${hash(content)}.${extension}`;
  writeFileSync(join(draft, file), content);
  return file;
}

const shared = { bundle: true, minify: !dev, target: browsers, logLevel: 'warning', absWorkingDir: root, metafile: true, legalComments: 'linked' };

// The modules of the pages. Chunks are shared between bundles, so a page with two of them loads the common part once.
async function buildModules() {
  const names = ['app', 'diagram', 'charts', 'decisions', 'decisions_drafts'];
  const result = await build({
    ...shared,
    entryPoints: names.map((name) => ({ in: join(here, 'js', `${name}.js`), out: name })),
    outdir: draft, format: 'esm', splitting: true,
    entryNames: '[name]-[hash]', chunkNames: 'part-[hash]', assetNames: 'file-[hash]',
    loader: { '.woff': 'empty', '.woff2': 'file', '.ttf': 'empty', '.eot': 'empty', '.svg': 'dataurl' },
  });
  const local = (path) => relative(draft, join(root, path));
  const entries = {};
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (!output.entryPoint || !path.endsWith('.js')) continue;
    const entry = { js: local(path), preload: output.imports.filter((one) => one.kind === 'import-statement').map((one) => local(one.path)) };
    if (output.cssBundle) entry.css = local(output.cssBundle);
    entries[basename(output.entryPoint, '.js')] = entry;
  }
  return entries;
}

// dmn-js writes a handful of fixed style attributes: its mark, the notice behind it, the picture of what is dragged. The
// page's policy allows just these, by their hashes.
function inlineStyles() {
  const read = (path) => readFileSync(join(root, 'node_modules', path), 'utf8');
  const mark = read('dmn-js-shared/lib/util/PoweredByUtil.js');
  const drag = read('dmn-js-decision-table/lib/features/drag-and-drop/DragAndDrop.js');
  const joined = [...mark.matchAll(/css\(\[([^\]]+)\]\)/g)].map((found) => [...found[1].matchAll(/'([^']*)'/g)].map(([, one]) => one).join(';'));
  const plain = [...mark.matchAll(/style="([^"'<>]+)(?:"|' \+ '")/g)].map(([, one]) => one);
  const dragged = [...drag.matchAll(/`<span style="([^"]*)"/g)].map(([, one]) => one);
  const styles = [...new Set([...joined, ...plain, ...dragged])];
  if (styles.length !== 7) throw new Error(`dmn-js writes ${styles.length} style attributes, not the seven that are known`);
  return styles.map((style) => `sha256-${createHash('sha256').update(style).digest('base64')}`).sort();
}

// The script that sets the colour scheme before the first paint: classic, tiny, and blocking on purpose.
async function buildTheme() {
  const result = await build({ ...shared, entryPoints: [join(here, 'js', 'theme.js')], format: 'iife', write: false, legalComments: 'none' });
  return { js: writeHashed('theme', 'js', result.outputFiles[0].contents) };
}

// One file with the outlines of the icons that icons.txt names; pages refer to them by <use href="…#name">.
function buildIcons() {
  const names = readFileSync(join(here, 'icons.txt'), 'utf8').split(/\s+/).filter(Boolean);
  const symbols = names.map((name) => {
    const source = join(root, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`);
    if (!existsSync(source)) throw new Error(`icons.txt names ${name}, which @tabler/icons does not have`);
    const shapes = readFileSync(source, 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[\s\S]*?>|<\/svg>\s*$/g, '').replace(/\s+/g, ' ').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  return { svg: writeHashed('icons', 'svg', `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`) };
}

function compress() {
  for (const file of readdirSync(draft)) {
    if (!['.js', '.css', '.svg'].includes(extname(file))) continue;
    const content = readFileSync(join(draft, file));
    if (content.length < 1024) continue;
    writeFileSync(join(draft, `${file}.gz`), gzipSync(content, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    writeFileSync(join(draft, `${file}.br`), brotliCompressSync(content, { params }));
  }
}

function report() {
  for (const file of readdirSync(draft).filter((name) => /\.(js|css|svg)$/.test(name)).sort()) {
    const size = readFileSync(join(draft, file)).length;
    const packed = existsSync(join(draft, `${file}.gz`)) ? readFileSync(join(draft, `${file}.gz`)).length : size;
    console.log(`${file.padEnd(28)} ${String(Math.round(size / 1024)).padStart(5)} KB  ${String(Math.round(packed / 1024)).padStart(4)} KB gzipped`);
  }
}

rmSync(draft, { recursive: true, force: true });
mkdirSync(draft, { recursive: true });
try {
  const manifest = { ...(await buildModules()), theme: await buildTheme(), icons: buildIcons() };
  manifest.decisions.styles = inlineStyles();
  manifest.favicon = { svg: writeHashed('favicon', 'svg', readFileSync(join(here, 'favicon.svg'))) };
  writeFileSync(join(draft, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  if (!dev) compress();
  report();
  // The old files stay until the new ones are complete; a failed build leaves a working page.
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
} finally {
  rmSync(draft, { recursive: true, force: true });
}
