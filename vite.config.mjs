// Builds the page into dist/web. The daemon serves nothing else, under a policy that allows only files of its own.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { packed } from './web/gzip.build.mjs';
import { oneFile } from './web/recording.build.mjs';

export default defineConfig({
  root: 'web',
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  plugins: [svelte({ configFile: false }), oneFile(), packed()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    // data: addresses are no files: the policy lets only pictures be such
    assetsInlineLimit: 0,
    // one style sheet: the chunks of a recording have nowhere to fetch theirs from
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: 'web/index.html', recording: 'web/app/recording.ts' } },
  },
});
