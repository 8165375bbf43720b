/** The shells that the program completes words in. */
export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** The word that a script gives as the name of a command, to ask for what may follow a line. */
export const completionWord = '__complete'

/** The scripts that make a shell ask the program. Where it has no answer, the shell completes names of files. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of tidings in bash. Add to ~/.bashrc: eval "$(tidings completion bash)"
_tidings() {
  local IFS=$'\\n'
  COMPREPLY=($(tidings ${completionWord} bash "\${COMP_LINE:0:$COMP_POINT}" 2>/dev/null))
  if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _tidings tidings`,
  zsh: `#compdef tidings
# Completion of tidings in zsh. Add to ~/.zshrc, after compinit: eval "$(tidings completion zsh)"
_tidings() {
  local -a all
  all=("\${(@f)$(tidings ${completionWord} zsh "\${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${all[1]}" ]]; then _files; return; fi
  compadd -S '' -- \${(M)all:#*=}
  compadd -- \${all:#*=}
}
compdef _tidings tidings`,
  fish: `# Completion of tidings in fish. Write to ~/.config/fish/completions/tidings.fish
function __tidings_complete
    set -l all (tidings ${completionWord} fish (commandline -cp | string collect) 2>/dev/null)
    if test (count $all) -gt 0
        printf '%s\\n' $all
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c tidings -f -a '(__tidings_complete)'`,
}
