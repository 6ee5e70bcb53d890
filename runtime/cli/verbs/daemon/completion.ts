import type { Command } from 'commander';
import { print } from '../../terminal/columns.ts';
import { Failure } from '../../failure/failure.ts';
import { verb, type Entry } from '../../flags/verb.ts';

/**
 * What the words after each verb are: containers, images and so on. The shell asks the daemon for their names, if one
 * listens.
 */
const containers = [
  'start',
  'stop',
  'kill',
  'restart',
  'pause',
  'unpause',
  'exec',
  'attach',
  'wait',
  'rename',
  'update',
  'rm',
  'logs',
  'diff',
  'export',
  'inspect',
  'top',
  'stats',
  'trace',
  'frame',
  'gate',
  'record',
];
const images = ['run', 'create', 'pull', 'push', 'save', 'history', 'tag', 'rmi', 'images'];

const flagsOf = (command: Command): string[] => [
  '--help',
  ...command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long, short }) => [long, short].filter((name) => name !== undefined)),
];

async function bash(verbs: readonly Entry[]): Promise<string> {
  const cases = await Promise.all(
    verbs.map(async ({ name, load }) => `    ${name}) flags='${flagsOf((await load()).command()).join(' ')}' ;;`),
  );
  return `# bash completion for drydock; load it with: source <(drydock completion bash)
_drydock_names() {
  case $1 in
    containers) drydock ps --all --format json 2>/dev/null | sed -n 's/.*"Names":"\\([^"]*\\)".*/\\1/p' ;;
    images) drydock images --format json 2>/dev/null | sed -n 's/.*"Repository":"\\([^"]*\\)","Tag":"\\([^"]*\\)".*/\\1:\\2/p' ;;
  esac
}
_drydock_listens() {
  local host=\${DRYDOCK_HOST:-unix:///run/drydock/drydock.sock}
  [[ -S \${host#unix://} ]]
}
_drydock() {
  local cur=\${COMP_WORDS[COMP_CWORD]} verb= flags= kind= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -H|--host) ((i++)) ;;
      -*) ;;
      *) verb=\${COMP_WORDS[i]}; break ;;
    esac
  done
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W '${verbs.map(({ name }) => name).join(' ')} --host --version --help' -- "$cur"))
    return
  fi
  case $verb in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  case $verb in
    ${containers.join('|')}) kind=containers ;;
    ${images.join('|')}) kind=images ;;
    completion) COMPREPLY=($(compgen -W 'bash zsh' -- "$cur")); return ;;
  esac
  if [[ -n $kind ]] && _drydock_listens; then
    COMPREPLY=($(compgen -W "$(_drydock_names $kind)" -- "$cur"))
    type __ltrim_colon_completions &>/dev/null && __ltrim_colon_completions "$cur"
  fi
}
complete -o default -F _drydock drydock
`;
}

const zshWord = (text: string) =>
  text.replace(/'/g, `'\\''`).replace(/:/g, '\\:').replace(/\[/g, '\\[').replace(/\]/g, '\\]');
/** '--name[help]:value:' for zsh's _arguments; a repeatable option begins with '*'. */
function zshOptions(command: Command): string[] {
  return command.options.flatMap((option) =>
    [option.long, option.short]
      .filter((name) => name !== undefined)
      .map(
        (name) =>
          `'*${name}[${zshWord(option.description)}]${option.required || option.optional ? `:${zshWord(option.attributeName())}:_files` : ''}'`,
      ),
  );
}

async function zsh(verbs: readonly Entry[]): Promise<string> {
  const cases = await Promise.all(
    verbs.map(async ({ name, load }) => {
      const kind = containers.includes(name)
        ? '_drydock_containers'
        : images.includes(name)
          ? '_drydock_images'
          : '_files';
      return `        ${name}) _arguments -s ${zshOptions((await load()).command()).join(' ')} '*:argument:${kind}' ;;`;
    }),
  );
  return `#compdef drydock
# zsh completion for drydock; put it as _drydock into a directory of $fpath, or: source <(drydock completion zsh)
_drydock_listens() { [[ -S \${\${DRYDOCK_HOST:-unix:///run/drydock/drydock.sock}#unix://} ]] }
_drydock_containers() {
  _drydock_listens || return
  compadd -- \${(f)"$(drydock ps --all --format json 2>/dev/null | sed -n 's/.*"Names":"\\([^"]*\\)".*/\\1/p')"}
}
_drydock_images() {
  _drydock_listens || return
  compadd -- \${(f)"$(drydock images --format json 2>/dev/null | sed -n 's/.*"Repository":"\\([^"]*\\)","Tag":"\\([^"]*\\)".*/\\1:\\2/p')"}
}
_drydock() {
  local state line
  _arguments -C '(-H --host)'{-H,--host}'[socket of the daemon]:address:_files' '1: :->verb' '*:: :->rest'
  case $state in
    verb)
      local -a verbs
      verbs=(${verbs.map(({ name, summary }) => `'${name}:${zshWord(summary)}'`).join(' ')})
      _describe verb verbs ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_drydock" ]; then _drydock "$@"; else compdef _drydock drydock; fi
`;
}

const shells: Record<string, (verbs: readonly Entry[]) => Promise<string>> = { bash, zsh };

export function command(verbs: readonly Entry[]): Command {
  return verb(
    'completion',
    'Print the completion script for a shell.',
    'completion bash > /etc/bash_completion.d/drydock',
    'completion zsh > "${fpath[1]}/_drydock"',
  )
    .argument('<shell>', 'bash or zsh')
    .action(async (shell: string) => {
      const script = shells[shell];
      if (!script)
        throw new Failure(`no completion for ${JSON.stringify(shell)}: give bash or zsh`, 1, { usage: true });
      print((await script(verbs)).trimEnd());
    });
}
