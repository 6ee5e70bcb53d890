/**
 * Lessons over the socket, for `drydock lesson`. The page uses its WebSocket instead (server/live/topics/lessons.ts).
 */
import { isLanguage, type Lessons } from '../../../lessons/engine/lessons.ts';
import type { Language } from '../../../lessons/format.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import { readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { jsonLines } from '../http/send.ts';

const language = (x: Exchange): Language => {
  const lang = x.query.text('lang') ?? 'en';
  if (!isLanguage(lang)) throw badParameter(`lang ${JSON.stringify(lang)} is not known: en or ru`);
  return lang;
};
const learner = (x: Exchange): string => x.query.text('learner') ?? 'learner';
const MAX_PROGRESS = 300 * 1024;

function number(value: unknown, what: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 1000)
    throw badParameter(`${what} must be a whole number, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return value as number;
}

/** One state a line: first the current one, then each new one, until the client leaves. */
async function follow(x: Exchange, lessons: Lessons): Promise<void> {
  const gone = x.gone();
  const session = lessons.session(learner(x), x.param('id'));
  const { line, end } = jsonLines(x.res, '\n');
  const stop = session.follow((state) => void line(state));
  await new Promise<void>((resolve) =>
    gone.aborted ? resolve() : gone.addEventListener('abort', () => resolve(), { once: true }),
  );
  stop();
  end();
}

export const lessonRoutes = (given: Lessons | undefined): Routes => {
  const lessons = (): Lessons => {
    if (!given) throw new ApiError(501, 'this daemon has no lessons');
    return given;
  };
  return {
    'GET /drydock/lessons': (x) => lessons().list(learner(x), language(x)),
    'GET /drydock/lessons/:id': (x) => lessons().content(x.param('id'), language(x)),
    'POST /drydock/lessons/:id/open': (x) => lessons().open(learner(x), x.param('id'), x.query.flag('again')),
    'GET /drydock/lessons/:id/follow': (x) => follow(x, lessons()),
    'POST /drydock/lessons/:id/leave': async (x) => {
      await lessons().leave(learner(x), x.param('id'));
      return 204;
    },
    'POST /drydock/lessons/:id/answer': async (x) => {
      const { question, chosen } = await readJson(x.req);
      return lessons().answer(learner(x), x.param('id'), number(question, 'question'), number(chosen, 'chosen'));
    },
    'POST /drydock/lessons/:id/guess': async (x) => {
      const { prediction, chosen } = await readJson(x.req);
      return lessons().guess(learner(x), x.param('id'), number(prediction, 'prediction'), number(chosen, 'chosen'));
    },
    'POST /drydock/lessons/:id/hint': async (x) => {
      const { task } = await readJson(x.req);
      return lessons().hint(learner(x), x.param('id'), typeof task === 'string' ? task : '');
    },
    'GET /drydock/progress': (x) => lessons().exported(learner(x)),
    'POST /drydock/progress': async (x) => lessons().imported(learner(x), await readJson(x.req, MAX_PROGRESS)),
  };
};
