/** The fields of GET /containers/ID/json that the CLI reads. */
export interface Inspected {
  Id: string;
  Name: string;
  Config: { Tty: boolean; OpenStdin: boolean };
  HostConfig: { AutoRemove: boolean };
  State: { Running: boolean; Paused: boolean; Restarting: boolean; ExitCode: number };
}
