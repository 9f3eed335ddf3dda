# Completion for bash (and zsh, with bashcompinit). What there is to complete comes from `shockstep --help`.
_shockstep() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} command=
  [ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
  COMPREPLY=()
  case $previous in
    --method)
      COMPREPLY=($(compgen -W "$("$program" info 2>/dev/null | sed -n '/^sampler.method/,/^[a-z].*schedule/s/^  *\([a-z0-9_]*\).*/\1/p')" -- "$current"))
      return ;;
    --device) COMPREPLY=($(compgen -W "cpu cuda" -- "$current")); return ;;
    --out) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  if [ -z "$command" ]; then
    COMPREPLY=($(compgen -W "$("$program" --help 2>/dev/null | sed -n '/^Subcommands/,/^$/s/^  \([a-z]*\) .*/\1/p')" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$("$program" "$command" --help 2>/dev/null | grep -o -e '^  [^ ]*--[a-z-]*' | grep -o -e '--[a-z-]*')" -- "$current"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _shockstep shockstep
