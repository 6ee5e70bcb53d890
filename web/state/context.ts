/** The page's one state, for components that are too far down to be handed it. */
import { createContext } from 'svelte';
import type { Playground } from './playground.svelte.ts';

export const [usePlayground, providePlayground] = createContext<Playground>();
