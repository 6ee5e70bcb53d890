import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { Command } from 'commander';
import { type Side, copyIn, copyOut, sendArchive, writeArchiveTo } from '../../client/copy.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';
import { warn } from '../../terminal/columns.ts';
import { decimalSize } from '../../terminal/format.ts';

interface Options {
  archive?: boolean;
  followLink?: boolean;
  quiet?: boolean;
}

export function command(): Command {
  return verb(
    'cp',
    "Copy files between a container and here, also while it is stopped. '-' is a tar archive on stdin or stdout.",
    'cp web:/etc/nginx/nginx.conf .',
    'cp site/. web:/usr/share/nginx/html',
    'cp web:/var/log - | tar tv',
  )
    .argument('<source>', 'CONTAINER:PATH, a path here, or -')
    .argument('<destination>', 'CONTAINER:PATH, a path here, or -')
    .option('-a, --archive', 'keep the owners of files')
    .option('-L, --follow-link', 'copy what a link in the source leads to, and not the link')
    .option('-q, --quiet', 'do not say how much was copied')
    .action(run);
}

/** 'web:/x' is in a container. As in docker, a path that begins with . or / is always here. */
function sideOf(text: string): Side {
  const at = text.indexOf(':');
  if (posix.isAbsolute(text) || text.startsWith('.') || at <= 0) return { path: text };
  return { container: text.slice(0, at), path: text.slice(at + 1) };
}

async function run(source: string, destination: string, options: Options, command: Command): Promise<void> {
  const [from, to] = [sideOf(source), sideOf(destination)];
  if (from.container && to.container) throw misuse('copying between containers is not supported');
  if (!from.container && !to.container) throw misuse('must specify at least one container source');
  if (!from.path || !to.path) throw misuse('a path is empty');
  const client = await connectTo(command);
  const owners = Boolean(options.archive);
  const follow = Boolean(options.followLink);
  if (from.container) {
    const inside = { container: from.container, path: from.path };
    if (to.path === '-') return writeArchiveTo(client, inside, follow, process.stdout);
    const bytes = await copyOut(client, inside, to.path, { follow, owners });
    if (!options.quiet) warn(`Successfully copied ${decimalSize(bytes)} to ${posix.resolve(to.path)}`);
    return;
  }
  const inside = { container: to.container!, path: to.path };
  if (from.path === '-') return sendArchive(client, process.stdin, inside, owners);
  const bytes = await copyIn(client, follow ? followed(from.path) : { path: from.path }, inside, owners);
  if (!options.quiet) warn(`Successfully copied ${decimalSize(bytes)} to ${destination}`);
}

/** What a link leads to, under the link's own name. */
function followed(path: string): { path: string; as?: string } {
  if (!lstatSync(path).isSymbolicLink()) return { path };
  if (!statSync(path, { throwIfNoEntry: false })) throw misuse(`${path} leads to ${readlinkSync(path)}: not found`);
  return { path: realpathSync(path), as: posix.basename(path) };
}
