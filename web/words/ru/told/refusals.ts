import type { Rows } from '../../tables/rows.ts';

/** Why a request was refused: the gate, a container in another state, an object that does not exist. */
export const refusals: Rows = [
  // the gate
  [
    'nothing is paused at the gate, so there is nothing to {}',
    'сейчас ничего не задержано, поэтому команда {1} не нужна',
  ],
  ['the gate holds it already, before {}', 'он уже задержан перед {1}'],
  ['{} is no errno; give one like EIO, see errno(3)', '{1} — не errno; назовите, например, EIO, см. errno(3)'],
  [
    'nothing but a system call can be answered with an errno: go into the step first',
    'ответить кодом errno можно только на системный вызов: сначала войдите внутрь шага',
  ],
  [
    'container {} is {*}: no step is under way that could be paused',
    'контейнер {1} {2}: сейчас не выполняется ни один шаг, который можно остановить',
  ],
  ['no step, phase or system call is called {}', 'ни шага, ни фазы, ни системного вызова с именем {1} нет'],
  // a container in another state
  ['cannot kill container: {}: container {} is not running', 'контейнер {1} не завершить: он не работает'],
  [
    'cannot remove container "/{}": container is {*}: stop the container before removing or force remove',
    'контейнер {1} не удалить: он {2}; сначала остановите его или удалите принудительно',
  ],
  [
    'cannot join network of a non running container: {}',
    'в пространства остановленного контейнера не войти: контейнер {1} не работает',
  ],
  [
    'container {} is paused, unpause the container before attach',
    'контейнер {1} на паузе; снимите его с паузы, чтобы присоединиться',
  ],
  [
    'container {} is paused, unpause the container before exec',
    'контейнер {1} на паузе; снимите его с паузы, чтобы в него войти',
  ],
  ['container {} is already running', 'контейнер {1} уже работает'],
  ['container {} is already stopped', 'контейнер {1} уже остановлен'],
  ['container {} is already paused', 'контейнер {1} уже на паузе'],
  ['container {} is not running', 'контейнер {1} не работает'],
  ['container {} is not paused', 'контейнер {1} не на паузе'],
  ['container {} is being removed', 'контейнер {1} удаляется'],
  ['container {} is {*}: limits are changed while it runs', 'контейнер {1} {2}: пределы меняют, пока он работает'],
  ['cannot resize: the process of {} is not running', 'размер не изменить: процесс {1} не работает'],
  [
    'the control group was left out, and the freezer with it: this container cannot be paused',
    'контрольную группу убрали, а с ней и заморозку: поставить этот контейнер на паузу нельзя',
  ],
  // objects that do not exist
  [
    'No such image: image with reference {} was found but its platform ({}) does not match the specified platform ({})',
    'образ {1} есть, но для другой платформы: {2}, а нужна {3}',
  ],
  ['No such image: {}', 'нет такого образа: {1}'],
  ['No such container: {}', 'нет такого контейнера: {1}'],
  ['No such step: {}', 'нет такого шага: {1}'],
  ['No such lesson: {}', 'нет такого урока: {1}'],
  ['No such task: {}', 'нет такой задачи: {1}'],
  ['No such exec instance: {}', 'нет такого exec: {1}'],
  ['network {} not found', 'нет сети {1}'],
  ['{} is no directory of the container', '{1} — не каталог контейнера'],
  ['{}: too many symbolic links on the way', '{1}: слишком много символических ссылок на пути'],
  [
    'storage driver {} gives the container a copy: its files lie in no layer',
    'драйвер хранилища {1} даёт контейнеру копию: его файлов нет ни в одном слое',
  ],
  ['the container has no image yet, so there are no layers', 'у контейнера ещё нет образа, поэтому нет и слоёв'],
  ['multiple IDs found with provided prefix: {}', 'с {1} начинается не один идентификатор'],
  [
    'Conflict. The container name "/{}" is already in use by container "{}". You have to remove (or rename) that container to be able to reuse that name.',
    'Имя {1} уже занято контейнером {2}. Удалите или переименуйте его, чтобы взять это имя.',
  ],
  // lessons
  ['the lesson {} cannot be taken here: {*}', 'урок {1} здесь пройти нельзя: {2}'],
  ['{} has not opened the lesson {}', 'ученик {1} не открывал урок {2}'],
  ['the progress file is no JSON', 'файл с успехами — не JSON'],
  // limits per page
  ['too many asks at once', 'слишком много вопросов сразу'],
  ['terminal {} is in use', 'терминал {1} занят'],
  ['there are {} terminals already: close one', 'терминалов уже {1}: закройте какой-нибудь'],
  [
    'this page looks at {} containers already: close one',
    'страница следит уже за {1} контейнерами: закройте какой-нибудь',
  ],
  ['this daemon has no lessons', 'у этого демона нет уроков'],
  // states, in the middle of a sentence
  ['created', 'создан'],
  ['pulling', 'качает образ'],
  ['creating', 'создаётся'],
  ['layering', 'получает файлы'],
  ['networking', 'получает сеть'],
  ['starting', 'запускается'],
  ['running', 'работает'],
  ['paused', 'на паузе'],
  ['exiting', 'завершается'],
  ['exited', 'завершён'],
  ['unwinding', 'откатывается'],
  ['failed', 'не удался'],
  ['removing', 'удаляется'],
  ['removed', 'удалён'],
];
