/** The page's one state as a Svelte context, for deeply nested components. */
import { createContext } from 'svelte';
import type { Playground } from './playground.svelte.ts';

export const [usePlayground, providePlayground] = createContext<Playground>();
