/** The layers of the practice images as trees, the lowest first. */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { packageRoot } from '../../syscalls/native.ts';
import {
  baseFiles,
  baseFolders,
  folders,
  merged,
  practiceFiles,
  programs,
  terminfo,
  whiteouts,
  written,
} from './content.ts';
import { Libraries } from './libraries.ts';
import { perlModules } from './perl.ts';
import { Tree } from './tree.ts';

export interface PracticeLayer {
  tree: Tree;
  why: string;
}

const PATHS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const locate = (name: string): string | undefined =>
  PATHS.map((dir) => `${dir}/${name}`).find((path) => existsSync(path) && statSync(path).isFile());

/** The interpreter that a script's first line names. */
function interpreterOf(path: string): string | undefined {
  const head = readFileSync(path).subarray(0, 128).toString('latin1');
  return /^#!\s*(\/[^\s]+)/.exec(head)?.[1];
}

function addProgram(tree: Tree, libraries: Libraries, name: string): void {
  const path = locate(name);
  const needed = path && libraries.of(path);
  if (!needed) return;
  const script = interpreterOf(path);
  if (script && !tree.has(script.slice(1)) && !tree.has(`usr${script}`)) return;
  for (const one of [path, ...needed]) tree.copy(one);
}

function base(libraries: Libraries): Tree {
  const tree = new Tree();
  for (const name of merged)
    if (lstatSync(`/${name}`, { throwIfNoEntry: false })?.isSymbolicLink()) tree.copy(`/${name}`);
  for (const [path, mode] of folders) tree.directory(path, mode);
  tree.link('var/run', '/run');
  tree.link('var/lock', '/run/lock');
  for (const [path, content, mode] of written) tree.file(path, content, mode);
  for (const path of [...baseFiles, ...terminfo]) if (existsSync(path)) tree.copy(path);
  for (const path of baseFolders) if (existsSync(path)) tree.copyAll(path);
  for (const name of programs.base) addProgram(tree, libraries, name);
  return tree;
}

export function ubuntuLayers(): PracticeLayer[] {
  const libraries = new Libraries();
  const first = base(libraries);
  const tools = new Tree([first]);
  for (const name of programs.tools) addProgram(tools, libraries, name);
  const system = new Tree([first, tools]);
  for (const name of programs.system) addProgram(system, libraries, name);
  for (const path of perlModules) if (existsSync(path)) system.copy(path);
  const practice = new Tree([first, tools, system]);
  for (const [path, content] of practiceFiles) practice.file(path, content);
  for (const path of whiteouts) practice.file(path, '');
  return [
    { tree: first, why: 'the shell, its libraries and the folders of a system' },
    { tree: tools, why: 'small tools: ls, cat, sed, grep, tar' },
    { tree: system, why: 'tools that look at the system: ps, mount, ip' },
    { tree: practice, why: 'a README, and a whiteout of /practice/deleted' },
  ];
}

/** Undefined when npm ci has not built the program. */
export function helloLayers(): PracticeLayer[] | undefined {
  const path = `${packageRoot}/native/build/Release/hello`;
  if (!existsSync(path)) return undefined;
  const tree = new Tree();
  tree.file('hello', readFileSync(path), 0o755);
  return [{ tree, why: 'one static program' }];
}
