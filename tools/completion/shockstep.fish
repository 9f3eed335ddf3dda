# Completion for fish. What there is to complete comes from `shockstep --help`.
function __shockstep_commands
    set -l words (commandline -opc)
    $words[1] --help 2>/dev/null | string match -re '^  [a-z]+  ' | string replace -r '^  ([a-z]+) +' '$1\t'
end

function __shockstep_options
    set -l words (commandline -opc)
    set -q words[2]; and $words[1] $words[2] --help 2>/dev/null |
        string replace -rf '^  (?:-\w,)?(--[a-z-]+).*?  +(\S.*)$' '$1\t$2'
end

function __shockstep_methods
    set -l words (commandline -opc)
    $words[1] info 2>/dev/null | sed -n '/^sampler.method/,/^[a-z].*schedule/s/^  *\([a-z0-9_]*\).*/\1/p'
end

complete -c shockstep -n __fish_use_subcommand -f -a '(__shockstep_commands)'
complete -c shockstep -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -f -a '(__shockstep_options)'
complete -c shockstep -n 'not __fish_use_subcommand' -l method -x -a '(__shockstep_methods)'
complete -c shockstep -n 'not __fish_use_subcommand' -l device -x -a 'cpu cuda'
complete -c shockstep -n 'not __fish_use_subcommand' -l out -x -a '(__fish_complete_directories)'
