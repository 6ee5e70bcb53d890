import { ApiError } from '../../errors/api-error.ts';

/** An error of the Dockerfile: status 400, in dockerd's words. `line` counts from 1. */
export const parseError = (line: number, text: string): ApiError =>
  new ApiError(400, `dockerfile parse error on line ${line}: ${text}`);
