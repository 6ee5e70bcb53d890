/** The phases that the stage gives its steps to. */
import { stage } from '../../runtime/executor/stage/driver.ts';
import { createOf } from '../../runtime/steps/container/2-create.ts';
import { initOf } from '../../runtime/steps/container/5-init.ts';
import { execOf } from '../../runtime/steps/container/exec.ts';

export const create = createOf(stage);
export const init = initOf(stage);
export const exec = execOf(stage);
