/** An image as the runtime uses it: OCI image spec, "Image Configuration". */
export interface ImageConfig {
  created?: string;
  author?: string;
  comment?: string;
  docker_version?: string;
  architecture: string;
  os: string;
  variant?: string;
  config?: {
    User?: string;
    ExposedPorts?: Record<string, object>;
    Env?: string[];
    Entrypoint?: string[];
    Cmd?: string[];
    Volumes?: Record<string, object>;
    WorkingDir?: string;
    Labels?: Record<string, string>;
    StopSignal?: string;
    Shell?: string[];
    Healthcheck?: unknown;
    OnBuild?: string[];
    ArgsEscaped?: boolean;
  };
  rootfs: { type: 'layers'; diff_ids: string[] };
  history?: { created?: string; created_by?: string; author?: string; comment?: string; empty_layer?: boolean }[];
}
export interface Layer {
  /** sha256 of the uncompressed tar */
  diffID: string;
  /** names the stack of layers up to this one: OCI image spec, "Layer ChainID" */
  chainID: string;
  /** absolute path of the unpacked tree */
  dir: string;
  /** a shorter path to the same tree, because the options of mount(2) must fit into one page */
  short?: string;
  /** bytes of the files in it */
  size: number;
  /** bytes of the uncompressed tar; unknown for a layer that an older Drydock unpacked */
  tarSize?: number | undefined;
}
export interface Image {
  /** 'sha256:…', digest of the config */
  id: string;
  config: ImageConfig;
  /** the lowest layer first */
  layers: Layer[];
  /** 'ubuntu:latest': familiar names, as docker prints them */
  tags: string[];
  /** 'ubuntu@sha256:…' */
  digests: string[];
  size: number;
  /** true for an image that the practice registry made */
  practice: boolean;
}
