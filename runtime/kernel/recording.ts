/** A kernel for tests: records every call, returns chosen answers and chosen errnos. It touches nothing. */
import type { Fact } from '../journal/event.ts';
import { callsOf, showCall, type Call, type Reply } from '../syscalls/calls.ts';
import { errnoNumber, SyscallError } from './errors.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { Kernel } from './kernel.ts';
import { oneByOne, planned } from './batch.ts';

export interface RecordingOptions {
  /** Which call fails: the n-th (from 0), or the first with this name or '<actor>.<name>'. */
  fail?: { at: number | string; errno: string };
  /** Answers by name or '<actor>.<name>': a number, bytes, or a function of the call. */
  answers?: Record<string, number | Buffer | ((call: Call) => number | Buffer)>;
  fetch?: (url: string, request?: HttpRequest) => Promise<HttpResponse>;
  jobs?: Record<string, (input: unknown) => unknown>;
  /** absent: no descriptor can ever be read */
  readable?: Kernel['readable'];
}
export interface RecordingKernel extends Kernel {
  /** 'stage.mount("proc", …)' in the order of the calls, with those that failed */
  readonly calls: string[];
  readonly raw: Call[];
  /** what each call returned; undefined for one that failed */
  readonly rets: (number | undefined)[];
  readonly facts: Fact[];
}

/** Without a chosen answer, a call that opens a descriptor returns 100, 101, …; every other call returns 0. */
export function recordingKernel(options: RecordingOptions = {}): RecordingKernel {
  const calls: string[] = [];
  const raw: Call[] = [];
  const rets: (number | undefined)[] = [];
  const facts: Fact[] = [];
  let descriptor = 100;
  let failed = false;

  const note = (call: Call) => {
    const index = raw.length;
    const line = `${call.actor}.${showCall(call.name, call.args)}`;
    raw.push(call);
    calls.push(line);
    const fail = options.fail;
    const names = [`${call.actor}.${call.name}`, call.name];
    if (fail && !failed && (fail.at === index || names.includes(String(fail.at)))) {
      failed = true;
      throw new SyscallError(call.name, errnoNumber(fail.errno), line, call.actor);
    }
    return options.answers?.[names[0]!] ?? options.answers?.[names[1]!];
  };
  const opens = new Set([
    'openat',
    'openat2',
    'fsopen',
    'fsmount',
    'open_tree',
    'socket',
    'pidfd_open',
    'pidfd_getfd',
    'memfd_create',
    'children_procfs',
  ]);
  const run = async (call: Call): Promise<Reply> => {
    const at = raw.length;
    const given = note(call);
    const value = typeof given === 'function' ? given(call) : given;
    if (Buffer.isBuffer(value)) return { ret: value.length, out: value };
    const ret = (rets[at] = value ?? (opens.has(call.name) ? descriptor++ : 0));
    return { ret, out: Buffer.alloc(0) };
  };
  /** Records things that are not system calls, in the same list. */
  const other = async (name: string, ...args: (string | number)[]) => {
    const call: Call = { actor: 'daemon', name: name as Call['name'], args };
    const given = note(call);
    const value = typeof given === 'function' ? given(call) : given;
    return typeof value === 'number' ? value : undefined;
  };

  return {
    calls,
    raw,
    rets,
    facts,
    daemon: callsOf('daemon', run),
    shim: callsOf('shim', run),
    stage: callsOf('stage', run),
    run,
    batch: async (write, actor = 'stage') => {
      const { list, result } = planned(actor, write);
      await oneByOne(run, list);
      return result;
    },
    borrowNetfilter: async () => (await other('borrowNetfilter')) ?? descriptor++,
    returnNetfilter: (fd, whole) => void calls.push(`daemon.returnNetfilter(${fd}, ${whole})`),
    connect: () => undefined,
    spawnShim: async (fds, ...args) => (await other('spawnShim', fds.length, ...args.slice(1))) ?? 4242,
    spawnHelper: async (name, fds) => (await other('spawnHelper', name, fds.length)) ?? 4243,
    executable: async (name) => (await other('executable', name)) ?? descriptor++,
    requesting: async () => undefined,
    fetch: async (url, request) => {
      await other('fetch', request?.method ?? 'GET', url);
      if (!options.fetch) throw new Error(`the recording kernel was not told what to answer for ${url}`);
      return options.fetch(url, request);
    },
    job: async <T>(name: string, input: unknown) => {
      await other('job', name);
      const job = options.jobs?.[name];
      if (!job) throw new Error(`the recording kernel was not told how to do the job ${name}`);
      return (await job(input)) as T;
    },
    removeTree: async (path) => void (await other('removeTree', path)),
    readable: options.readable ?? (() => () => undefined),
    fact: (...more) => void facts.push(...more),
  };
}
