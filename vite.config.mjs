// Builds the page into dist/web. The daemon serves nothing else, under a policy that allows only files of its own.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  plugins: [svelte({ configFile: false })],
  // data: addresses are no files: the policy lets only pictures be such
  build: { outDir: '../dist/web', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false, chunkSizeWarningLimit: 600 },
});
