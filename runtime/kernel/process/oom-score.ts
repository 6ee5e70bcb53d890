/**
 * Whom the kernel ends when the whole machine has no memory left: proc(5), "/proc/pid/oom_score_adj".
 *
 * The daemon is the largest process and its shims hold the containers, so without this they would go first. dockerd's
 * unit says -500, containerd gives its shims -998. Children inherit it, so each container gets its own value back: what
 * --oom-score-adj says, else 0. A value written with CAP_SYS_RESOURCE is also the lowest that the process itself may
 * choose.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

const FILE = '/proc/self/oom_score_adj';
const DAEMON = -500;
const SHIM = -998;

/** `daemon`: what it has, so also a shim after posix_spawn(3); `shim`: what that is to have. */
export interface OomScores {
  daemon: number;
  shim: number;
}

/** Without CAP_SYS_RESOURCE both stay what they were. */
export function protectFromOom(): OomScores {
  const inherited = Number(readFileSync(FILE, 'utf8'));
  try {
    if (inherited > DAEMON) writeFileSync(FILE, String(DAEMON));
    return { daemon: Math.min(inherited, DAEMON), shim: SHIM };
  } catch {
    return { daemon: inherited, shim: inherited };
  }
}

async function give(k: Kernel, pid: number, score: number): Promise<void> {
  // refused: the container's own step says so, where it was asked for
  await tolerate(['EACCES', 'EPERM'], k.daemon.write_file(`/proc/${pid}/oom_score_adj`, 0, 0, String(score)));
}

export async function protectShim(k: Kernel, pid: number, scores: OomScores | undefined): Promise<void> {
  if (scores && scores.shim !== scores.daemon) await give(k, pid, scores.shim);
}

/** Of a process that a shim has just cloned. */
export async function giveOwnScore(
  k: Kernel,
  pid: number,
  score: number,
  scores: OomScores | undefined,
): Promise<void> {
  if (scores && scores.shim !== score) await give(k, pid, score);
}
