// Copies the few third-party browser files out of node_modules into static/, each with its licence and hash.
//   npm ci && npm run vendor     writes them
//   npm ci && npm run check      compares them byte for byte with the lockfile's packages (CI)
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MODULES = path.join(HERE, 'node_modules');
const STATIC = path.join(HERE, '..', 'static');
const CHECK = process.argv.includes('--check');

const FILES = [
  ['htmx.org', 'dist/htmx.min.js', 'vendor/htmx.min.js'],
  ['htmx.org', 'dist/ext/hx-ptag.min.js', 'vendor/hx-ptag.min.js'],
  ['htmx.org', 'LICENSE', 'vendor/LICENSE.htmx.txt'],
  ['lucide-static', 'LICENSE', 'vendor/LICENSE.lucide.txt'],
  ['@fontsource-variable/inter', 'files/inter-latin-wght-normal.woff2', 'fonts/inter-latin-wght-normal.woff2'],
  ['@fontsource-variable/inter', 'LICENSE', 'fonts/LICENSE.inter.txt'],
  // For the tests alone, which must run where there is no Node.
  ['axe-core', 'axe.min.js', '../tests/e2e/vendor/axe.min.js'],
  ['axe-core', 'LICENSE', '../tests/e2e/vendor/LICENSE.axe-core.txt'],
];

const ICONS = `
  album archive archive-restore arrow-down arrow-left arrow-left-right arrow-left-to-line arrow-right arrow-right-to-line ban
  chart-column check chevron-down chevron-left chevron-right chevron-up circle-alert circle-check clock
  coins columns-2 copy corner-up-left crop crown download ellipsis eye eye-off folder folder-plus grip hand-coins heart hourglass
  image image-minus image-plus images info key keyboard layers list-ordered loader lock lock-open log-out mail monitor
  moon palette pencil plus printer receipt refresh-cw rotate-cw save search send settings share-2 shield-check sparkles sun tag
  trash-2 triangle-alert upload user user-minus user-plus users wallet wifi-off x
`.trim().split(/\s+/);

const manifest = [];
let differing = 0;

function put(target, content, from) {
  const file = path.join(STATIC, target);
  const sha256 = crypto.createHash('sha256').update(content).digest('hex');
  manifest.push({ file: target, from, bytes: content.length, sha256 });
  if (CHECK) {
    if (!fs.existsSync(file) || !fs.readFileSync(file).equals(content)) {
      console.error(`differs: static/${target}`);
      differing += 1;
    }
    return;
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

const version = (name) => JSON.parse(fs.readFileSync(path.join(MODULES, name, 'package.json'))).version;

/** A source map that is not shipped makes Django's ManifestStaticFilesStorage stop at the missing file. */
const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*$/m, '');

function symbol(name) {
  const svg = fs.readFileSync(path.join(MODULES, 'lucide-static/icons', `${name}.svg`), 'utf8');
  const shapes = svg.replace(/<!--.*?-->/gs, '').replace(/<svg[^>]*>|<\/svg>/g, '').replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

for (const [name, source, target] of FILES) {
  const raw = fs.readFileSync(path.join(MODULES, name, source));
  const content = source.endsWith('.js') ? Buffer.from(withoutMap(raw.toString())) : raw;
  put(target, content, `${name}@${version(name)}:${source}`);
}
const credit = `<!-- lucide-static ${version('lucide-static')}, ISC, see LICENSE.lucide.txt -->`;
const sprite = `${credit}\n<svg xmlns="http://www.w3.org/2000/svg">\n${ICONS.map(symbol).join('\n')}\n</svg>\n`;
put('vendor/icons.svg', Buffer.from(sprite), `lucide-static@${version('lucide-static')}:icons/*`);
put('vendor/vendor.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`), 'tools/vendor.mjs');
process.exit(differing ? 1 : 0);
