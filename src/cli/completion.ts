import { optionsOf, type ArgumentSpec, type CommandSpec, type Run } from './command.ts';

/** Prints a script made of the table of commands. */
export const runCompletion: Run = async (input, { commands }) => {
  const shell = input.args[0] as keyof typeof SCRIPTS;
  process.stdout.write(SCRIPTS[shell](describe(commands)));
};

/** The completions of a command line. */
type Place = {
  /** Words so far, such as `subscriptions`. */
  readonly path: string;
  readonly words: readonly (readonly [word: string, summary: string])[];
  readonly options: readonly OptionPlace[];
};
type OptionPlace = {
  readonly name: string;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
};

function describe(commands: readonly CommandSpec[]): Place[] {
  const groups = new Set(commands.flatMap(({ path }) => prefixesOf(path)));
  const places: Place[] = [...groups].map((group) => ({
    path: group,
    options: [{ name: 'help', summary: 'Show help.', takesValue: false, choices: [] }],
    words: nextWords(group, commands),
  }));
  for (const command of commands) {
    places.push({
      path: command.path,
      options: Object.entries(optionsOf(command)).map(([name, option]) => ({
        name,
        summary: option.summary,
        takesValue: option.value !== undefined,
        choices: option.choices ?? [],
      })),
      words: (command.args ?? []).flatMap(({ choices = [] }: ArgumentSpec) =>
        choices.map((choice) => [choice, ''] as const),
      ),
    });
  }
  return places;
}

/** `a b c` has `''`, `a` and `a b` before it. */
function prefixesOf(path: string): string[] {
  const words = path.split(' ');
  return words.map((_, index) => words.slice(0, index).join(' '));
}

function nextWords(group: string, commands: readonly CommandSpec[]): [string, string][] {
  const prefix = group === '' ? '' : `${group} `;
  const found = new Map<string, string>();
  for (const { path, summary } of commands) {
    if (!path.startsWith(prefix)) continue;
    const [word = '', ...more] = path.slice(prefix.length).split(' ');
    if (!found.has(word)) found.set(word, more.length === 0 ? summary : `Commands on ${word}.`);
  }
  return [...found];
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Within single quotes, for all three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The shell's function that finds the longest known path among the words before the cursor. */
function bashScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words, options }) => {
    const names = options.map(({ name }) => `--${name}`);
    return `    ${quote(path)}) words=${quote(words.map(([word]) => word).join(' '))}; options=${quote(names.join(' '))} ;;`;
  });
  const values = places.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ name, choices }) =>
          `    ${quote(`${path} --${name}`)}) values=${quote(choices.join(' '))}; return 0 ;;`,
      ),
  );
  return `# bash completion for posthorn: source <(posthorn completion bash)
_posthorn_place() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}

_posthorn_values() {
  case "$1" in
${values.join('\n')}
    *) return 1 ;;
  esac
}

_posthorn() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local path='' word candidate words='' options='' values=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    candidate="\${path:+$path }$word"
    _posthorn_place "$candidate" || break
    path=$candidate
  done
  _posthorn_place "$path"
  COMPREPLY=()
  if _posthorn_values "$path $previous"; then
    if [[ -n $values ]]; then
      COMPREPLY=($(compgen -W "$values" -- "$current"))
    else
      compopt -o default 2>/dev/null
    fi
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F _posthorn posthorn
`;
}

/** zsh writes a word and what it means as one text, parted by a colon. */
function zshEntry([word, summary]: readonly [string, string]): string {
  return quote(`${word.replaceAll(':', '\\:')}${summary === '' ? '' : `:${summary}`}`);
}

function zshScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words, options }) => {
    const entries = options.map(({ name, summary }) => zshEntry([`--${name}`, summary]));
    return `    ${quote(path)}) words_of=(${words.map(zshEntry).join(' ')}); options_of=(${entries.join(' ')}) ;;`;
  });
  const values = places.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ name, choices }) =>
          `    ${quote(`${path} --${name}`)}) values_of=(${choices.map(quote).join(' ')}); return 0 ;;`,
      ),
  );
  return `#compdef posthorn
# zsh completion for posthorn: source <(posthorn completion zsh), or a file _posthorn in $fpath
_posthorn_place() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}

_posthorn_values() {
  case "$1" in
${values.join('\n')}
    *) return 1 ;;
  esac
}

_posthorn() {
  local path_of='' word candidate
  local -a words_of options_of values_of
  for word in "\${(@)words[2,CURRENT-1]}"; do
    candidate="\${path_of:+$path_of }$word"
    _posthorn_place "$candidate" || break
    path_of=$candidate
  done
  _posthorn_place "$path_of"
  if _posthorn_values "$path_of \${words[CURRENT-1]}"; then
    if (( \${#values_of} )); then compadd -- "\${values_of[@]}"; else _files; fi
  elif [[ \${words[CURRENT]} == -* ]]; then
    _describe -o option options_of
  else
    _describe command words_of
  fi
}
compdef _posthorn posthorn
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, options }) => {
    const at = `-n ${quote(`test (__posthorn_place) = ${JSON.stringify(path)}`)}`;
    return [
      ...words.map(
        ([word, summary]) =>
          `complete -c posthorn -f ${at} -a ${quote(word)}${fishSummary(summary)}`,
      ),
      ...options.map(({ name, summary, takesValue, choices }) => {
        const value = takesValue
          ? ` -r${choices.length > 0 ? ` -f -a ${quote(choices.join(' '))}` : ''}`
          : '';
        return `complete -c posthorn ${at} -l ${name}${value}${fishSummary(summary)}`;
      }),
    ];
  });
  const paths = places.map(({ path }) => quote(path)).join(' ');
  return `# fish completion for posthorn: posthorn completion fish > ~/.config/fish/completions/posthorn.fish
function __posthorn_place
    set -l known ${paths}
    set -l place ''
    for word in (commandline -opc)[2..-1]
        set -l candidate (string trim -- "$place $word")
        contains -- $candidate $known; or break
        set place $candidate
    end
    echo $place
end
complete -c posthorn -f
${lines.join('\n')}
`;
}

function fishSummary(summary: string): string {
  return summary === '' ? '' : ` -d ${quote(summary)}`;
}
