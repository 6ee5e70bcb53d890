import * as assert from 'uvu/assert';
import { NotExecutable } from '../../runtime/oci/program.ts';
import { suite } from '../harness.ts';

const test = suite("what cannot be executed, in docker's words");

for (const [program, why, exitCode, message] of [
  ['nope', 'PATH', 127, 'exec: "nope": executable file not found in $PATH'],
  ['/nope', 'ENOENT', 127, 'exec: "/nope": stat /nope: no such file or directory'],
  ['/etc/passwd/x', 'ENOTDIR', 127, 'exec: "/etc/passwd/x": stat /etc/passwd/x: no such file or directory'],
  ['/etc/passwd', 'EACCES', 126, 'exec: "/etc/passwd": permission denied'],
  ['/etc', 'EISDIR', 126, 'exec: "/etc": is a directory: permission denied'],
  ['/bin/arm', 'ENOEXEC', 126, 'exec: "/bin/arm": exec format error'],
  ['/bin/x', 'EPERM', 126, 'exec: "/bin/x": operation not permitted'],
  ['/loop', 'ELOOP', 126, 'exec: "/loop": too many levels of symbolic links'],
  ['/bin/busy', 'ETXTBSY', 126, 'exec: "/bin/busy": text file busy'],
  ['/bin/sh', 'E2BIG', 126, 'exec: "/bin/sh": argument list too long'],
  ['/bin/sh', 'EIO', 126, 'exec: "/bin/sh": EIO'],
] as const) {
  test(`${why} is exit code ${exitCode}`, () => {
    const error = new NotExecutable(program, why);
    assert.is(error.exitCode, exitCode);
    assert.ok(
      error.message.startsWith(`unable to start container process: ${message}`) && error.message.endsWith(': unknown'),
      error.message,
    );
  });
}

test('it names its program and its reason', () => {
  const { name, program, why } = new NotExecutable('a', 'PATH');
  assert.equal([name, program, why], ['NotExecutable', 'a', 'PATH']);
});

test.run();
