// Compresses the page's files at build time, so that the daemon compresses nothing while it serves. gzip, because every
// browser accepts it over plain HTTP too.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A Vite plugin: writes `FILE.gz` beside each text file in assets/ if that is smaller. */
export const packed = () => {
  let assets;
  return {
    name: 'drydock-gzip',
    writeBundle: ({ dir }) => void (assets = join(dir, 'assets')),
    closeBundle() {
      for (const name of assets ? readdirSync(assets).filter((one) => /\.(js|css|svg)$/.test(one)) : []) {
        const plain = readFileSync(join(assets, name));
        const small = gzipSync(plain, { level: 9 });
        if (small.length < plain.length) writeFileSync(join(assets, `${name}.gz`), small);
      }
    },
  };
};
