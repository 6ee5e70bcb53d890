/** Secrets, SSH agents and registry credentials of the client, from its session. */
import type { Socket } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { BuildRequest, SshAgent } from '../../../../runtime/build/build.ts';
import { drained } from '../../../../runtime/kernel/drained.ts';
import { Auth } from './proto/filesync_pb.ts';
import { Secrets } from './proto/secrets_pb.ts';
import { BytesMessageSchema, SSH, type BytesMessage } from './proto/ssh_pb.ts';
import type { Session } from './session.ts';

/** The client has none of this id, or serves no such thing. */
const ABSENT = [Code.NotFound, Code.Unimplemented];
const isAbsent = (error: unknown): boolean => error instanceof ConnectError && ABSENT.includes(error.code);

/** Rejects with the client's error. */
export const secretsOf =
  (session: Session, signal: AbortSignal): NonNullable<BuildRequest['secret']> =>
  async (ID) => {
    try {
      return (await session.call(Secrets).getSecret({ ID }, { signal })).data;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

/** The credentials that the client keeps for a registry: 'docker.io', 'localhost:5000'. */
export const authOf =
  (session: Session, signal: AbortSignal): NonNullable<BuildRequest['auth']> =>
  async (domain) => {
    const Host = domain === 'docker.io' ? 'registry-1.docker.io' : domain;
    try {
      const { Username, Secret } = await session.call(Auth).credentials({ Host }, { signal });
      if (!Secret) return undefined;
      return Username ? { username: Username, password: Secret } : { identitytoken: Secret };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

export const agentOf = (session: Session, signal: AbortSignal): SshAgent => ({
  async has(ID) {
    try {
      await session.call(SSH).checkAgent({ ID }, { signal });
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      // a client without this key answers with Unknown
      if (error instanceof ConnectError && /unset ssh forward key/.test(error.rawMessage)) return false;
      throw error;
    }
  },
  connect(id, socket) {
    socket.on('error', () => undefined);
    couple(session, id, socket, signal)
      .catch(() => undefined)
      .finally(() => socket.destroy());
  },
});

async function couple(session: Session, id: string, socket: Socket, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  const answers = session.call(SSH).forwardAgent(pieces(socket), {
    headers: { 'buildkit.ssh.id': id },
    signal: AbortSignal.any([signal, ended.signal]),
  });
  for await (const { data } of answers) if (!socket.write(data)) await drained(socket);
}

async function* pieces(socket: Socket): AsyncGenerator<BytesMessage> {
  for await (const data of socket) yield create(BytesMessageSchema, { data: data as Buffer });
}
