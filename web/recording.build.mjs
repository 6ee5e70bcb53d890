// Makes dist/web/recording.html, into which the daemon writes a run. The page's own chunks are joined into one file;
// its CSP allows only this one script and no requests. There is no second build, because Vite has already compiled
// everything for the page.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page's chunks contain preload hints for the browser; in a single file they are not needed. */
const nothingToFetch = {
  name: 'nothing-to-fetch',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/__vite__mapDeps\(\[[^\]]*\]\)/g, '[]'),
      loader: 'js',
    })),
};

/** A Vite plugin; the Vite config needs an input named `recording`. */
export const oneFile = () => {
  let out, entry, styles;
  return {
    name: 'drydock-recording',
    writeBundle({ dir }, bundle) {
      const files = Object.values(bundle);
      out = dir;
      entry = files.find((file) => file.type === 'chunk' && file.isEntry && file.name === 'recording').fileName;
      styles = files
        .filter((file) => file.fileName.endsWith('.css'))
        .map((file) => file.fileName)
        .sort();
    },
    async closeBundle() {
      if (!entry) return;
      const { outputFiles } = await build({
        entryPoints: [join(out, entry)],
        bundle: true,
        format: 'esm',
        target: 'es2022',
        minify: true,
        legalComments: 'none',
        plugins: [nothingToFetch],
        write: false,
        logLevel: 'warning',
      });
      const script = outputFiles[0].text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
      const icon = `data:image/svg+xml;base64,${readFileSync('web/app/icon.svg').toString('base64')}`;
      const parts = {
        SCRIPT_HASH: `sha256-${createHash('sha256').update(script).digest('base64')}`,
        SCRIPT: script,
        ICON: icon,
        STYLE: styles.map((name) => readFileSync(join(out, name), 'utf8')).join('\n'),
      };
      // The daemon replaces NONCE and RECORDING.
      const page = readFileSync('web/recording.html', 'utf8').replace(
        /__(SCRIPT_HASH|SCRIPT|ICON|STYLE)__/g,
        (_, name) => parts[name],
      );
      writeFileSync(join(out, 'recording.html'), page);
    },
  };
};
