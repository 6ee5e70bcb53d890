/** json-file: keeps records in files of the container's directory, which `docker logs` reads. */
import { fileDriver } from './file-driver.ts';

/** dockerd has no limit here: a program that prints without end fills its disk. */
export const jsonFile = fileDriver({
  name: 'json-file',
  unknown: (option) => `unknown log opt '${option}' for json-file log driver`,
  limits: { size: 100_000_000, files: 5 },
  filesOfSize: 1,
  shown: true,
});
