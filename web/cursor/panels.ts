/** The pictures by name. Each is loaded when it is first shown. */
import type { Component } from 'svelte';
import type { PanelProps } from '../panels/parts/props.ts';
import { fetched } from '../words/fetched.ts';

const found = import.meta.glob<{ default: Component<PanelProps> }>('../panels/*.svelte');
const nameOf = (path: string) => path.replace(/^.*\/(\w+)\.svelte$/, '$1');
export const panels = new Map(Object.entries(found).map(([path, load]) => [nameOf(path), () => fetched(load)]));
