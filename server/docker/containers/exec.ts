/** Another process in a running container: create, start, inspect. Engine API, "Exec". */
import { parseDetachKeys } from '../../../runtime/container/io/detach-keys.ts';
import type { ExecConfig, ExecHandle } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { COMMAND_LIMIT, readJson } from '../http/body.ts';
import { windowSize } from './lifecycle.ts';
import { couple, finish, tell } from './streams.ts';
import { messageOf } from '../http/failures.ts';
import { hijack } from '../http/hijack.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { canonicalExec, checkExec } from '../http/shape.ts';

async function create(x: Exchange): Promise<object> {
  const body = canonicalExec(await readJson(x.req, COMMAND_LIMIT), 'create');
  const asked = typeof body['Cmd'] === 'string' ? { ...body, Cmd: [body['Cmd']] } : body;
  checkExec(asked);
  const config = asked as unknown as ExecConfig;
  parseDetachKeys(config.DetachKeys);
  if (!config.Cmd?.length) throw badParameter('No exec command specified');
  const handle = await x.engine.container(x.param('id')).exec(config, x.param('id'));
  x.res.status(201);
  return { Id: handle.id };
}

type Start = Parameters<ExecHandle['start']>[0];

/**
 * Attaches the stream before the start, so that the first byte of output has a client. `tty` is what the client says
 * that it reads. As in dockerd, this decides about the frames, not the exec's own setting. Without frames stderr could
 * not be told from stdout, so it is left out.
 */
async function startAttached(x: Exchange, exec: ExecHandle, options: Start, tty: boolean): Promise<void> {
  const { config } = exec;
  const socket = hijack(x, tty);
  const coupling = exec.attach(socket, {
    stdin: config.AttachStdin === true,
    stdout: config.AttachStdout === true,
    stderr: config.AttachStderr === true && !tty,
    raw: tty,
    logs: false,
    stream: true,
    ...(config.DetachKeys && { detachKeys: config.DetachKeys }),
  });
  // It is awaited below. Until then a rejection must not count as unhandled.
  coupling.catch(() => undefined);
  try {
    await exec.start(options);
  } catch (error) {
    tell(socket, tty, messageOf(error));
    return finish(socket);
  }
  await couple(socket, tty, coupling);
}

async function start(x: Exchange): Promise<number | void> {
  const body = canonicalExec(await readJson(x.req), 'start');
  checkExec(body, 'start');
  const exec = x.engine.execById(x.param('id'));
  exec.checkStartable();
  const size = body['ConsoleSize'] as [number, number] | null | undefined;
  const options: Start = { Tty: exec.config.Tty === true, ...(size && { ConsoleSize: size }) };
  if (body['Detach'] !== true) return startAttached(x, exec, options, body['Tty'] === true);
  await exec.start(options);
  return 200;
}

function inspect(x: Exchange): object {
  const exec = x.engine.execById(x.param('id'));
  const { config, state } = exec;
  const [entrypoint = '', ...rest] = config.Cmd;
  return {
    ID: exec.id,
    Running: state.running,
    ExitCode: state.exitCode,
    Pid: state.pid,
    ContainerID: exec.container.container.id,
    ProcessConfig: {
      tty: config.Tty === true,
      entrypoint,
      arguments: rest,
      privileged: config.Privileged === true,
      ...(config.User && { user: config.User }),
    },
    OpenStdin: config.AttachStdin === true,
    OpenStdout: config.AttachStdout === true,
    OpenStderr: config.AttachStderr === true,
    CanRemove: state.exitCode !== null,
    DetachKeys: config.DetachKeys ?? '',
  };
}

export const exec: Routes = {
  'POST /containers/*id/exec': create,
  'POST /exec/*id/start': start,
  'POST /exec/*id/resize': async (x) => {
    const size = windowSize(x);
    await x.engine.execById(x.param('id')).resize(...size);
    return 200;
  },
  'GET /exec/*id/json': inspect,
};
